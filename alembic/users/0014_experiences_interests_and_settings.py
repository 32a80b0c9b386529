"""Experiences, interests and settings of members; former names and nicknames."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("profiles", sa.Column("former_name", sa.String(length=100)))
    op.add_column("profiles", sa.Column("nickname", sa.String(length=100)))
    op.create_table(
        "experiences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("title_key", sa.String(length=200), nullable=False),
        sa.Column("company", sa.String(length=100)),
        sa.Column("company_key", sa.String(length=200)),
        sa.Column("start_date", sa.Date()),
        sa.Column("end_date", sa.Date()),
        sa.Column("period", sa.String(length=100)),
        sa.Column("description", sa.String(length=1000)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("title <> ''", name=op.f("ck_experiences_title")),
        sa.CheckConstraint("(company IS NULL) = (company_key IS NULL)", name=op.f("ck_experiences_company")),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_experiences_dates")),
        sa.CheckConstraint(
            "start_date BETWEEN '1900-01-01' AND '9998-12-31' AND end_date BETWEEN '1900-01-01' AND '9998-12-31'",
            name=op.f("ck_experiences_years"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_experiences_version")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_experiences_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiences")),
    )
    op.create_index("idx_experiences_user", "experiences", ["user_id", sa.text("start_date DESC")])
    op.create_table(
        "interests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("interest", sa.String(length=100), nullable=False),
        sa.Column("interest_key", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("interest <> ''", name=op.f("ck_interests_interest")),
        sa.CheckConstraint("interest_key <> ''", name=op.f("ck_interests_interest_key")),
        sa.CheckConstraint("version > 0", name=op.f("ck_interests_version")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_interests_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interests")),
        sa.UniqueConstraint("user_id", "interest_key", name=op.f("uq_interests_user_id_interest_key")),
    )
    op.create_index(
        "idx_interests_key", "interests", ["interest_key", "user_id"],
        postgresql_ops={"interest_key": "text_pattern_ops"},
    )  # fmt: skip
    op.create_table(
        "user_settings",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("theme", sa.String(length=10), server_default=sa.text("'DEVICE'"), nullable=False),
        sa.Column("language", sa.String(length=35)),
        sa.Column("time_zone", sa.String(length=64)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("theme IN ('DARK', 'LIGHT', 'DEVICE')", name=op.f("ck_user_settings_theme")),
        sa.CheckConstraint("language ~ '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*$'", name=op.f("ck_user_settings_language")),
        sa.CheckConstraint("time_zone <> ''", name=op.f("ck_user_settings_time_zone")),
        sa.CheckConstraint("version > 0", name=op.f("ck_user_settings_version")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_settings_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_settings")),
    )


def downgrade() -> None:
    for table in ("user_settings", "interests", "experiences"):
        op.drop_table(table)
    for column in ("nickname", "former_name"):
        op.drop_column("profiles", column)
