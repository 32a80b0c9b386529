"""The table of what goes on around events."""

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase


class EventActivity(EventsBase):
    """How much went on lately around an event that is still to begin, as the last refresh found it.

    No foreign key: it would lock the event's row against everybody who answers just then. Of an event that is gone
    nothing is shown, and the next refresh forgets it.
    """

    __tablename__ = "event_activity"
    __table_args__ = (
        CheckConstraint("score > 0", name="score"),
        Index("idx_event_activity_score", text("score DESC"), "event_id"),
    )

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    score: Mapped[float]
