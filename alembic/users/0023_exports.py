"""Archives of everything kept about a member, which are files of his while they can be had."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = ("notifications", "notification_preferences")
BEFORE = (
    "'seat_promoted', 'event_cancelled', 'event_moved', 'answer_given', 'connection_requested', 'connection_accepted',"
    " 'announcement', 'urgent_announcement', 'report_resolved'"
)
AFTER = f"{BEFORE}, 'export_ended'"


def _kinds(names: str) -> None:
    for table in TABLES:
        name = op.f(f"ck_{table}_kind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN ({names})")


def _purposes(names: str) -> None:
    op.drop_constraint(op.f("ck_files_purpose"), "files", type_="check")
    op.create_check_constraint(op.f("ck_files_purpose"), "files", f"purpose IN ({names})")


def upgrade() -> None:
    _kinds(AFTER)
    _purposes("'photo', 'cover', 'export'")
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("broken_off", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'READY', 'FETCHED', 'EXPIRED', 'FAILED')", name=op.f("ck_exports_state")
        ),
        sa.CheckConstraint(
            "(state IN ('READY', 'FETCHED', 'EXPIRED')) = (ready_at IS NOT NULL)", name=op.f("ck_exports_ready_at")
        ),
        sa.CheckConstraint("(ready_at IS NULL) = (expires_at IS NULL)", name=op.f("ck_exports_expires_at")),
        sa.CheckConstraint("(ready_at IS NULL) = (size IS NULL)", name=op.f("ck_exports_size")),
        sa.CheckConstraint("(state = 'FETCHED') = (fetched_at IS NOT NULL)", name=op.f("ck_exports_fetched_at")),
        sa.CheckConstraint("broken_off >= 0", name=op.f("ck_exports_broken_off")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_exports_file_id_files"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_exports_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("file_id", name=op.f("uq_exports_file_id")),
    )
    op.create_index("idx_exports_user_id", "exports", ["user_id", sa.text("created_at DESC")])
    op.create_index(
        "uq_exports_requested", "exports", ["user_id"], unique=True, postgresql_where=sa.text("state = 'REQUESTED'")
    )


def downgrade() -> None:
    op.drop_table("exports")
    op.execute("DELETE FROM files WHERE purpose = 'export'")  # their objects are swept
    _purposes("'photo', 'cover'")
    for table in TABLES:
        op.execute(f"DELETE FROM {table} WHERE kind = 'export_ended'")
    _kinds(BEFORE)
