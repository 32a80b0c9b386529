"""Registrations wait beside the accounts, and are none before they are confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_NOT_BARRED = "u.email_verified_at IS NULL AND u.active AND u.suspended_at IS NULL AND u.erase_after IS NULL"
_MOVE = f"""
INSERT INTO registrations (id, username, email, password_hash, name, batch, token_hash, created_at, expires_at)
SELECT gen_random_uuid(), u.username, u.email, u.password_hash, p.name, p.batch, t.hash, u.created_at, t.expires_at
FROM users u JOIN profiles p ON p.user_id = u.id JOIN LATERAL (
    SELECT hash, expires_at FROM email_tokens
    WHERE user_id = u.id AND purpose = 'verify-email' AND used_at IS NULL ORDER BY expires_at DESC LIMIT 1
) t ON t.expires_at > now()
WHERE {_NOT_BARRED} AND u.password_hash IS NOT NULL AND char_length(u.username) <= 50
"""


def upgrade() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=50), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("batch", sa.String(length=10), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("username = lower(username) AND username <> ''", name=op.f("ck_registrations_username")),
        sa.CheckConstraint("email = lower(email) AND email <> ''", name=op.f("ck_registrations_email")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_registrations_name")),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_registrations_token_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("username", name=op.f("uq_registrations_username")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_registrations_token_hash")),
    )
    op.create_index(op.f("idx_registrations_email"), "registrations", ["email"])
    op.execute(_MOVE)
    op.execute(f"DELETE FROM users u WHERE {_NOT_BARRED}")


def downgrade() -> None:
    op.drop_table("registrations")
