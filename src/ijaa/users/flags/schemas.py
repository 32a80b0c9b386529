"""What goes in and out of the flag routes."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Body, Patch, View

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$(?!\n)")]
DisplayName = Annotated[str, Meta(min_length=1, max_length=200)]
Description = Annotated[str, Meta(max_length=500)]


class FlagCreate(Body, frozen=True, kw_only=True):
    """A new flag."""

    name: Name
    display_name: DisplayName | None = None
    """The name when left out."""
    parent: Name | None = None
    enabled: bool = True
    description: Description | None = None


class FlagPatch(Patch, frozen=True, kw_only=True):
    """Changes to a flag; its name stays, because routes know it by that."""

    display_name: DisplayName | UnsetType = UNSET
    parent: Name | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET


class FlagRead(View, frozen=True):
    """A flag as admins see it."""

    name: str
    display_name: str
    parent: str | None
    enabled: bool
    """Its own switch."""
    on: bool
    """Whether it and every ancestor are on."""
    protected: bool
    """Whether switching it off would lock administrators out."""
    description: str | None
    updated_at: datetime
    version: int


class FlagState(View, frozen=True):
    """Whether a flag is on, for everybody."""

    name: str
    enabled: bool


class GovernedRoute(View, frozen=True):
    """A route a flag switches off with it."""

    operation_id: str
    method: str | None
    """None when another service serves it."""
    path: str | None
    flag: str


class FlagImpact(View, frozen=True):
    """What a change would do."""

    name: str
    enabled: bool
    """The switch it is about."""
    allowed: bool
    reason: str | None
    """Why it is not allowed."""
    goes_on: list[str]
    goes_off: list[str]
    routes: list[GovernedRoute]
    """The routes of every flag that would go on or off."""


class FlagChange(View, frozen=True):
    """One entry of a flag's history."""

    at: datetime
    action: str
    actor: str | None
    details: dict[str, Any]
