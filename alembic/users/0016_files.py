"""Files members own."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("media_type", sa.String(length=50), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('photo', 'cover')", name=op.f("ck_files_purpose")),
        sa.CheckConstraint("size > 0", name=op.f("ck_files_size")),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_files_sha256")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_files_owner_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index("idx_files_owner_id", "files", ["owner_id"])
    op.create_index(
        "uq_files_shown",
        "files",
        ["owner_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("purpose IN ('photo', 'cover')"),
    )
    op.create_index("uq_files_key", "files", ["key"], unique=True)


def downgrade() -> None:
    op.drop_table("files")
