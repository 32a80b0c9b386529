"""What organisers get about seats."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ijaa.events.seats.domain import Actor, Status, What, Why
from ijaa.shared.schema import View


class EntryRead(View, frozen=True, kw_only=True):
    """One thing that happened to a seat; `entry` counts them per event, without a gap."""

    entry: int
    at: datetime
    what: What
    by: Actor
    text: str
    """The same in a sentence."""
    username: Annotated[str | None, Meta(description="null where it is about the event, or the member was erased")]
    name: str | None
    photo: str | None
    degraded: bool | UnsetType = UNSET
    status_before: Status | None
    status: Annotated[Status | None, Meta(description="null once the answer is gone")]
    guests_before: int
    guests: int
    seats: Annotated[int, Meta(description="seats more that were taken by it")]
    waiting: Annotated[int, Meta(description="entries more on the waitlist by it")]
    position: Annotated[int | None, Meta(description="1-based place on the waitlist then")]
    reason: Why | None
    offered_until: datetime | None
    capacity_before: int | None
    capacity: Annotated[int | None, Meta(description="where it changed; null is unlimited")]


class SeatsRead(View, frozen=True, kw_only=True):
    """The seats of an event, and a page of its ledger, the latest first."""

    capacity: int | None
    seats_taken: int
    seats_offered: int
    waitlisted: int
    over_capacity: bool
    items: list[EntryRead]
    next_cursor: str | None


class Differing(msgspec.Struct, frozen=True):
    """An event whose rows are not what its ledger adds up to."""

    event_id: int
    differences: list[str]


class Check(msgspec.Struct, frozen=True):
    """What a proof found."""

    events: int
    entries: int
    differing: list[Differing]
