"""Signing keys are published before they sign, and can be revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("signing_keys", sa.Column("active_from", MOMENT))
    op.execute("UPDATE signing_keys SET active_from = created_at")
    op.alter_column("signing_keys", "active_from", nullable=False)
    op.alter_column("signing_keys", "retired_at", new_column_name="revoked_at")


def downgrade() -> None:
    op.alter_column("signing_keys", "revoked_at", new_column_name="retired_at")
    op.drop_column("signing_keys", "active_from")
