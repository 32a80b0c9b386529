"""What a list of events can be narrowed by, its orders, and in which ways a text is looked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Literal

import msgspec

from ijaa.events.catalogue.schemas import EventRead, Privacy
from ijaa.events.visibility import INVITED, ORGANISED, PLACE_SHOWN
from ijaa.shared.search import Bound, Query
from ijaa.shared.text import like_pattern

OwnSort = Literal["start_date", "-start_date", "popularity", "created_at"]
Sort = Literal[OwnSort, "relevance"]
Role = Literal["organizer", "participant", "invitee"]


class Tier(IntEnum):
    """How well an event matches what is looked for; by relevance a better tier comes first, whole."""

    TITLE = 0
    ANYWHERE = 1
    WORDS = 2
    """Either of them, in another order than that of relevance."""
    LITERAL = 3
    """Looked at where no words are found: the text as it is written, signs and parts of words too."""
    MISSPELT = 4
    """Looked at where nothing else was found."""
    ALL = 5
    """Nothing is looked for."""


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    tier: Tier
    key: datetime | int
    id: int


@dataclass(frozen=True)
class Order:
    """One keyset order: ORDER BY both columns, in one direction."""

    column: str
    field: str
    descending: bool

    @property
    def clause(self) -> str:
        """The ORDER BY."""
        direction = "DESC" if self.descending else "ASC"
        return f"ORDER BY e.{self.column} {direction}, e.id {direction}"

    def after(self, position: Position, bound: Bound) -> str:
        """Return the condition for what comes after a position."""
        comparison = "<" if self.descending else ">"
        return f"(e.{self.column}, e.id) {comparison} ({bound(position.key)}, {bound(position.id)})"

    def position_of(self, event: EventRead, tier: Tier) -> tuple[int, datetime | int, int]:
        """Return where a page ends that this is the last event of."""
        return int(tier), getattr(event, self.field), event.id


ORDERS: dict[Sort, Order] = {
    "start_date": Order("start_date", "start_date", False),  # noqa: FBT003
    "-start_date": Order("start_date", "start_date", True),  # noqa: FBT003
    "popularity": Order("going", "seats_taken", True),  # noqa: FBT003
    "created_at": Order("created_at", "created_at", True),  # noqa: FBT003
    "relevance": Order("start_date", "start_date", False),  # noqa: FBT003
}
WORDS = "array_to_tsvector(e.search_words)"
"""As its index has it."""
_BEGINNING = "left(e.search_key, 250)"
"""Where title, type and tags are: to compare a long description with a word that is misspelt would take too long."""


class EventFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the events of a list have in common; None does not narrow."""

    q: str | None = None
    """Looked for in the way of a tier."""
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
_MEANT: dict[str, Callable[[str], str]] = {"location": like_pattern, "organizer": str.lower}
"""What a value becomes before it is compared."""
HAS_SEATS = (
    "(e.status = 'PUBLISHED' AND e.end_date > {now} AND coalesce(e.rsvp_deadline >= {now}, true)"
    " AND e.waiting = 0 AND (e.capacity IS NULL OR e.going < e.capacity))"
)
"""Whether somebody who answers now gets a seat at once."""


def conditions(wanted: EventFilter, now: datetime, bound: Bound) -> list[str]:
    """Return the SQL conditions of a filter over `e` (`events`); `q` is that of a tier."""
    found = [
        condition.format(bound(_MEANT[name](value) if name in _MEANT else value))
        for name, condition in _COMPARISONS.items()
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.upcoming is not None:
        found.append(f"e.end_date {'>' if wanted.upcoming else '<='} {bound(now)}")
    if wanted.has_seats is not None:
        has_seats = HAS_SEATS.format(now=f"{bound(now)}::timestamptz")
        found.append(has_seats if wanted.has_seats else f"NOT {has_seats}")
    if wanted.role is not None:
        found.append(_ROLES[wanted.role])
    return found


def tier_conditions(tier: Tier, text: str, asked: Query | None, bound: Bound) -> list[str]:
    """Return the SQL conditions of matching in this way, and in no better one by relevance."""
    if tier is Tier.LITERAL:
        return [f"e.search_key LIKE {bound(like_pattern(text))}"]
    if tier is Tier.ALL or asked is None:
        return []

    def has(words: str) -> str:
        return f"{WORDS} @@ {bound(words)}::text::tsquery"

    match tier:
        case Tier.TITLE:
            return [has(asked.first)]
        case Tier.ANYWHERE:
            return [has(asked.anywhere), f"NOT {has(asked.first)}"]
        case Tier.WORDS:
            return [has(asked.anywhere)]
        case Tier.MISSPELT:
            return [f"{bound(word)}::text <% {_BEGINNING}" for word in asked.words]


def tiers(wanted: EventFilter, asked: Query | None, sort: Sort) -> tuple[tuple[Tier, ...], ...]:
    """Return the tiers to look at: the first of these groups in which anything is found, whole."""
    if wanted.q is None:
        return ((Tier.ALL,),)
    if asked is None:
        return ((Tier.LITERAL,),)
    exact = (Tier.TITLE, Tier.ANYWHERE) if sort == "relevance" else (Tier.WORDS,)
    return exact, (Tier.LITERAL,), (Tier.MISSPELT,)
