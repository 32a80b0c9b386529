"""What the events module tells others: what happened to whom at which event, for the members concerned."""

from datetime import datetime
from typing import ClassVar, Literal

from ijaa.shared.messages import Message

Change = Literal["cancelled", "moved", "needs-organiser"]
Role = Literal["ORGANISER", "CO_ORGANISER", "CHECK_IN"]
Occasion = Literal["invitation", "reminder"]
Reason = Literal["seat-freed", "seats-added"]
"""Why there was a seat: somebody else's, nobody says whose, or the organiser's."""


class SeatPromoted(Message, frozen=True, kw_only=True):
    """A member came from the waitlist to a seat."""

    TYPE: ClassVar[str] = "ijaa.events.seat-promoted.v1"

    username: str
    event_id: int
    title: str
    start_date: datetime
    timezone: str
    reason: Reason
    code: str
    """Of his ticket."""


class TicketIssued(Message, frozen=True, kw_only=True):
    """A member answered and has a seat, or was approved; other ways to one are told with the ticket in them."""

    TYPE: ClassVar[str] = "ijaa.events.ticket-issued.v1"

    username: str
    event_id: int
    title: str
    start_date: datetime
    timezone: str
    location: str | None
    code: str


class SeatOffered(Message, frozen=True, kw_only=True):
    """A seat is kept for a member who waits, until a moment: it is his if he answers GOING again."""

    TYPE: ClassVar[str] = "ijaa.events.seat-offered.v1"

    username: str
    event_id: int
    title: str
    start_date: datetime
    timezone: str
    offered_until: datetime


class SeatMoved(Message, frozen=True, kw_only=True):
    """An organiser gave a member a seat, put him on the waitlist or took him off."""

    TYPE: ClassVar[str] = "ijaa.events.seat-moved.v1"

    username: str
    event_id: int
    title: str
    start_date: datetime
    timezone: str
    status: Literal["GOING", "WAITLISTED", "NOT_GOING"]
    code: str | None
    """Of his ticket, where he has a seat now."""


class EventChanged(Message, frozen=True, kw_only=True):
    """An event was cancelled, moved to another time or place, or lost its organiser.

    `usernames` are some of those who answered it; `message` are the words of whoever cancelled it.
    """

    TYPE: ClassVar[str] = "ijaa.events.event-changed.v1"

    event_id: int
    change: Change
    title: str
    start_date: datetime
    timezone: str
    location: str | None
    was_start_date: datetime | None
    """Before it moved, as the two below."""
    was_timezone: str | None
    was_location: str | None
    asked_again: bool
    """Whether it moved so far that people are asked whether they still come."""
    message: str | None
    usernames: list[str]


class AnswerGiven(Message, frozen=True, kw_only=True):
    """Somebody answered an event; who, its organisers see among the participants."""

    TYPE: ClassVar[str] = "ijaa.events.answer-given.v1"

    event_id: int
    title: str
    organisers: list[str]


class OrganiserAppointed(Message, frozen=True, kw_only=True):
    """A member was given a role at an event, or the event."""

    TYPE: ClassVar[str] = "ijaa.events.organiser-appointed.v1"

    username: str
    event_id: int
    title: str
    start_date: datetime
    timezone: str
    role: Role


class CommentReplied(Message, frozen=True, kw_only=True):
    """Somebody answered a comment; `username` wrote what was answered, `by` the answer."""

    TYPE: ClassVar[str] = "ijaa.events.comment-replied.v1"

    username: str
    by: str
    event_id: int
    title: str
    parent_id: int
    comment_id: int


class Mentioned(Message, frozen=True, kw_only=True):
    """A comment names members who may see its event; some of the names may be nobody's."""

    TYPE: ClassVar[str] = "ijaa.events.mentioned.v1"

    event_id: int
    by: str
    title: str
    comment_id: int
    usernames: list[str]


class InvitationSent(Message, frozen=True, kw_only=True):
    """Members were invited to an event, or are asked again for their answer."""

    TYPE: ClassVar[str] = "ijaa.events.invitation-sent.v1"

    event_id: int
    occasion: Occasion
    invited_by: str
    """Who asks: nobody is told of whom a block hides from him."""
    title: str
    start_date: datetime
    timezone: str
    usernames: list[str]


class InvitationRevoked(Message, frozen=True, kw_only=True):
    """Members are not invited to an event any more."""

    TYPE: ClassVar[str] = "ijaa.events.invitation-revoked.v1"

    event_id: int
    usernames: list[str]


PUBLISHED: tuple[type[Message], ...] = (
    SeatPromoted,
    SeatOffered,
    SeatMoved,
    TicketIssued,
    EventChanged,
    AnswerGiven,
    OrganiserAppointed,
    CommentReplied,
    Mentioned,
    InvitationSent,
    InvitationRevoked,
)
