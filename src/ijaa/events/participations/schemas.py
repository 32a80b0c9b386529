"""What clients send and get about participations."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ijaa.events.catalogue.schemas import Guests, Message
from ijaa.shared.schema import Body, View

Answer = Literal["GOING", "MAYBE", "NOT_GOING"]
ParticipationStatus = Literal["GOING", "MAYBE", "NOT_GOING", "PENDING", "WAITLISTED"]


class RsvpPut(Body, frozen=True, kw_only=True):
    """A member's answer; GOING takes one seat and one for each guest."""

    status: Answer
    message: Message | None = None
    guests: Guests = 0


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


class ParticipantRead(View, frozen=True, kw_only=True):
    """One participant; message, position and whether he was asked again are for organisers alone."""

    username: str
    name: str | None
    photo: str | None
    degraded: bool | msgspec.UnsetType = msgspec.UNSET
    status: ParticipationStatus
    guests: int
    message: str | msgspec.UnsetType | None = msgspec.UNSET
    position: int | msgspec.UnsetType | None = msgspec.UNSET
    asked_again_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
