"""When a session's owner last proved his password: what is sensitive asks for a fresh proof (RFC 9470)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("authenticated_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE sessions SET authenticated_at = created_at")
    op.alter_column("sessions", "authenticated_at", nullable=False)


def downgrade() -> None:
    op.drop_column("sessions", "authenticated_at")
