"""Routes of lists of participants."""

from typing import Annotated

from litestar import Controller, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from ijaa.events.rosters.service import RosterService
from ijaa.shared.http.description import ALSO
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.shared.sheets import MEDIA_TYPES, Format


class RosterController(Controller):
    """Everybody who answered an event, as a file."""

    path = "/events/{event_id:int}/participants/export"
    tags = ("Participations",)

    @get(operation_id="exportParticipants", summary="Export the participants", opt={ALSO: "text/csv"})
    async def export(
        self,
        caller: NamedDependency[Principal],
        rosters: NamedDependency[RosterService],
        event_id: Annotated[int, PathParameter(ge=1, le=MAX_ID)],
        form: Annotated[Format, QueryParameter(name="format")] = "csv",
    ) -> Stream:
        """Give everything an organiser may see, as CSV or a JSON list, in the order of the answers.

        CSV is UTF-8 with a byte order mark, and a cell that begins like a formula gets an apostrophe. `degraded` says
        of whom the name could not be had just now.
        """
        portions = await rosters.export(caller, event_id, form)
        headers = {"Content-Disposition": f'attachment; filename="participants-{event_id}.{form}"'}
        return Stream(portions, media_type=MEDIA_TYPES[form], headers=headers)


def roster_router(service: RosterService) -> Router:
    """Return the routes of lists of participants."""

    def provide_rosters() -> RosterService:
        return service

    return Router(
        "/",
        route_handlers=[RosterController],
        dependencies={"rosters": Provide(provide_rosters, sync_to_thread=False)},
    )
