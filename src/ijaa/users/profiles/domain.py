"""Field audiences: who sees what of a profile."""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Any, Literal

import msgspec

from ijaa.shared.errors import Violation

Audience = Literal["nobody", "connections", "members", "public"]

FIELDS = (
    "name",
    "former_name",
    "nickname",
    "profession",
    "location",
    "bio",
    "phone",
    "email",
    "linked_in",
    "website",
    "facebook",
    "batch",
    "photo",
    "cover",
)
"""The fields of a profile that have an audience."""
ListName = Literal["experiences", "interests"]
LISTS: tuple[ListName, ...] = ("experiences", "interests")
"""What else has one: all rows of a member, or none."""

CHOSEN = msgspec.json.Decoder(dict[str, Audience])
"""Reads a stored visibility."""
_PRIVATE = frozenset({"email", "phone"})


class Relation(IntEnum):
    """What a viewer is to a member; each sees what the ones before it see."""

    PUBLIC = 0
    MEMBER = 1
    CONNECTION = 2
    SELF = 3


_SEEN_FROM: Mapping[str, Relation] = {
    "public": Relation.PUBLIC,
    "members": Relation.MEMBER,
    "connections": Relation.CONNECTION,
    "nobody": Relation.SELF,
}


def default_audience(field: str) -> Audience:
    """Return who sees a field whose owner never chose."""
    return "nobody" if field in _PRIVATE else "members"


def audiences(chosen: Mapping[str, Audience]) -> dict[str, Audience]:
    """Return the audience of every field."""
    return {field: chosen.get(field, default_audience(field)) for field in FIELDS + LISTS}


def relation(viewer: str | None, username: str, *, connected: bool) -> Relation:
    """Return what `viewer` (None is the public) is to the member."""
    if viewer is None:
        return Relation.PUBLIC
    if viewer == username:
        return Relation.SELF
    return Relation.CONNECTION if connected else Relation.MEMBER


def shown(field: str, chosen: Mapping[str, Audience], to: Relation) -> bool:
    """Whether a field is shown to somebody who is `to` the member."""
    return to >= _SEEN_FROM[chosen.get(field, default_audience(field))]


@lru_cache(maxsize=1024)
def visible_fields(visibility: str, to: Relation) -> tuple[str, ...]:
    """Return the fields of a stored visibility (JSON) shown to somebody who is `to` the member."""
    chosen = CHOSEN.decode(visibility)
    return tuple(field for field in FIELDS if shown(field, chosen, to))


@lru_cache(maxsize=1024)
def visible_lists(visibility: str, to: Relation) -> tuple[ListName, ...]:
    """Return the lists of a stored visibility (JSON) shown to somebody who is `to` the member."""
    chosen = CHOSEN.decode(visibility)
    return tuple(name for name in LISTS if shown(name, chosen, to))


def cleaned(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes with white space around text taken off; text that is then empty clears its field."""
    return {field: (value.strip() or None) if isinstance(value, str) else value for field, value in changes.items()}


def unfit(changes: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what is wrong with cleaned changes."""
    if "name" in changes and changes["name"] is None:
        yield Violation("/name", "is required: it cannot be cleared")


def merged(chosen: Mapping[str, Audience], changes: Mapping[str, Audience | None] | None) -> dict[str, Audience]:
    """Return the chosen audiences after a merge patch (RFC 7396): null goes back to the default."""
    if changes is None:
        return {}
    return {field: audience for field, audience in {**chosen, **changes}.items() if audience is not None}
