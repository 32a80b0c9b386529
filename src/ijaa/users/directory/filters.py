"""What a search is narrowed by, in which order it comes, and which of three ways of matching a word it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import msgspec

from ijaa.shared.search import Bound, Query
from ijaa.users.directory.domain import KEY_LENGTH, Sort, key
from ijaa.users.directory.schemas import Wanted


class Tier(IntEnum):
    """How well somebody matches; a better tier comes first, whole."""

    WHOLE_NAME = 0
    NAME = 1
    ANYTHING = 2
    MISSPELT = 3
    """Looked at where nothing else was found."""
    ALL = 4
    """Whatever matches, in another order than that of relevance."""


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    tier: Tier
    first: str | int
    sort_key: str
    user_id: int


@dataclass(frozen=True)
class Order:
    """A keyset order; a first column goes down, names within it go up."""

    first: str | None = None
    kind: str = ""

    def clause(self, alias: str) -> str:
        """Return the ORDER BY over rows of the directory."""
        first = f"{alias}.{self.first} DESC, " if self.first else ""
        return f"ORDER BY {first}{alias}.sort_key, {alias}.user_id"

    def after(self, position: Position, bound: Bound) -> str:
        """Return the condition over `d` (`directory`) for what comes after a position."""
        later = f"(d.sort_key, d.user_id) > ({bound(position.sort_key)}::text, {bound(position.user_id)}::bigint)"
        if self.first is None:
            return later
        column, first = f"d.{self.first}", f"{bound(position.first)}::{self.kind}"
        # the first part says nothing new, but it is what an index can begin at
        return f"{column} <= {first} AND ({column} < {first} OR {later})"


ORDERS: Mapping[Sort, Order] = {
    "relevance": Order(),
    "name": Order(),
    "batch": Order("batch", "text"),
    "connections": Order("connections", "int"),
}
_COMPARISONS = {
    "batch": "d.batch = {}::text",
    "batch_from": "d.batch >= {}::text",
    "batch_to": "d.batch <= {}::text AND d.batch <> ''",
    "profession": "d.profession_key = {}::text",
    "location": "d.location_key = {}::text",
    "company": "d.company_keys @> ARRAY[{}::text]",
    "interest": "d.interest_keys @> ARRAY[{}::text]",
}
_AS_IT_IS = {"batch", "batch_from", "batch_to"}


def conditions(wanted: Wanted, bound: Bound) -> list[str]:
    """Return the SQL conditions of a filter over `d` (`directory`); `q` is that of a tier."""
    return [
        condition.format(bound(value.strip() if name in _AS_IT_IS else key(value)))
        for name, condition in _COMPARISONS.items()
        if (value := getattr(wanted, name)) is not None
    ]


def tier_conditions(tier: Tier, query: Query | None, bound: Bound) -> list[str]:
    """Return the SQL conditions of matching in this way and in no better one."""
    if query is None:
        return []

    def has(words: str) -> str:
        return f"d.words @@ {bound(words)}::text::tsquery"

    match tier:
        case Tier.WHOLE_NAME:
            return [f"d.sort_key = {bound(query.whole[:KEY_LENGTH])}::text", has(query.first)]
        case Tier.NAME:
            return [has(query.first), f"d.sort_key <> {bound(query.whole[:KEY_LENGTH])}::text"]
        case Tier.ANYTHING:
            return [has(query.anywhere), f"NOT {has(query.first)}"]
        case Tier.MISSPELT:
            return [f"{bound(word)}::text <% d.names" for word in query.words]
        case Tier.ALL:
            return [has(query.anywhere)]
