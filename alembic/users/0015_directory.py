"""The directory: what members are found by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ORDERS = {
    "name": [],
    "batch": [sa.text("batch DESC")],
    "connections": [sa.text("connections DESC")],
    "profession": ["profession_key"],
    "location": ["location_key"],
}


def upgrade() -> None:
    op.create_table(
        "directory",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.Column("sort_key", sa.String(length=200), nullable=False),
        sa.Column("batch", sa.String(length=10), nullable=False),
        sa.Column("profession_key", sa.String(length=200)),
        sa.Column("location_key", sa.String(length=200)),
        sa.Column("company_keys", ARRAY(sa.Text()), nullable=False),
        sa.Column("interest_keys", ARRAY(sa.Text()), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.Column("connections", sa.Integer(), nullable=False),
        sa.CheckConstraint("level IN (1, 2)", name=op.f("ck_directory_level")),
        sa.CheckConstraint("connections >= 0", name=op.f("ck_directory_connections")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_directory_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "level", name=op.f("pk_directory")),
    )
    for name, columns in ORDERS.items():
        op.create_index(f"idx_directory_{name}", "directory", ["level", *columns, "sort_key", "user_id"])
    op.create_index("idx_directory_words", "directory", ["words"], postgresql_using="gin")
    op.create_index(
        "idx_directory_names", "directory", ["names"], postgresql_using="gin", postgresql_ops={"names": "gin_trgm_ops"}
    )
    op.create_index("idx_directory_companies", "directory", ["company_keys"], postgresql_using="gin")
    op.create_index("idx_directory_interests", "directory", ["interest_keys"], postgresql_using="gin")
    # which words are frequent decides how they are looked for
    op.execute("ALTER TABLE directory ALTER COLUMN words SET STATISTICS 1000")
    # due at once: members who were there before get their entries
    op.execute("""
        INSERT INTO jobs (name, key, payload, cron, created_at, due_at)
        SELECT 'renew-directory', 'cron', '{}', '41 3 * * *', now(), now() WHERE EXISTS (SELECT FROM profiles)
        ON CONFLICT DO NOTHING
    """)


def downgrade() -> None:
    op.drop_table("directory")
    op.execute("DELETE FROM jobs WHERE name = 'renew-directory'")
