"""Who was asked again because an event moved, and the events that are to be completed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event_participations", sa.Column("asked_again_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "idx_events_to_complete",
        "events",
        ["end_date"],
        postgresql_where=sa.text("status IN ('PUBLISHED', 'NEEDS_ORGANISER')"),
    )


def downgrade() -> None:
    op.drop_index("idx_events_to_complete", "events")
    op.drop_column("event_participations", "asked_again_at")
