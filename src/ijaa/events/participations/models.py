"""The table of participations."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase
from ijaa.shared.tables import Key, one_of


class EventParticipation(EventsBase):
    """One member's answer to one event; `seq` is his place in the order of the waitlist."""

    __tablename__ = "event_participations"
    __table_args__ = (
        UniqueConstraint("event_id", "participant_username"),
        CheckConstraint(one_of("status", "GOING", "MAYBE", "NOT_GOING", "PENDING", "WAITLISTED"), name="status"),
        CheckConstraint("guests BETWEEN 0 AND 5", name="guests"),
        CheckConstraint("(status = 'WAITLISTED') = (seq IS NOT NULL) AND seq > 0", name="seq"),
        CheckConstraint("offered_until IS NULL OR status = 'WAITLISTED'", name="offered_until"),
        CheckConstraint("priority BETWEEN -1000 AND 1000", name="priority"),
        CheckConstraint(
            "participant_username = lower(participant_username) AND participant_username <> ''",
            name="participant_username",
        ),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("ticket > 0", name="ticket"),
        CheckConstraint("arrived_guests BETWEEN 0 AND 5", name="arrived_guests"),
        CheckConstraint(
            "checked_in_at IS NOT NULL OR checked_in_by IS NULL AND arrived_guests IS NULL", name="checked_in_at"
        ),
        Index("idx_event_participations_event_id", "event_id", "id"),
        Index("idx_event_participations_participant", "participant_username", "event_id"),
        # who answered of late; one that an answer does not have to touch when it changes
        Index("idx_event_participations_responded_at", "responded_at", postgresql_using="brin"),
        Index(
            "idx_event_participations_waitlist",
            "event_id",
            text("priority DESC"),
            "seq",
            postgresql_where=text("status = 'WAITLISTED'"),
        ),
        Index(
            "idx_event_participations_offered",
            "event_id",
            "offered_until",
            postgresql_where=text("offered_until IS NOT NULL"),
        ),
        Index(
            "idx_event_participations_checked_in_by",
            "checked_in_by",
            postgresql_where=text("checked_in_by IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="RESTRICT"))
    participant_username: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(20))
    guests: Mapped[int] = mapped_column(server_default=text("0"))
    message: Mapped[str | None] = mapped_column(String(500))
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    responded_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]
    asked_again_at: Mapped[datetime | None]
    """When the event moved so far that he was asked whether he still comes; NULL once he has said."""
    offered_until: Mapped[datetime | None]
    """Until when a seat is kept for a member who waits."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    ticket: Mapped[int] = mapped_column(server_default=text("1"))
    """Grows with each other answer, so that a code written for an earlier one is good no more."""
    checked_in_at: Mapped[datetime | None]
    checked_in_by: Mapped[str | None] = mapped_column(String(100))
    """Who stood at the door; None also once that member was erased."""
    arrived_guests: Mapped[int | None]
    """Guests who came with him, where somebody counted them."""


class ErasedAnswers(EventsBase):
    """The answers of one kind that members gave who were erased after the event: how many, and nobody's."""

    __tablename__ = "erased_answers"
    __table_args__ = (
        CheckConstraint(one_of("status", "GOING", "MAYBE", "NOT_GOING", "PENDING", "WAITLISTED"), name="status"),
        CheckConstraint("answers > 0 AND seats >= 0 AND attended >= 0 AND arrived_guests >= 0", name="numbers"),
    )

    event_id: Mapped[int] = mapped_column(
        ForeignKey("events.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    answers: Mapped[int]
    seats: Mapped[int]
    """Seats they held, guests included; `going` of the event counts them on."""
    attended: Mapped[int] = mapped_column(server_default=text("0"))
    arrived_guests: Mapped[int] = mapped_column(server_default=text("0"))
