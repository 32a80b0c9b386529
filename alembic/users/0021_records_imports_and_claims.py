"""People who were brought in without accounts, the imports they came by, and claims to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "member_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("started_by", sa.String(length=50)),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("mapping", JSONB(), nullable=False),
        sa.Column("delimiter", sa.String(length=10), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("errors", JSONB(), nullable=False),
        sa.Column("problem", sa.String(length=500)),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint("mode IN ('all-or-nothing', 'skip-bad-rows')", name=op.f("ck_member_imports_mode")),
        sa.CheckConstraint("state IN ('WAITING', 'RUNNING', 'DONE', 'FAILED')", name=op.f("ck_member_imports_state")),
        sa.CheckConstraint(
            "line >= 0 AND created >= 0 AND updated >= 0 AND unchanged >= 0 AND refused >= 0",
            name=op.f("ck_member_imports_counts"),
        ),
        sa.CheckConstraint("octet_length(body) <= 10485760", name=op.f("ck_member_imports_body")),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('DONE', 'FAILED'))", name=op.f("ck_member_imports_ended_at")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_imports")),
    )
    op.create_table(
        "member_records",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("import_id", sa.BigInteger()),
        sa.Column("claimed_by", sa.BigInteger()),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("batch", sa.String(length=10)),
        sa.Column("email", sa.String(length=254)),
        sa.Column("phone", sa.String(length=20)),
        sa.Column("phone_key", sa.String(length=20)),
        sa.Column("birth_date", sa.Date()),
        sa.Column("student_number", sa.String(length=50)),
        sa.Column("student_key", sa.String(length=100)),
        sa.Column("profession", sa.String(length=100)),
        sa.Column("location", sa.String(length=100)),
        sa.Column("extra", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("name <> '' AND name_key <> ''", name=op.f("ck_member_records_name")),
        sa.CheckConstraint("email = lower(email) AND email <> ''", name=op.f("ck_member_records_email")),
        sa.CheckConstraint("(phone IS NULL) = (phone_key IS NULL)", name=op.f("ck_member_records_phone")),
        sa.CheckConstraint(
            "(student_number IS NULL) = (student_key IS NULL)", name=op.f("ck_member_records_student_number")
        ),
        sa.CheckConstraint(
            "birth_date BETWEEN '1900-01-01' AND '9998-12-31'", name=op.f("ck_member_records_birth_date")
        ),
        sa.CheckConstraint("jsonb_typeof(extra) = 'object'", name=op.f("ck_member_records_extra")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["member_imports.id"], name=op.f("fk_member_records_import_id_member_imports"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by"], ["users.id"], name=op.f("fk_member_records_claimed_by_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_records")),
        sa.UniqueConstraint("claimed_by", name=op.f("uq_member_records_claimed_by")),
    )  # fmt: skip
    for column in ("email", "phone_key", "student_key", "import_id"):
        op.create_index(op.f(f"idx_member_records_{column}"), "member_records", [column])
    op.create_index("idx_member_records_name", "member_records", ["name_key", "birth_date"])
    op.create_table(
        "claims",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger()),
        sa.Column("email", sa.String(length=254)),
        sa.Column("phone", sa.String(length=20)),
        sa.Column("birth_date", sa.Date()),
        sa.Column("student_number", sa.String(length=50)),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("settled_by", sa.String(length=50)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.CheckConstraint("state IN ('RECEIVED', 'WAITING', 'ACCEPTED', 'REJECTED')", name=op.f("ck_claims_state")),
        sa.CheckConstraint(
            "(settled_at IS NOT NULL) = (state IN ('ACCEPTED', 'REJECTED'))", name=op.f("ck_claims_settled_at")
        ),
        sa.CheckConstraint(
            "settled_at IS NULL OR num_nonnulls(email, phone, birth_date, student_number) = 0",
            name=op.f("ck_claims_forgotten"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_claims_user_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["record_id"], ["member_records.id"], name=op.f("fk_claims_record_id_member_records"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index("idx_claims_user", "claims", ["user_id", "created_at"])
    op.create_index(op.f("idx_claims_record_id"), "claims", ["record_id"])
    op.create_index("idx_claims_state", "claims", ["state", "id"])


def downgrade() -> None:
    for table in ("claims", "member_records", "member_imports"):
        op.drop_table(table)
