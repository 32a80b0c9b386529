"""Indexes that find whom a member may know, and notifications about connections."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

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
    op.create_index("idx_profiles_batch", "profiles", ["batch", "user_id"])
    op.create_index("idx_profiles_profession", "profiles", [sa.text("lower(profession)"), "user_id"])
    op.create_index("idx_profiles_location", "profiles", [sa.text("lower(location)"), "user_id"])


def downgrade() -> None:
    for index in ("location", "profession", "batch"):
        op.drop_index(f"idx_profiles_{index}", table_name="profiles")
    for table in TABLES:
        op.execute(f"DELETE FROM {table} WHERE kind IN ('connection_requested', 'connection_accepted')")
    _kinds(BEFORE)
