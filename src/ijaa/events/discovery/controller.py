"""Routes of discovery."""

from typing import Annotated

from litestar import Controller, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter

from ijaa.events.discovery.domain import MOST, MOST_SIMILAR
from ijaa.events.discovery.schemas import Recommended, Similar, Trending
from ijaa.events.discovery.service import DiscoveryService
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
FewerLimit = Annotated[int, QueryParameter(ge=1, le=MOST_SIMILAR)]


class DiscoveryController(Controller):
    """Events nobody looked for; each list is its first page alone."""

    path = "/events"
    tags = ("Events",)

    @get("/trending", operation_id="listTrendingEvents", summary="List what many take part in just now")
    async def trending(
        self, request: StrictRequest, discovery: NamedDependency[DiscoveryService], limit: Limit = 20
    ) -> Trending:
        """Give the events to come that most members answered or wrote about lately; counted every five minutes."""
        return await discovery.trending(request.user, limit)

    @get("/recommended", operation_id="listRecommendedEvents", summary="List what may be for me")
    async def recommended(
        self,
        caller: NamedDependency[Principal],
        discovery: NamedDependency[DiscoveryService],
        limit: Limit = 20,
    ) -> Recommended:
        """Give events to come the caller has not answered and does not organise, each with reasons.

        Those with free seats come first. `degraded` where his interests, place and connections cannot be known now.
        """
        return await discovery.recommended(caller, limit)

    @get("/{event_id:int}/similar", operation_id="listSimilarEvents", summary="List events like this one")
    async def similar(
        self,
        request: StrictRequest,
        discovery: NamedDependency[DiscoveryService],
        event_id: EventId,
        limit: FewerLimit = MOST_SIMILAR,
    ) -> Similar:
        """Give events to come that share tags, type, place or attendees with one, each with reasons."""
        return await discovery.similar(request.user, event_id, limit)


def discovery_router(service: DiscoveryService) -> Router:
    """Return the routes of discovery."""

    def provide_discovery() -> DiscoveryService:
        return service

    return Router(
        "/",
        route_handlers=[DiscoveryController],
        dependencies={"discovery": Provide(provide_discovery, sync_to_thread=False)},
    )
