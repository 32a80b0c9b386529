"""Routes of tickets."""

from typing import Annotated

from litestar import Controller, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter

from ijaa.events.tickets.schemas import TicketRead
from ijaa.events.tickets.service import TicketService
from ijaa.shared import qr
from ijaa.shared.http.images import drawn_image, drawn_response
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]


class TicketController(Controller):
    """One's own ticket for an event; no cache keeps it."""

    path = "/events/{event_id:int}/rsvp"
    tags = ("Participations",)

    @get("/ticket", operation_id="getTicket", summary="Read my ticket")
    async def ticket(
        self, caller: NamedDependency[Principal], tickets: NamedDependency[TicketService], event_id: EventId
    ) -> TicketRead:
        """Give the code that is shown at the door, to who has a seat; another answer makes another code."""
        code, drawn = await tickets.code(caller, event_id), f"/api/v1/events/{event_id}/rsvp/ticket"
        return TicketRead(code=code, svg=f"{drawn}.svg", png=f"{drawn}.png")

    @get(
        "/ticket.svg",
        operation_id="getTicketSvg",
        summary="See my ticket as SVG",
        media_type=qr.SVG,
        responses=drawn_response(qr.SVG),
    )
    async def svg(
        self, caller: NamedDependency[Principal], tickets: NamedDependency[TicketService], event_id: EventId
    ) -> Response[bytes]:
        """Give the code as a QR code."""
        return drawn_image(qr.svg(await tickets.code(caller, event_id)), qr.SVG, "ticket.svg")

    @get(
        "/ticket.png",
        operation_id="getTicketPng",
        summary="See my ticket as PNG",
        media_type=qr.PNG,
        responses=drawn_response(qr.PNG),
    )
    async def png(
        self, caller: NamedDependency[Principal], tickets: NamedDependency[TicketService], event_id: EventId
    ) -> Response[bytes]:
        """Give the code as a QR code."""
        return drawn_image(qr.png(await tickets.code(caller, event_id)), qr.PNG, "ticket.png")


def ticket_router(service: TicketService) -> Router:
    """Return the routes of tickets."""

    def provide_tickets() -> TicketService:
        return service

    return Router(
        "/",
        route_handlers=[TicketController],
        dependencies={"tickets": Provide(provide_tickets, sync_to_thread=False)},
    )
