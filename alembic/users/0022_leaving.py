"""Tokens that undo a leave, and whose erased usernames were."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_PURPOSE = "ck_email_tokens_purpose"


def upgrade() -> None:
    op.drop_constraint(op.f(_PURPOSE), "email_tokens")
    op.create_check_constraint(
        op.f(_PURPOSE), "email_tokens", "purpose IN ('verify-email', 'reset-password', 'return')"
    )
    op.add_column("erased_usernames", sa.Column("user_id", sa.String(length=50)))


def downgrade() -> None:
    op.drop_column("erased_usernames", "user_id")
    op.execute("DELETE FROM email_tokens WHERE purpose = 'return'")
    op.drop_constraint(op.f(_PURPOSE), "email_tokens")
    op.create_check_constraint(op.f(_PURPOSE), "email_tokens", "purpose IN ('verify-email', 'reset-password')")
