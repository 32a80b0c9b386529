"""Routes of organisers."""

from typing import Annotated

from litestar import Controller, Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter

from ijaa.events.organisers.schemas import OrganiserGiven, OrganiserPut, OrganiserRead
from ijaa.events.organisers.service import OrganiserService
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Username = Annotated[str, PathParameter(min_length=1, max_length=100)]


class OrganiserController(Controller):
    """Who runs an event."""

    path = "/events/{event_id:int}"
    tags = ("Events",)

    @get("/organisers", operation_id="listOrganisers", summary="List who runs an event")
    async def page(
        self,
        caller: NamedDependency[Principal],
        organisers: NamedDependency[OrganiserService],
        event_id: EventId,
    ) -> Page[OrganiserRead]:
        """Give the organiser and everybody he appointed, to those who run the event."""
        return await organisers.page(caller, event_id)

    @put("/organisers/{username:str}", operation_id="putOrganiser", summary="Appoint a member")
    async def appoint(
        self,
        caller: NamedDependency[Principal],
        organisers: NamedDependency[OrganiserService],
        event_id: EventId,
        username: Username,
        data: JSONBody[OrganiserPut],
    ) -> OrganiserRead:
        """Let a member run the event beside its organiser, or check people in; for the organiser alone."""
        return await organisers.appoint(caller, event_id, username, data.role)

    @delete("/organisers/{username:str}", operation_id="deleteOrganiser", summary="Dismiss a member, or resign")
    async def dismiss(
        self,
        caller: NamedDependency[Principal],
        organisers: NamedDependency[OrganiserService],
        event_id: EventId,
        username: Username,
    ) -> None:
        """Take a role away: the organiser anybody's, everybody his own."""
        await organisers.dismiss(caller, event_id, username)

    @post("/organiser", operation_id="handOverEvent", summary="Give an event an organiser", status_code=200)
    async def hand_over(
        self,
        caller: NamedDependency[Principal],
        organisers: NamedDependency[OrganiserService],
        event_id: EventId,
        data: JSONBody[OrganiserGiven],
    ) -> OrganiserRead:
        """Put a member on an event whose organiser was erased; it is PUBLISHED again."""
        return await organisers.hand_over(caller, event_id, data.username)


def organiser_router(service: OrganiserService) -> Router:
    """Return the routes of organisers."""

    def provide_organisers() -> OrganiserService:
        return service

    return Router(
        "/",
        route_handlers=[OrganiserController],
        dependencies={"organisers": Provide(provide_organisers, sync_to_thread=False)},
    )
