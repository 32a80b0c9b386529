"""Changes of password and address: reset tokens, pending changes of address, and what imported hashes cost."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_email_tokens_purpose"), "email_tokens", type_="check")
    op.create_check_constraint(
        op.f("ck_email_tokens_purpose"), "email_tokens", "purpose IN ('verify-email', 'reset-password')"
    )
    op.create_index(
        "idx_users_legacy_cost",
        "users",
        [sa.text("substr(password_hash, 5, 2)")],
        postgresql_where=sa.text("left(password_hash, 2) = '$2'"),
    )
    op.create_table(
        "email_changes",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("new_email", sa.String(length=254), nullable=False),
        sa.Column("old_hash", sa.LargeBinary(), nullable=False),
        sa.Column("new_hash", sa.LargeBinary(), nullable=False),
        sa.Column("old_confirmed_at", MOMENT),
        sa.Column("new_confirmed_at", MOMENT),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.CheckConstraint("new_email = lower(new_email) AND new_email <> ''", name=op.f("ck_email_changes_new_email")),
        sa.CheckConstraint(
            "octet_length(old_hash) = 32 AND octet_length(new_hash) = 32", name=op.f("ck_email_changes_hashes")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_email_changes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_email_changes")),
        sa.UniqueConstraint("old_hash", name=op.f("uq_email_changes_old_hash")),
        sa.UniqueConstraint("new_hash", name=op.f("uq_email_changes_new_hash")),
    )


def downgrade() -> None:
    op.drop_table("email_changes")
    op.drop_index("idx_users_legacy_cost", "users")
    op.execute("DELETE FROM email_tokens WHERE purpose = 'reset-password'")
    op.drop_constraint(op.f("ck_email_tokens_purpose"), "email_tokens", type_="check")
    op.create_check_constraint(op.f("ck_email_tokens_purpose"), "email_tokens", "purpose IN ('verify-email')")
