"""Comments in threads, who likes them, what they said before, and how many an event has."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = ("event_comment_edits", "event_comment_likes", "event_comments", "event_discussions")
HOLLOW = "content = '' AND edited_at IS NULL AND likes = 0"


def upgrade() -> None:
    op.create_table(
        "event_discussions",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("comments >= 0 AND version > 0", name=op.f("ck_event_discussions_numbers")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_discussions_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_discussions")),
    )
    op.create_table(
        "event_comments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger()),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=100)),
        sa.Column("content", sa.String(length=1000), nullable=False),
        sa.Column("likes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("edited_at", MOMENT),
        sa.Column("deleted_at", MOMENT),
        sa.CheckConstraint(
            "depth BETWEEN 1 AND 3 AND (depth = 1) = (parent_id IS NULL)", name=op.f("ck_event_comments_depth")
        ),
        sa.CheckConstraint("username = lower(username) AND username <> ''", name=op.f("ck_event_comments_username")),
        sa.CheckConstraint(
            "(deleted_at IS NULL) = (username IS NOT NULL)", name=op.f("ck_event_comments_deleted_at")
        ),
        sa.CheckConstraint(
            f"deleted_at IS NULL OR {HOLLOW} AND depth < 3", name=op.f("ck_event_comments_tombstone")
        ),
        sa.CheckConstraint("likes >= 0", name=op.f("ck_event_comments_likes")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_comments_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_comments")),
        sa.UniqueConstraint("event_id", "id", name=op.f("uq_event_comments_event_id_id")),
        sa.ForeignKeyConstraint(
            ["event_id", "parent_id"], ["event_comments.event_id", "event_comments.id"],
            name=op.f("fk_event_comments_event_id_parent_id_event_comments"),
        ),
    )  # fmt: skip
    above = sa.text("parent_id IS NULL")
    op.create_index("idx_event_comments_newest", "event_comments", ["event_id", "id"], postgresql_where=above)
    op.create_index("idx_event_comments_popular", "event_comments", ["event_id", "likes", "id"], postgresql_where=above)
    op.create_index(
        "idx_event_comments_replies", "event_comments", ["parent_id", "id"],
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "idx_event_comments_tombstones", "event_comments", ["event_id"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )  # fmt: skip
    op.create_index(op.f("idx_event_comments_username"), "event_comments", ["username"])
    op.create_table(
        "event_comment_likes",
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("liked_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "username = lower(username) AND username <> ''", name=op.f("ck_event_comment_likes_username")
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["event_comments.id"], name=op.f("fk_event_comment_likes_comment_id_event_comments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("comment_id", "username", name=op.f("pk_event_comment_likes")),
    )  # fmt: skip
    op.create_index(op.f("idx_event_comment_likes_username"), "event_comment_likes", ["username"])
    op.create_table(
        "event_comment_edits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.String(length=1000), nullable=False),
        sa.Column("replaced_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["event_comments.id"], name=op.f("fk_event_comment_edits_comment_id_event_comments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_comment_edits")),
    )  # fmt: skip
    op.create_index("idx_event_comment_edits_comment", "event_comment_edits", ["comment_id", "id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
