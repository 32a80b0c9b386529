"""Messages to and from the other module, and what it tells of members."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("entry", sa.String(length=50)),
        sa.Column("error", sa.String(length=200)),
        sa.Column("parked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
    )
    op.create_index("idx_outbox_due_at", "outbox", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index("idx_outbox_parked_at", "outbox", ["parked_at"], postgresql_where=sa.text("parked_at IS NOT NULL"))
    # a queue: its dead rows are many and its live ones few, so the share of dead ones says nothing
    op.execute("ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)")
    op.create_table(
        "inbox",
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "id", name=op.f("pk_inbox")),
    )
    op.create_index("idx_inbox_received_at", "inbox", ["received_at"])
    op.create_table(
        "members",
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("standing", sa.String(length=20)),
        sa.Column("standing_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("standing IN ('active', 'suspended', 'erased')", name=op.f("ck_members_standing")),
        sa.CheckConstraint("username = lower(username) AND username <> ''", name=op.f("ck_members_username")),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_members")),
    )
    op.create_index("idx_members_changed_at", "members", ["changed_at"])


def downgrade() -> None:
    op.drop_table("members")
    op.drop_table("inbox")
    op.drop_table("outbox")
