"""The table of analytics."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase


class EventAnalytics(EventsBase):
    """The numbers of one event as they were counted last; rates, and who did not come, are made of them when read.

    No foreign key: it would lock the event's row against everybody who answers just then. Of an event that is gone
    nothing is shown, and the next count forgets it.
    """

    __tablename__ = "event_analytics"
    __table_args__ = (
        CheckConstraint(
            "least(total_invitations, confirmed, maybe, declined, pending, waitlisted, attended, comments, media,"
            " reminders, responded, engaged) >= 0",
            name="numbers",
        ),
        CheckConstraint(
            "attended <= confirmed AND responded <= total_invitations AND engaged <= confirmed + maybe", name="shares"
        ),
        CheckConstraint("(first_rsvp_at IS NULL) = (last_rsvp_at IS NULL)", name="rsvps"),
        CheckConstraint("average_response_hours >= 0", name="average_response_hours"),
    )

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    total_invitations: Mapped[int]
    confirmed: Mapped[int]
    maybe: Mapped[int]
    declined: Mapped[int]
    pending: Mapped[int]
    waitlisted: Mapped[int]
    attended: Mapped[int]
    comments: Mapped[int]
    media: Mapped[int]
    reminders: Mapped[int] = mapped_column(server_default=text("0"))
    responded: Mapped[int]
    """Of those who are invited."""
    engaged: Mapped[int]
    """Of those who come, or may: who wrote or uploaded something."""
    first_rsvp_at: Mapped[datetime | None]
    last_rsvp_at: Mapped[datetime | None]
    average_response_hours: Mapped[float | None]
    mark: Mapped[str] = mapped_column(String(300))
    """What the rows were that this was counted from: another mark of them, and it is counted anew."""
    computed_at: Mapped[datetime]
