"""Notifications of invitations to events."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLES = ("notifications", "notification_preferences")
BEFORE = (
    "'seat_promoted', 'event_cancelled', 'event_moved', 'answer_given', 'connection_requested',"
    " 'connection_accepted', 'announcement', 'urgent_announcement', 'report_resolved', 'export_ended',"
    " 'event_needs_organiser', 'organiser_appointed', 'seat_offered', 'seat_moved', 'comment_replied',"
    " 'mentioned', 'ticket_issued'"
)
AFTER = f"{BEFORE}, 'invitation'"


def _kinds(names: str) -> None:
    for table in TABLES:
        name = op.f(f"ck_{table}_kind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN ({names})")


def upgrade() -> None:
    _kinds(AFTER)
    op.create_index(
        "idx_notifications_inviter",
        "notifications",
        [sa.text("(facts ->> 'username')")],
        postgresql_where=sa.text("kind = 'invitation'"),
    )


def downgrade() -> None:
    op.drop_index("idx_notifications_inviter", "notifications")
    for table in TABLES:
        op.execute(f"DELETE FROM {table} WHERE kind = 'invitation'")
    _kinds(BEFORE)
