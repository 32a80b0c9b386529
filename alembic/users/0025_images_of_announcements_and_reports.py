"""Files that belong to an announcement or a report instead of a member."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BEFORE, AFTER = "'photo', 'cover', 'export'", "'photo', 'cover', 'export', 'image', 'attachment'"
BELONGS = (
    "(owner_id IS NOT NULL) = (purpose IN ('photo', 'cover', 'export'))"
    " AND (announcement_id IS NOT NULL) = (purpose = 'image')"
    " AND (report_id IS NOT NULL) = (purpose = 'attachment')"
    " AND (place IS NOT NULL) = (purpose = 'attachment')"
)


def upgrade() -> None:
    op.alter_column("files", "owner_id", nullable=True)
    for owner in ("announcement", "report"):
        column = f"{owner}_id"
        op.add_column("files", sa.Column(column, sa.BigInteger(), nullable=True))
        name = op.f(f"fk_files_{column}_{owner}s")
        op.create_foreign_key(name, "files", f"{owner}s", [column], ["id"], ondelete="CASCADE")
    op.add_column("files", sa.Column("place", sa.SmallInteger(), nullable=True))
    op.drop_constraint(op.f("ck_files_purpose"), "files", type_="check")
    op.create_check_constraint(op.f("ck_files_purpose"), "files", f"purpose IN ({AFTER})")
    op.create_check_constraint(op.f("ck_files_belongs"), "files", BELONGS)
    op.create_index("uq_files_announcement", "files", ["announcement_id"], unique=True)
    op.create_index("uq_files_report", "files", ["report_id", "place"], unique=True)


def downgrade() -> None:
    op.execute("DELETE FROM files WHERE owner_id IS NULL")
    op.execute("UPDATE announcements SET image = NULL WHERE image IS NOT NULL")  # the routes they name are gone
    op.drop_index("uq_files_report", table_name="files")
    op.drop_index("uq_files_announcement", table_name="files")
    op.drop_constraint(op.f("ck_files_belongs"), "files", type_="check")
    op.drop_constraint(op.f("ck_files_purpose"), "files", type_="check")
    op.create_check_constraint(op.f("ck_files_purpose"), "files", f"purpose IN ({BEFORE})")
    for name in ("place", "report_id", "announcement_id"):
        op.drop_column("files", name)
    op.alter_column("files", "owner_id", nullable=False)
