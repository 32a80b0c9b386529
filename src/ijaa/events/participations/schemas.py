"""What clients send and get about participations."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ijaa.events.catalogue.schemas import Guests, Message
from ijaa.events.seats.domain import What, Why
from ijaa.shared.schema import MAX_INT, Body, View

Answer = Literal["GOING", "MAYBE", "NOT_GOING"]
Place = Annotated[int, Meta(ge=1, le=MAX_INT)]
ParticipationStatus = Literal["GOING", "MAYBE", "NOT_GOING", "PENDING", "WAITLISTED"]


class RsvpPut(Body, frozen=True, kw_only=True):
    """A member's answer; GOING takes one seat and one for each guest."""

    status: Answer
    message: Message | None = None
    guests: Guests = 0


class MovePost(Body, frozen=True, kw_only=True):
    """Where an organiser wants somebody who answered; `position` is a place on the waitlist, the tail without it."""

    status: Literal["GOING", "WAITLISTED", "NOT_GOING"]
    position: Place | None = None


class PastRead(View, frozen=True, kw_only=True):
    """One thing that happened to one's seat."""

    at: datetime
    what: What
    text: str
    """The same in a sentence; who else was concerned is never named."""
    status: ParticipationStatus | None
    guests: int
    position: Annotated[int | None, Meta(description="1-based place on the waitlist then")]
    reason: Why | None


class RsvpRead(View, frozen=True, kw_only=True):
    """What became of an answer."""

    status: ParticipationStatus
    guests: int
    position: Annotated[int | None, Meta(description="1-based place on the waitlist")]
    seats_taken: int
    capacity: int | None
    message: str | None
    asked_again_at: datetime | None
    """When the event moved and he was asked again; the same answer once more confirms it."""
    offered_until: datetime | msgspec.UnsetType = msgspec.UNSET
    """Until when a seat can be accepted, by PUT of GOING; only while one is offered."""
    history: list[PastRead] | msgspec.UnsetType = msgspec.UNSET
    """The latest 100 things that happened to it, the oldest first; only where it is read."""


class ParticipantRead(View, frozen=True, kw_only=True):
    """One participant; message and position, being asked again and checking in are for organisers alone."""

    username: str
    name: str | None
    photo: str | None
    degraded: bool | msgspec.UnsetType = msgspec.UNSET
    status: ParticipationStatus
    guests: int
    message: str | msgspec.UnsetType | None = msgspec.UNSET
    position: int | msgspec.UnsetType | None = msgspec.UNSET
    asked_again_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    checked_in_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
