"""What the events module tells others: what happened to whom at which event, for the members concerned."""

from datetime import datetime
from typing import ClassVar, Literal

from ijaa.shared.messages import Message

Change = Literal["cancelled", "moved"]
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


class EventChanged(Message, frozen=True, kw_only=True):
    """An event was cancelled, or moved to another time or place; `usernames` are some of those who answered it."""

    TYPE: ClassVar[str] = "ijaa.events.event-changed.v1"

    event_id: int
    change: Change
    title: str
    start_date: datetime
    timezone: str
    location: str | None
    usernames: list[str]


class AnswerGiven(Message, frozen=True, kw_only=True):
    """Somebody answered an event; who, its organisers see among the participants."""

    TYPE: ClassVar[str] = "ijaa.events.answer-given.v1"

    event_id: int
    title: str
    organisers: list[str]


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


PUBLISHED: tuple[type[Message], ...] = (SeatPromoted, EventChanged, AnswerGiven, CommentReplied, Mentioned)
