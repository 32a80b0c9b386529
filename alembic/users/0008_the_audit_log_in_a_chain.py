"""The chain over the audit log, and what its entries are looked up by."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The chain is append-only for the role that serves requests; under other names the installation revokes it by itself.
APPEND_ONLY = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_users_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON audit_seals FROM ijaa_users_app;
    END IF;
END $$
"""


def upgrade() -> None:
    op.add_column("audit_log", sa.Column("request_id", sa.String(length=128)))
    op.create_index("idx_audit_log_subject", "audit_log", ["subject", "id"])
    op.create_index("idx_audit_log_actor", "audit_log", ["actor", "id"])
    op.create_table(
        "audit_seals",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_audit_seals_seq")),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_audit_seals_hash")),
        sa.CheckConstraint("octet_length(key_id) = 4", name=op.f("ck_audit_seals_key_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seals_entry_id")),
    )
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("audit_seals")
    op.drop_index("idx_audit_log_actor", "audit_log")
    op.drop_index("idx_audit_log_subject", "audit_log")
    op.drop_column("audit_log", "request_id")
