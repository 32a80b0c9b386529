"""What clients get of discovery."""

from typing import Annotated

import msgspec
from msgspec import Meta

from ijaa.events.catalogue.schemas import EventRead
from ijaa.events.discovery.domain import Code
from ijaa.events.ports import MemberCard


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an event is shown."""

    code: Code
    values: list[str] = []
    """The tags or interests it is about."""
    count: int | None = None
    """How many people; of connections `members` are the first."""
    members: list[MemberCard] = []


class SuggestedEvent(EventRead, frozen=True):
    """An event, and why it is shown; the strongest reason first."""

    reasons: list[Reason] = msgspec.field(default_factory=list)


class Trending(msgspec.Struct, frozen=True, kw_only=True):
    """The events most goes on around; there is no other page."""

    items: list[EventRead]
    next_cursor: Annotated[str | None, Meta(description="always null")] = None


class Similar(msgspec.Struct, frozen=True, kw_only=True):
    """Events that are like another one; there is no other page."""

    items: list[SuggestedEvent]
    next_cursor: Annotated[str | None, Meta(description="always null")] = None


class Recommended(msgspec.Struct, frozen=True, kw_only=True):
    """Events for a member; there is no other page."""

    items: list[SuggestedEvent]
    next_cursor: Annotated[str | None, Meta(description="always null")] = None
    degraded: bool = False
    """Whether his interests, place and connections could not be asked for just now."""
