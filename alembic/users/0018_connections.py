"""Indexes that find whom a member may know, and notifications about connections."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FIELDS = ("batch", "profession", "location")
TABLES = ("notifications", "notification_preferences")
BEFORE = "'seat_promoted', 'event_cancelled', 'event_moved', 'answer_given'"
AFTER = f"{BEFORE}, 'connection_requested', 'connection_accepted'"


def _kinds(names: str) -> None:
    for table in TABLES:
        name = op.f(f"ck_{table}_kind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN ({names})")


def upgrade() -> None:
    _kinds(AFTER)
    for field in FIELDS:
        shown = f"COALESCE(visibility ->> '{field}', 'members') = ANY (ARRAY['members', 'public'])"
        as_seen = sa.text(f"(CASE WHEN {shown} THEN lower({field}) ELSE NULL END)")
        op.create_index(f"idx_profiles_{field}_shown", "profiles", [as_seen, "user_id"])


def downgrade() -> None:
    for field in FIELDS:
        op.drop_index(f"idx_profiles_{field}_shown", table_name="profiles")
    for table in TABLES:
        op.execute(f"DELETE FROM {table} WHERE kind IN ('connection_requested', 'connection_accepted')")
    _kinds(BEFORE)
