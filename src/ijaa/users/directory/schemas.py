"""What goes in and out of the directory."""

from typing import Annotated

import msgspec
from msgspec import Meta

from ijaa.shared.schema import View

Text = Annotated[str, Meta(min_length=1, max_length=100)]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the members of a list have in common; None does not narrow. Case and accents do not matter."""

    q: str | None = None
    batch: str | None = None
    batch_from: str | None = None
    batch_to: str | None = None
    profession: str | None = None
    company: str | None = None
    location: str | None = None
    interest: str | None = None


class FoundMember(View, frozen=True):
    """A member in the directory; what is hidden from the viewer is null."""

    username: str
    name: str | None
    profession: str | None
    location: str | None
    batch: str | None
    photo: str | None
    connected: bool


class FacetValue(View, frozen=True):
    """A value, and how many members show it."""

    value: str
    count: int


class Facets(View, frozen=True):
    """The values most members show, of at least three each."""

    batch: list[FacetValue]
    profession: list[FacetValue]
    location: list[FacetValue]


class Suggestions(View, frozen=True):
    """Whom somebody may mean who is still typing."""

    items: list[FoundMember]
