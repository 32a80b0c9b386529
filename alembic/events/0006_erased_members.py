"""What stays of members who were erased: numbers without a name."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATUS = "status IN ('GOING', 'MAYBE', 'NOT_GOING', 'PENDING', 'WAITLISTED')"


def upgrade() -> None:
    op.create_table(
        "erased_answers",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.CheckConstraint(_STATUS, name=op.f("ck_erased_answers_status")),
        sa.CheckConstraint("answers > 0 AND seats >= 0", name=op.f("ck_erased_answers_numbers")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_erased_answers_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "status", name=op.f("pk_erased_answers")),
    )
    op.create_index(op.f("idx_event_invitations_invited_by_username"), "event_invitations", ["invited_by_username"])
    op.create_index(
        "idx_events_needs_organiser", "events", ["id"], postgresql_where=sa.text("status = 'NEEDS_ORGANISER'")
    )
    # last: from here on nobody reads them before this commits
    op.alter_column("events", "created_by_username", existing_type=sa.String(length=100), nullable=True)
    op.alter_column("event_invitations", "invited_by_username", existing_type=sa.String(length=100), nullable=True)


def downgrade() -> None:
    op.drop_index("idx_events_needs_organiser", "events")
    op.drop_index(op.f("idx_event_invitations_invited_by_username"), "event_invitations")
    for table, column in (("events", "created_by_username"), ("event_invitations", "invited_by_username")):
        op.execute(f"UPDATE {table} SET {column} = '(erased)' WHERE {column} IS NULL")
        op.alter_column(table, column, existing_type=sa.String(length=100), nullable=False)
    op.drop_table("erased_answers")
