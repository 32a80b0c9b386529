"""Roles at events: who runs one beside its owner, and who helps at its door."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_organisers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("added_by", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('CO_ORGANISER', 'CHECK_IN')", name=op.f("ck_event_organisers_role")),
        sa.CheckConstraint("username = lower(username) AND username <> ''", name=op.f("ck_event_organisers_username")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_organisers_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_organisers")),
        sa.UniqueConstraint("event_id", "username", name=op.f("uq_event_organisers_event_id_username")),
    )
    op.create_index("idx_event_organisers_username", "event_organisers", ["username", "event_id"])
    op.create_index(op.f("idx_event_organisers_added_by"), "event_organisers", ["added_by"])


def downgrade() -> None:
    op.drop_table("event_organisers")
