"""Announcements, who read them, and the kinds of notifications of them and of reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TOLD = (
    "'seat_promoted', 'event_cancelled', 'event_moved', 'answer_given', 'connection_requested', 'connection_accepted'"
)
NEW = "'announcement', 'urgent_announcement', 'report_resolved'"


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content", sa.String(length=10_000), nullable=False),
        sa.Column("category", sa.String(length=10), server_default="GENERAL", nullable=False),
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("author_id", sa.String(length=50)),
        sa.Column("author_name", sa.String(length=100), nullable=False),
        sa.Column("image", sa.String(length=300)),
        sa.Column("audience", sa.String(length=10), server_default="all", nullable=False),
        sa.Column("batches", ARRAY(sa.String(length=10))),
        sa.Column("batch_from", sa.String(length=4)),
        sa.Column("batch_to", sa.String(length=4)),
        sa.Column("location", sa.String(length=100)),
        sa.Column("visible_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visible_until", sa.DateTime(timezone=True)),
        sa.Column("told_up_to", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "category IN ('GENERAL', 'EVENT', 'NEWS', 'URGENT')", name=op.f("ck_announcements_category")
        ),
        sa.CheckConstraint("audience IN ('all', 'batches', 'location')", name=op.f("ck_announcements_audience")),
        sa.CheckConstraint(
            "(batches IS NOT NULL OR batch_from IS NOT NULL OR batch_to IS NOT NULL) = (audience = 'batches')"
            " AND (batches IS NULL OR batch_from IS NULL AND batch_to IS NULL)",
            name=op.f("ck_announcements_batches"),
        ),
        sa.CheckConstraint("cardinality(batches) BETWEEN 1 AND 100", name=op.f("ck_announcements_batches_listed")),
        sa.CheckConstraint(
            "(location IS NOT NULL) = (audience = 'location') AND location <> ''",
            name=op.f("ck_announcements_location"),
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_announcements_title")),
        sa.CheckConstraint("content <> ''", name=op.f("ck_announcements_content")),
        sa.CheckConstraint("visible_until > visible_from", name=op.f("ck_announcements_schedule")),
        sa.CheckConstraint("told_up_to >= 0", name=op.f("ck_announcements_told_up_to")),
        sa.CheckConstraint("version > 0", name=op.f("ck_announcements_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index(
        "idx_announcements_order",
        "announcements",
        [sa.text("pinned DESC"), sa.text("urgent DESC"), sa.text("visible_from DESC"), sa.text("id DESC")],
    )
    op.create_table(
        "announcement_reads",
        sa.Column("announcement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_announcement_reads_announcement_id_announcements"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_announcement_reads_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement_id", "user_id", name=op.f("pk_announcement_reads")),
    )
    op.create_index("idx_announcement_reads_user_id", "announcement_reads", ["user_id"])
    _take(f"{TOLD}, {NEW}")


def downgrade() -> None:
    for table in ("notification_preferences", "notifications"):
        op.execute(f"DELETE FROM {table} WHERE kind IN ({NEW})")
    _take(TOLD)
    op.drop_table("announcement_reads")
    op.drop_table("announcements")


def _take(kinds: str) -> None:
    for table in ("notifications", "notification_preferences"):
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_kind,"
            f" ADD CONSTRAINT ck_{table}_kind CHECK (kind IN ({kinds}))"
        )
