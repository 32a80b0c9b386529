"""The façade other modules are given: events in numbers."""

from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.catalogue.schemas import EventCounts
from ijaa.events.messages import PUBLISHED
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database

__all__ = ["PUBLISHED", "EventCounts", "EventsPublic"]


class EventsPublic:
    """What the events module offers; one statement a call."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._events, self._clock = EventRepository(database), clock

    async def counts(self) -> EventCounts:
        """Return how many events and seats there are at this moment. Raises `Unavailable`."""
        return await self._events.counts(self._clock.now())
