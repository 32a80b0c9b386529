"""Use cases of the dashboard."""

import structlog
from msgspec.structs import asdict

from ijaa.shared.clock import Clock
from ijaa.shared.errors import Unavailable
from ijaa.users.dashboard.repository import DashboardRepository
from ijaa.users.dashboard.schemas import Dashboard
from ijaa.users.ports import EventCounts, EventFigures

log = structlog.get_logger("ijaa.users.dashboard")


class DashboardService:
    """Gathers the figures of both modules."""

    def __init__(self, repository: DashboardRepository, events: EventFigures | None, clock: Clock) -> None:
        self._repository, self._events, self._clock = repository, events, clock

    async def read(self) -> Dashboard:
        """Return the figures of this moment, without those of events while nobody can tell them."""
        now = self._clock.now()
        figures = await self._repository.figures(now)
        events = await self._event_counts()
        return Dashboard(at=now, **asdict(figures), events=events, degraded=events is None)

    async def _event_counts(self) -> EventCounts | None:
        if self._events is None:
            return None
        try:
            return await self._events.counts()
        except Unavailable as error:
            log.warning("the dashboard goes without events", detail=error.detail)
            return None
