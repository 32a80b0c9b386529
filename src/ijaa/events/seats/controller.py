"""Routes of seats."""

from typing import Annotated

from litestar import Controller, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter

from ijaa.events.seats.schemas import SeatsRead
from ijaa.events.seats.service import SeatLedgerService
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID


class SeatController(Controller):
    """Why everybody has the seat he has."""

    path = "/events/{event_id:int}/seats"
    tags = ("Participations",)

    @get(operation_id="listSeats", summary="Explain the seats")
    async def page(
        self,
        caller: NamedDependency[Principal],
        ledger: NamedDependency[SeatLedgerService],
        event_id: Annotated[int, PathParameter(ge=1, le=MAX_ID)],
        *,
        username: Annotated[str | None, QueryParameter(min_length=1, max_length=100)] = None,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> SeatsRead:
        """Give the counters of an event and the ledger of its seats, the latest first, to those who run it."""
        return await ledger.page(caller, event_id, username, cursor, limit)


def seat_router(service: SeatLedgerService) -> Router:
    """Return the routes of seats."""

    def provide_ledger() -> SeatLedgerService:
        return service

    return Router(
        "/", route_handlers=[SeatController], dependencies={"ledger": Provide(provide_ledger, sync_to_thread=False)}
    )
