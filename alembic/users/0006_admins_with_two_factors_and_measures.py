"""Second factors of admins, suspension and leaving of members, usernames never given again, reports."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

ADMIN_COLUMNS = (
    ("totp_seed", sa.LargeBinary()),
    ("totp_pending", sa.LargeBinary()),
    ("totp_last_step", sa.BigInteger()),
    ("totp_confirmed_at", MOMENT),
)
USER_COLUMNS = (
    ("suspended_at", MOMENT),
    ("suspended_until", MOMENT),
    ("suspension_reason", sa.String(length=500)),
    ("erase_after", MOMENT),
)
ADMIN_CHECKS = {
    "totp": "(totp_seed IS NULL) = (totp_last_step IS NULL) AND (totp_seed IS NULL) = (totp_confirmed_at IS NULL)",
    "totp_sealed": "octet_length(totp_seed) <= 200 AND octet_length(totp_pending) <= 200",
}
USER_CHECKS = {
    "suspension_reason": "(suspended_at IS NULL) = (suspension_reason IS NULL)",
    "suspension_reason_said": "suspension_reason <> ''",
    "suspended_until": "suspended_until IS NULL OR suspended_until > suspended_at",
    "suspended_at": "suspended_at IS NOT NULL OR suspended_until IS NULL",
}


def upgrade() -> None:
    for table, added, checks in (("admins", ADMIN_COLUMNS, ADMIN_CHECKS), ("users", USER_COLUMNS, USER_CHECKS)):
        for name, kind in added:
            op.add_column(table, sa.Column(name, kind))
        for name, condition in checks.items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.create_index(
        "idx_users_search",
        "users",
        ["username", "email"],
        postgresql_using="gin",
        postgresql_ops={"username": "gin_trgm_ops", "email": "gin_trgm_ops"},
    )
    op.create_index(
        "idx_profiles_name_key",
        "profiles",
        ["name_key"],
        postgresql_using="gin",
        postgresql_ops={"name_key": "gin_trgm_ops"},
    )
    op.create_table(
        "admin_recovery_codes",
        sa.Column("admin_id", sa.String(length=50), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_admin_recovery_codes_hash")),
        sa.ForeignKeyConstraint(
            ["admin_id"], ["admins.admin_id"], name=op.f("fk_admin_recovery_codes_admin_id_admins"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("admin_id", "hash", name=op.f("pk_admin_recovery_codes")),
    )
    op.create_table(
        "erased_usernames",
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.CheckConstraint("username = lower(username) AND username <> ''", name=op.f("ck_erased_usernames_username")),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_erased_usernames")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reporter_username", sa.String(length=100)),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=10_000), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="PENDING", nullable=False),
        sa.Column("priority", sa.String(length=10), server_default="MEDIUM", nullable=False),
        sa.Column("target", sa.String(length=300)),
        sa.Column("assigned_to", sa.String(length=50)),
        sa.Column("admin_notes", sa.String(length=10_000)),
        sa.Column("attachment", sa.String(length=300)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "category IN ('USER_REPORT', 'CONTENT_REPORT', 'BUG_REPORT', 'FEATURE_REQUEST')",
            name=op.f("ck_reports_category"),
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'IN_PROGRESS', 'RESOLVED', 'CLOSED')", name=op.f("ck_reports_status")
        ),
        sa.CheckConstraint("priority IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT')", name=op.f("ck_reports_priority")),
        sa.CheckConstraint("title <> ''", name=op.f("ck_reports_title")),
        sa.CheckConstraint("version > 0", name=op.f("ck_reports_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index("idx_reports_reporter", "reports", ["reporter_username"])
    op.create_index(
        "idx_reports_open",
        "reports",
        ["status", "id"],
        postgresql_where=sa.text("status IN ('PENDING', 'IN_PROGRESS')"),
    )


def downgrade() -> None:
    for table in ("reports", "erased_usernames", "admin_recovery_codes"):
        op.drop_table(table)
    op.drop_index("idx_profiles_name_key", "profiles")
    op.drop_index("idx_users_search", "users")
    for table, added in (("admins", ADMIN_COLUMNS), ("users", USER_COLUMNS)):
        for name, _ in added:
            op.drop_column(table, name)
