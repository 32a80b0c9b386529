"""Guesses at passwords, counted where the accounts are."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "password_guesses",
        sa.Column("who", sa.String(length=32), nullable=False),
        sa.Column("places", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("guessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("who ~ '^[0-9a-f]{32}$'", name=op.f("ck_password_guesses_who")),
        sa.PrimaryKeyConstraint("who", name=op.f("pk_password_guesses")),
    )


def downgrade() -> None:
    op.drop_table("password_guesses")
