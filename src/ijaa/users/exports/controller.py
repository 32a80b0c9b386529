"""Routes of exports."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter

from ijaa.shared.http.downloads import Download, head_alone
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.users.exports.domain import MEDIA_TYPE
from ijaa.users.exports.schemas import ExportRead
from ijaa.users.exports.service import ExportService

ExportId = Annotated[UUID, PathParameter()]
_ARCHIVE = ResponseSpec(bytes, generate_examples=False, media_type=MEDIA_TYPE, description="the archive")
_NAME = "my-data.zip"


class ExportController(Controller):
    """Everything that is kept about a member, for himself."""

    path = "/me"
    tags = ("Accounts",)

    @post("/export", operation_id="requestMyExport", summary="Ask for everything kept about me", status_code=202)
    async def request(
        self, caller: NamedDependency[Principal], exports: NamedDependency[ExportService]
    ) -> Response[ExportRead]:
        """Have an archive made of everything both modules keep about you; you are told when it is ready.

        While one is in the making this is it; else there is one a day.
        """
        asked = await exports.request(caller)
        return Response(asked, headers={"Location": f"/api/v1/me/exports/{asked.id}"})

    @get("/exports", operation_id="listMyExports", summary="List my exports")
    async def page(
        self,
        caller: NamedDependency[Principal],
        exports: NamedDependency[ExportService],
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Page[ExportRead]:
        """List what you asked for, the newest first."""
        return await exports.page(caller, cursor, limit)

    @get("/exports/{export_id:uuid}", operation_id="getMyExport", summary="Read how far an export is")
    async def read(
        self, caller: NamedDependency[Principal], exports: NamedDependency[ExportService], export_id: ExportId
    ) -> ExportRead:
        """Give the state of an export and, while it is READY, the link that gives the archive once."""
        return await exports.read(caller, export_id)


class ArchiveController(Controller):
    """Archives, for whoever has the link."""

    path = "/exports"
    tags = ("Accounts",)

    @get(
        "/{export_id:uuid}/archive",
        operation_id="fetchExport",
        summary="Fetch an archive, once",
        media_type=MEDIA_TYPE,
        responses={200: _ARCHIVE},
    )
    async def fetch(
        self,
        request: StrictRequest,
        exports: NamedDependency[ExportService],
        export_id: ExportId,
        token: Annotated[str, QueryParameter(min_length=1, max_length=200)],
    ) -> Response[bytes]:
        """Give the archive to the first who has its link; HEAD tells its length and uses nothing up.

        If it breaks off before its last byte has left, the link is good again, three times.
        """
        if head_alone(request.scope):
            size = await exports.look(export_id, token)
            return Download(_nothing(), size, _leave, name=_NAME, media_type=MEDIA_TYPE)
        given = await exports.fetch(export_id, token)
        return Download(given.portions, given.size, given.ended, name=_NAME, media_type=MEDIA_TYPE)


async def _nothing() -> AsyncIterator[bytes]:
    for portion in list[bytes]():
        yield portion


async def _leave(_: bool) -> None:  # noqa: FBT001 - as a download tells it
    """Do nothing about a head."""


def export_router(service: ExportService) -> Router:
    """Return the routes of exports."""

    def provide_exports() -> ExportService:
        return service

    return Router(
        "/",
        route_handlers=[ExportController, ArchiveController],
        dependencies={"exports": Provide(provide_exports, sync_to_thread=False)},
    )
