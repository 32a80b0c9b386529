"""Members are told of seats that are offered to them, and of where an organiser put them."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLES = ("notifications", "notification_preferences")
BEFORE = (
    "'seat_promoted', 'event_cancelled', 'event_moved', 'answer_given', 'connection_requested', 'connection_accepted',"
    " 'announcement', 'urgent_announcement', 'report_resolved', 'export_ended', 'event_needs_organiser',"
    " 'organiser_appointed'"
)
NEW = "'seat_offered', 'seat_moved'"


def _kinds(names: str) -> None:
    for table in TABLES:
        name = op.f(f"ck_{table}_kind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN ({names})")


def upgrade() -> None:
    _kinds(f"{BEFORE}, {NEW}")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DELETE FROM {table} WHERE kind IN ({NEW})")
    _kinds(BEFORE)
