"""Media of events, who likes them, and the banner an event is shown by."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TYPES = "file_type IN ('image/webp', 'video/mp4', 'video/quicktime', 'video/webm', 'application/pdf')"
_DRAWN = "(media_type = 'IMAGE') = (width IS NOT NULL) AND (width IS NULL) = (height IS NULL)"


def upgrade() -> None:
    op.create_table(
        "event_media",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_by_username", sa.String(length=100), nullable=False),
        sa.Column("media_type", sa.String(length=10), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_type", sa.String(length=50), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("caption", sa.String(length=200), nullable=True),
        sa.Column("is_approved", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("media_type IN ('IMAGE', 'VIDEO', 'DOCUMENT')", name=op.f("ck_event_media_media_type")),
        sa.CheckConstraint(_TYPES, name=op.f("ck_event_media_file_type")),
        sa.CheckConstraint("file_size > 0", name=op.f("ck_event_media_file_size")),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_event_media_sha256")),
        sa.CheckConstraint(_DRAWN, name=op.f("ck_event_media_drawn")),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_event_media_edges")),
        sa.CheckConstraint("caption <> ''", name=op.f("ck_event_media_caption")),
        sa.CheckConstraint(
            "uploaded_by_username = lower(uploaded_by_username) AND uploaded_by_username <> ''",
            name=op.f("ck_event_media_uploaded_by_username"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_event_media_version")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_media_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_media")),
        sa.UniqueConstraint("file_id", name=op.f("uq_event_media_file_id")),
    )
    op.create_index("idx_event_media_event_id", "event_media", ["event_id", "id"])
    op.create_index("idx_event_media_uploaded_by", "event_media", ["uploaded_by_username"])
    op.create_table(
        "event_media_likes",
        sa.Column("media_id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("username = lower(username) AND username <> ''", name=op.f("ck_event_media_likes_username")),
        sa.ForeignKeyConstraint(
            ["media_id"], ["event_media.id"], name=op.f("fk_event_media_likes_media_id_event_media"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("media_id", "username", name=op.f("pk_event_media_likes")),
    )
    op.create_index("idx_event_media_likes_username", "event_media_likes", ["username"])
    # a default that is a constant, and NULL: neither rewrites the table
    op.add_column("events", sa.Column("media_approval", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("events", sa.Column("banner", sa.Uuid(), nullable=True))
    op.create_index(
        "uq_events_banner", "events", ["banner"], unique=True, postgresql_where=sa.text("banner IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("uq_events_banner", "events")
    op.drop_column("events", "banner")
    op.drop_column("events", "media_approval")
    op.drop_table("event_media_likes")
    op.drop_table("event_media")
