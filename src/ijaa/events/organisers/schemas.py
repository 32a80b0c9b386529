"""What clients send and get about organisers."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ijaa.events.organisers.domain import AnyRole, Role
from ijaa.shared.schema import Body, View


class OrganiserPut(Body, frozen=True, kw_only=True):
    """What a member is to do: run the event beside its organiser, or check people in."""

    role: Role


class OrganiserGiven(Body, frozen=True, kw_only=True):
    """Who takes over an event that needs an organiser."""

    username: Annotated[str, Meta(min_length=1, max_length=100)]


class OrganiserRead(View, frozen=True, kw_only=True):
    """One of those who run an event or help at it."""

    username: str
    name: str | None
    photo: str | None
    degraded: bool | msgspec.UnsetType = msgspec.UNSET
    role: AnyRole
    added_by: str | None
    """None for the organiser himself, and once whoever appointed was erased."""
    created_at: datetime | None
    """When he was given the role; None for the organiser himself."""
