"""What became of events, in numbers that are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COUNTS = (
    "total_invitations", "confirmed", "maybe", "declined", "pending", "waitlisted", "attended", "comments", "media",
)  # fmt: skip


def _count(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "event_analytics",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *map(_count, COUNTS),
        sa.Column("reminders", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _count("responded"),
        _count("engaged"),
        sa.Column("first_rsvp_at", MOMENT),
        sa.Column("last_rsvp_at", MOMENT),
        sa.Column("average_response_hours", sa.Double()),
        sa.Column("mark", sa.String(length=300), nullable=False),
        sa.Column("computed_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "least(total_invitations, confirmed, maybe, declined, pending, waitlisted, attended, comments, media,"
            " reminders, responded, engaged) >= 0",
            name=op.f("ck_event_analytics_numbers"),
        ),
        sa.CheckConstraint(
            "attended <= confirmed AND responded <= total_invitations AND engaged <= confirmed + maybe",
            name=op.f("ck_event_analytics_shares"),
        ),
        sa.CheckConstraint("(first_rsvp_at IS NULL) = (last_rsvp_at IS NULL)", name=op.f("ck_event_analytics_rsvps")),
        sa.CheckConstraint("average_response_hours >= 0", name=op.f("ck_event_analytics_average_response_hours")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_analytics")),
    )


def downgrade() -> None:
    op.drop_table("event_analytics")
