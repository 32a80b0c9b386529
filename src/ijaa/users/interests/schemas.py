"""What goes in and out of the routes of interests."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Body, Patch, View

Text = Annotated[str, Meta(min_length=1, max_length=100)]


class InterestCreate(Body, frozen=True, kw_only=True):
    """Something to care for."""

    interest: Text


class InterestPatch(Patch, frozen=True, kw_only=True):
    """Other words for it."""

    interest: Text | UnsetType = UNSET


class InterestRead(View, frozen=True):
    """Something a member cares for."""

    id: int
    interest: str
    version: int


class Suggestions(View, frozen=True):
    """What others care for and what begins like this, the most shared first."""

    items: list[str]
