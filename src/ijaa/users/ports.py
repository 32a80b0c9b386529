"""What users needs from outside."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol

import msgspec

from ijaa.shared.messages import Message


class EventCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Events in numbers; drafts and cancelled ones are neither upcoming nor past."""

    upcoming: int
    past: int
    cancelled: int
    going: int
    """Seats taken at upcoming events, guests included."""
    waiting: int
    """Entries in the waitlists of upcoming events."""


class EventFigures(Protocol):
    """Knows how many events there are."""

    async def counts(self) -> EventCounts:
        """Return the figures of this moment; raise `Unavailable` when they cannot be had just now."""
        ...


ContentKind = Literal["event", "comment", "medium"]


class ContentRef(msgspec.Struct, frozen=True, kw_only=True):
    """A thing people made in the events module."""

    kind: ContentKind
    id: int


class ContentSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Such a thing as one viewer sees it at this moment."""

    kind: ContentKind
    id: int
    author: str | None
    """Whose it is: a username."""
    title: str | None
    text: str | None
    details: dict[str, str]
    """What else the viewer is shown, in words."""


class EventContent(Protocol):
    """Knows what things in the events module look like."""

    async def snapshots(self, wanted: Collection[ContentRef], viewer: str) -> Mapping[ContentRef, ContentSnapshot]:
        """Return what `viewer` sees; what is not there, or not for him to see, is left out.

        Raises `Unavailable` when nobody can say just now.
        """
        ...


class RecordsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of one table that are about a member; a table that has none of them has a page all the same."""

    table: str
    rows: list[dict[str, Any]]
    """By column: what JSON can say; moments as RFC 3339 has them."""
    following: str | None
    """What asks for the next page; None after the last one."""


class RecordFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file a module keeps of a member."""

    name: str
    """What it is, and of what; unlike that of any other."""
    media_type: str


class MemberRecords(Protocol):
    """Knows everything a module keeps about a member, as far as it is for him."""

    async def page(self, username: str, after: str | None = None) -> RecordsPage:
        """Return the first page, or the one `after` asks for; the pages of one table follow each other.

        Of a name nobody has every table is empty. Raises `Unavailable` when nobody can say just now.
        """
        ...

    async def files(self, username: str, after: str | None = None) -> list[RecordFile]:
        """Return the first files of a member, or those after the one of a name; none when there are no more.

        Raises `Unavailable` when nobody can say just now.
        """
        ...

    async def portion(self, username: str, name: str, start: int) -> bytes | None:
        """Return some bytes of a file from a place on, none at its end, or None for one that is not there.

        Raises `Unavailable` when they cannot be had just now.
        """
        ...


class EventCompanions(Protocol):
    """Knows who was at the same events."""

    async def companions(self, usernames: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return who comes, or came, to events each of these does; every name asked for is in the answer.

        Of many the most frequent, a few hundred; events that were cancelled count for nothing. Who is hidden from
        whom is for the caller to know. Raises `Unavailable` when nobody can say just now.
        """
        ...


class SeatPromoted(Message, frozen=True, kw_only=True):
    """A member came from the waitlist to a seat."""

    TYPE: ClassVar[str] = "ijaa.events.seat-promoted.v1"

    username: str
    event_id: int
    title: str
    start_date: datetime
    timezone: str
    reason: Literal["seat-freed", "seats-added"] = "seat-freed"
    code: str | None = None
    """Of his ticket."""


class TicketIssued(Message, frozen=True, kw_only=True):
    """A member answered and has a seat, or was approved."""

    TYPE: ClassVar[str] = "ijaa.events.ticket-issued.v1"

    username: str
    event_id: int
    title: str
    start_date: datetime
    timezone: str
    location: str | None
    code: str


class SeatOffered(Message, frozen=True, kw_only=True):
    """A seat is kept for a member who waits, until a moment."""

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
    code: str | None = None
    """Of his ticket, where he has a seat now."""


class EventChanged(Message, frozen=True, kw_only=True):
    """An event was cancelled, moved or lost its organiser; `usernames` are some of those who answered it."""

    TYPE: ClassVar[str] = "ijaa.events.event-changed.v1"

    event_id: int
    change: Literal["cancelled", "moved", "needs-organiser"]
    title: str
    start_date: datetime
    timezone: str
    location: str | None
    was_start_date: datetime | None = None
    was_timezone: str | None = None
    was_location: str | None = None
    asked_again: bool = False
    message: str | None = None
    usernames: list[str]


class AnswerGiven(Message, frozen=True, kw_only=True):
    """Somebody answered an event."""

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
    role: Literal["ORGANISER", "CO_ORGANISER", "CHECK_IN"]


class CommentReplied(Message, frozen=True, kw_only=True):
    """Somebody, `by`, answered a comment of a member's."""

    TYPE: ClassVar[str] = "ijaa.events.comment-replied.v1"

    username: str
    by: str
    event_id: int
    title: str
    parent_id: int
    comment_id: int


class Mentioned(Message, frozen=True, kw_only=True):
    """Somebody, `by`, named members in a comment; some of the names may be nobody's."""

    TYPE: ClassVar[str] = "ijaa.events.mentioned.v1"

    event_id: int
    by: str
    title: str
    comment_id: int
    usernames: list[str]


class InvitationSent(Message, frozen=True, kw_only=True):
    """Members were invited to an event, or are asked again."""

    TYPE: ClassVar[str] = "ijaa.events.invitation-sent.v1"

    event_id: int
    occasion: Literal["invitation", "reminder"]
    invited_by: str
    title: str
    start_date: datetime
    timezone: str
    usernames: list[str]


class InvitationRevoked(Message, frozen=True, kw_only=True):
    """Members are not invited to an event any more."""

    TYPE: ClassVar[str] = "ijaa.events.invitation-revoked.v1"

    event_id: int
    usernames: list[str]
