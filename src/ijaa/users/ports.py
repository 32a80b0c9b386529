"""What users needs from outside."""

from typing import Protocol

import msgspec


class EventCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Events in numbers; drafts and cancelled ones are neither upcoming nor past."""

    upcoming: int
    past: int
    cancelled: int
    going: int
    """Seats taken at upcoming events, guests included."""
    waiting: int
    """Entries in the waitlists of upcoming events."""


class EventFigures(Protocol):
    """Knows how many events there are."""

    async def counts(self) -> EventCounts:
        """Return the figures of this moment; raise `Unavailable` when they cannot be had just now."""
        ...
