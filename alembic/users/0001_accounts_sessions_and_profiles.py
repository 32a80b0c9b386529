"""Accounts, admins, profiles, connections, sessions, and what every module has: outgoing mail and an audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import INET, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "users",
    "profiles",
    "email_tokens",
    "admins",
    "connections",
    "sessions",
    "refresh_tokens",
    "signing_keys",
    "revocations",
    "outgoing_mails",
    "audit_log",
)

# The log is append-only for the role that serves requests; under other names the installation revokes it by itself.
APPEND_ONLY = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_users_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM ijaa_users_app;
    END IF;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "admins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("admin_id", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), server_default="superadmin", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("email = lower(email) AND email <> ''", name=op.f("ck_admins_email")),
        sa.CheckConstraint(
            "role IN ('superadmin', 'moderator', 'event-manager', 'auditor')", name=op.f("ck_admins_role")
        ),
        sa.CheckConstraint("char_length(name) >= 2", name=op.f("ck_admins_name")),
        sa.CheckConstraint("version > 0", name=op.f("ck_admins_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admins")),
        sa.UniqueConstraint("admin_id", name=op.f("uq_admins_admin_id")),
        sa.UniqueConstraint("email", name=op.f("uq_admins_email")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=50)),
        sa.Column("subject", sa.String(length=100)),
        sa.Column("details", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("idx_audit_log_at", "audit_log", ["at"])
    op.create_table(
        "connections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("requester_username", sa.String(length=100), nullable=False),
        sa.Column("receiver_username", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('PENDING', 'ACCEPTED', 'REJECTED')", name=op.f("ck_connections_status")),
        sa.CheckConstraint("requester_username <> receiver_username", name=op.f("ck_connections_two_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
    )
    op.create_index("idx_connections_receiver", "connections", ["receiver_username"])
    op.create_index("idx_connections_requester", "connections", ["requester_username"])
    op.create_index(
        "uq_connections_pair",
        "connections",
        [
            sa.text("least(requester_username, receiver_username)"),
            sa.text("greatest(requester_username, receiver_username)"),
        ],
        unique=True,
    )
    op.create_table(
        "outgoing_mails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("identity", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mails")),
        sa.UniqueConstraint("identity", name=op.f("uq_outgoing_mails_identity")),
    )
    op.create_index(op.f("idx_outgoing_mails_due_at"), "outgoing_mails", ["due_at"])
    op.create_table(
        "revocations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocations")),
    )
    op.create_index(op.f("idx_revocations_expires_at"), "revocations", ["expires_at"])
    op.create_index(op.f("idx_revocations_session_id"), "revocations", ["session_id"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal_kind", sa.String(length=10), nullable=False),
        sa.Column("principal_id", sa.String(length=50), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("user_agent", sa.String(length=300)),
        sa.Column("ip", INET()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("current_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("principal_kind IN ('member', 'admin')", name=op.f("ck_sessions_principal_kind")),
        sa.CheckConstraint("current_seq >= 0", name=op.f("ck_sessions_current_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("idx_sessions_principal", "sessions", ["principal_kind", "principal_id", "created_at", "id"])
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("public_jwk", JSONB(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("retired_at", MOMENT),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.String(length=50), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("login_alias", sa.String(length=100)),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200)),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("email_verified_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("email = lower(email) AND email <> ''", name=op.f("ck_users_email")),
        sa.CheckConstraint("username = lower(username) AND username <> ''", name=op.f("ck_users_username")),
        sa.CheckConstraint("version > 0", name=op.f("ck_users_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("login_alias", name=op.f("uq_users_login_alias")),
        sa.UniqueConstraint("user_id", name=op.f("uq_users_user_id")),
    )
    op.create_index("idx_users_username", "users", ["username"], unique=True)
    op.create_table(
        "email_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.CheckConstraint("purpose IN ('verify-email')", name=op.f("ck_email_tokens_purpose")),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_email_tokens_hash")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_email_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_email_tokens")),
    )
    op.create_index(op.f("idx_email_tokens_user_id"), "email_tokens", ["user_id"])
    op.create_table(
        "profiles",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("profession", sa.String(length=100)),
        sa.Column("location", sa.String(length=100)),
        sa.Column("bio", sa.String(length=1000)),
        sa.Column("phone", sa.String(length=20)),
        sa.Column("email", sa.String(length=254)),
        sa.Column("linked_in", sa.String(length=300)),
        sa.Column("website", sa.String(length=300)),
        sa.Column("facebook", sa.String(length=300)),
        sa.Column("batch", sa.String(length=10)),
        sa.Column("photo", sa.String(length=300)),
        sa.Column("cover", sa.String(length=300)),
        sa.Column("visibility", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("jsonb_typeof(visibility) = 'object'", name=op.f("ck_profiles_visibility")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_profiles_name")),
        sa.CheckConstraint("version > 0", name=op.f("ck_profiles_version")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_profiles_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_profiles")),
    )
    op.create_index("idx_profiles_username", "profiles", ["username"], unique=True)
    op.create_table(
        "refresh_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("spent_at", MOMENT),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_refresh_tokens_hash")),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_refresh_tokens_seq")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_refresh_tokens_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("session_id", "seq", name=op.f("uq_refresh_tokens_session_id_seq")),
    )
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
