"""What clients send and get at the door."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from ijaa.events.catalogue.schemas import Guests, Moment
from ijaa.shared.schema import Body, View

Code = Annotated[str, Meta(min_length=1, max_length=500, description="what the ticket says")]
Username = Annotated[str, Meta(min_length=1, max_length=100, description="of somebody who has no ticket at hand")]


class CheckIn(Body, frozen=True, kw_only=True):
    """Who came: by the code of his ticket or, without it, by his name."""

    code: Code | UnsetType = UNSET
    username: Username | UnsetType = UNSET
    arrived_guests: Guests | UnsetType = UNSET
    at: Moment | UnsetType = UNSET
    """When, if it is sent later than it was."""


class CheckedIn(View, frozen=True, kw_only=True):
    """Who is in."""

    username: str
    name: str | None
    photo: str | None
    degraded: bool | UnsetType = UNSET
    guests: int
    """That were announced."""
    arrived_guests: int | None
    """That came; null where nobody counted them."""
    checked_in_at: datetime
    already: bool
    """Whether he was in before; `checked_in_at` is the first time."""


class ExpectedRead(View, frozen=True, kw_only=True):
    """Somebody who has a seat, as far as the door has to know."""

    username: str
    name: str | None
    photo: str | None
    degraded: bool | UnsetType = UNSET
    guests: int
    arrived_guests: int | None
    checked_in_at: datetime | None


class AttendanceRead(View, frozen=True, kw_only=True):
    """An event's attendance in numbers; members who were erased after it are counted on."""

    confirmed: int
    attended: int
    no_shows: Annotated[int | None, Meta(description="null until the event is over")]
    attendance_rate: Annotated[float | None, Meta(description="attended ÷ confirmed, null when nobody was")]
    guests: Annotated[int, Meta(description="announced by those who are confirmed")]
    arrived_guests: Annotated[int, Meta(description="that were counted at the door")]
