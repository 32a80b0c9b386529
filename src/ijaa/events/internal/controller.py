"""Routes for the users service when the two run apart; never routed by a public gateway."""

from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.types import Guard

from ijaa.events.public import EventCounts, EventsPublic


@get("/figures", operation_id="getEventFigures")
async def figures(events: NamedDependency[EventsPublic]) -> EventCounts:
    """Say how many events and seats there are."""
    return await events.counts()


def internal_router(events: EventsPublic, guard: Guard) -> Router:
    """Return the internal routes; `guard` lets the users service pass, and nobody else."""

    def provide_events() -> EventsPublic:
        return events

    return Router(
        "/",
        route_handlers=[figures],
        guards=[guard],
        dependencies={"events": Provide(provide_events, sync_to_thread=False)},
    )
