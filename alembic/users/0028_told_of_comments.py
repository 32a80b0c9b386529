"""Members are told that they were answered, and named, in comments."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLES = ("notifications", "notification_preferences")
BEFORE = (
    "'seat_promoted', 'event_cancelled', 'event_moved', 'answer_given', 'connection_requested',"
    " 'connection_accepted', 'announcement', 'urgent_announcement', 'report_resolved', 'export_ended',"
    " 'event_needs_organiser', 'organiser_appointed', 'seat_offered', 'seat_moved'"
)
AFTER = f"{BEFORE}, 'comment_replied', 'mentioned'"


def _kinds(names: str) -> None:
    for table in TABLES:
        name = op.f(f"ck_{table}_kind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN ({names})")


def upgrade() -> None:
    _kinds(AFTER)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DELETE FROM {table} WHERE kind IN ('comment_replied', 'mentioned')")
    _kinds(BEFORE)
