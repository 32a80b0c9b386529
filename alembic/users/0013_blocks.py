"""Blocks between members."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blocks",
        sa.Column("blocker_username", sa.String(length=100), nullable=False),
        sa.Column("blocked_username", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("blocker_username <> blocked_username", name=op.f("ck_blocks_two_members")),
        sa.PrimaryKeyConstraint("blocker_username", "blocked_username", name=op.f("pk_blocks")),
    )
    op.create_index("idx_blocks_blocked", "blocks", ["blocked_username"])


def downgrade() -> None:
    op.drop_table("blocks")
