"""The ledger of seats, and how far it was proved."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase
from ijaa.events.seats.domain import ACTORS, STATUSES, WHATS, WHYS
from ijaa.shared.tables import one_of


class SeatEntry(EventsBase):
    """One thing that happened to a seat at an event, written in the transaction of its effect and never changed.

    Entries of an event are numbered from 1 without a gap, under the lock of its row. A trigger and the grants keep
    them as they are; a name may become NULL, which is all that erasing needs.
    """

    __tablename__ = "seat_ledger"
    __table_args__ = (
        CheckConstraint("entry > 0", name="entry"),
        CheckConstraint(one_of("what", *WHATS), name="what"),
        CheckConstraint(one_of("actor", *ACTORS), name="actor"),
        CheckConstraint(one_of("reason", *WHYS), name="reason"),
        CheckConstraint(
            f"{one_of('status', *STATUSES)} AND {one_of('status_before', *STATUSES)}",
            name="status",
        ),
        CheckConstraint("guests BETWEEN 0 AND 5 AND guests_before BETWEEN 0 AND 5", name="guests"),
        CheckConstraint("waiting BETWEEN -1 AND 1", name="waiting"),
        CheckConstraint("position > 0 AND seq > 0 AND capacity > 0 AND capacity_before > 0", name="numbers"),
        Index(
            "idx_seat_ledger_username",
            "username",
            "event_id",
            "entry",
            postgresql_where=text("username IS NOT NULL"),
        ),
    )

    event_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("events.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    entry: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(10))
    participation_id: Mapped[int | None] = mapped_column(BigInteger)
    """Of the answer, also once it is gone; NULL where the entry is about the event."""
    username: Mapped[str | None] = mapped_column(String(100))
    """NULL once the member was erased, too."""
    status_before: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[str | None] = mapped_column(String(20))
    guests_before: Mapped[int] = mapped_column(server_default=text("0"))
    guests: Mapped[int] = mapped_column(server_default=text("0"))
    seats: Mapped[int] = mapped_column(server_default=text("0"))
    waiting: Mapped[int] = mapped_column(server_default=text("0"))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    priority: Mapped[int | None]
    position: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(20))
    offered_until: Mapped[datetime | None]
    capacity_before: Mapped[int | None]
    capacity: Mapped[int | None]


class SeatProof(EventsBase):
    """How far the ledger of an event was proved, and how many differences there were."""

    __tablename__ = "seat_proofs"
    __table_args__ = (
        CheckConstraint("entry >= 0 AND differences >= 0", name="numbers"),
        Index("idx_seat_proofs_differences", "event_id", postgresql_where=text("differences > 0")),
    )

    event_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("events.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    entry: Mapped[int] = mapped_column(BigInteger)
    proved_at: Mapped[datetime]
    differences: Mapped[int]
