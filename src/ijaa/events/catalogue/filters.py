"""What a list of events can be narrowed by, and its orders."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from ijaa.events.catalogue.schemas import EventRead, Privacy
from ijaa.events.visibility import INVITED, ORGANISED, PLACE_SHOWN
from ijaa.shared.text import like_pattern

Sort = Literal["start_date", "-start_date", "popularity", "created_at"]
Role = Literal["organizer", "participant", "invitee"]


class ByTime(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended in an order by time."""

    at: datetime
    id: int


class ByCount(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended in an order by seats taken."""

    count: int
    id: int


@dataclass(frozen=True)
class Order:
    """One keyset order: ORDER BY both columns, in one direction."""

    column: str
    field: str
    descending: bool
    position: type[ByTime | ByCount]

    @property
    def clause(self) -> str:
        """The ORDER BY."""
        direction = "DESC" if self.descending else "ASC"
        return f"ORDER BY e.{self.column} {direction}, e.id {direction}"

    @property
    def comparison(self) -> str:
        """How what comes later compares."""
        return "<" if self.descending else ">"

    def position_of(self, event: EventRead) -> tuple[Any, int]:
        """Return the sort keys of an event."""
        return getattr(event, self.field), event.id


ORDERS: dict[Sort, Order] = {
    "start_date": Order("start_date", "start_date", False, ByTime),  # noqa: FBT003
    "-start_date": Order("start_date", "start_date", True, ByTime),  # noqa: FBT003
    "popularity": Order("going", "seats_taken", True, ByCount),  # noqa: FBT003
    "created_at": Order("created_at", "created_at", True, ByTime),  # noqa: FBT003
}


class EventFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the events of a list have in common; None does not narrow."""

    q: str | None = None
    location: str | None = None
    event_type: str | None = None
    tag: str | None = None
    privacy: Privacy | None = None
    is_online: bool | None = None
    organizer: str | None = None
    begins_before: datetime | None = None
    """End of a half-open window; an event overlaps it when it begins before."""
    ends_after: datetime | None = None
    """Start of a half-open window; an event overlaps it when it ends after."""
    upcoming: bool | None = None
    has_seats: bool | None = None
    role: Role | None = None


_ROLES: dict[Role, str] = {
    "organizer": ORGANISED,
    "participant": "my.status IN ('GOING', 'MAYBE', 'PENDING', 'WAITLISTED')",
    "invitee": INVITED,
}
_COMPARISONS = {
    "q": "e.search_key LIKE {}",
    "location": f"e.location_key LIKE {{}} AND {PLACE_SHOWN}",
    "event_type": "lower(e.event_type) = lower({}::text)",
    "tag": "e.tags @> ARRAY[{}::varchar]",
    "privacy": "e.privacy = {}",
    "is_online": "e.is_online = {}",
    "organizer": "e.created_by_username = {}",
    "begins_before": "e.start_date < {}",
    "ends_after": "e.end_date > {}",
}
"""What a given value is compared with."""
_MEANT: dict[str, Callable[[str], str]] = {"q": like_pattern, "location": like_pattern, "organizer": str.lower}
"""What a value becomes before it is compared."""
_HAS_SEATS = "(e.status = 'PUBLISHED' AND e.waiting = 0 AND (e.capacity IS NULL OR e.going < e.capacity))"


def conditions(wanted: EventFilter, now: datetime, arguments: list[Any]) -> list[str]:
    """Return the SQL conditions of a filter, appending their values to `arguments`."""

    def bound(value: Any) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    found = [
        condition.format(bound(_MEANT[name](value) if name in _MEANT else value))
        for name, condition in _COMPARISONS.items()
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.upcoming is not None:
        found.append(f"e.end_date {'>' if wanted.upcoming else '<='} {bound(now)}")
    if wanted.has_seats is not None:
        found.append(_HAS_SEATS if wanted.has_seats else f"NOT {_HAS_SEATS}")
    if wanted.role is not None:
        found.append(_ROLES[wanted.role])
    return found
