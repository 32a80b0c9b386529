"""Routes of reports."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, Router, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.http.images import IMAGE, unkept_image
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.http.uploads import ENVELOPE, TAKES_A_FILE, read_file
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.shared.storage_images import LARGEST, MEDIA_TYPE, Variant
from ijaa.users.profiles.controller import IfMatch
from ijaa.users.reports.domain import ATTACHMENTS, Category, Priority, Status
from ijaa.users.reports.schemas import OwnReport, ReportCreate, ReportFilter, ReportPatch, ReportRead
from ijaa.users.reports.service import ReportService

ReportId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Cursor = Annotated[str | None, QueryParameter(max_length=500)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


@post("/reports", operation_id="fileReport", summary="Report something", tags=["Reports"])
async def file_report(
    caller: NamedDependency[Principal], reports: NamedDependency[ReportService], data: JSONBody[ReportCreate]
) -> Response[OwnReport]:
    """Report a member, content, or something about the system; how it looks now is kept for those who settle it."""
    filed = await reports.file(caller, data)
    return Response(filed, headers={"Location": f"/api/v1/me/reports/{filed.id}"})


class OwnReportController(Controller):
    """What the caller reported."""

    path = "/me/reports"
    tags = ("Reports",)

    @get(operation_id="listMyReports", summary="List my reports")
    async def page(
        self,
        caller: NamedDependency[Principal],
        reports: NamedDependency[ReportService],
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[OwnReport]:
        """List what the caller reported with what came of it, the newest first."""
        return await reports.own_page(caller, cursor, limit)

    @get("/{report_id:int}", operation_id="getMyReport", summary="Read a report of mine")
    async def read(
        self, caller: NamedDependency[Principal], reports: NamedDependency[ReportService], report_id: ReportId
    ) -> OwnReport:
        """Give a report the caller filed."""
        return await reports.own(caller, report_id)

    @put(
        "/{report_id:int}/attachments/{place:int}",
        operation_id="putReportAttachment",
        summary="Attach an image to a report of mine",
        opt=TAKES_A_FILE,
        request_max_body_size=LARGEST + ENVELOPE,
    )
    async def attach(
        self,
        request: StrictRequest,
        caller: NamedDependency[Principal],
        reports: NamedDependency[ReportService],
        report_id: ReportId,
        place: Annotated[int, PathParameter(ge=1, le=ATTACHMENTS)],
    ) -> OwnReport:
        """Attach a JPEG, PNG or WebP (`file`, at most 5 MB and 24 megapixels), drawn anew, at one of five places.

        Those who settle reports see it, and nobody else. It stays what it is: 409 where another one is.
        """
        return await reports.attach(caller, report_id, place, await read_file(request, LARGEST))


class ReportController(Controller):
    """The queue of reports, for those who settle them."""

    path = "/admin/reports"
    tags = ("Administration",)

    @get(operation_id="listReports", summary="List reports")
    async def page(
        self,
        reports: NamedDependency[ReportService],
        *,
        status: Annotated[Status | None, QueryParameter()] = None,
        priority: Annotated[Priority | None, QueryParameter()] = None,
        category: Annotated[Category | None, QueryParameter()] = None,
        assigned_to: Annotated[
            str | None, QueryParameter(min_length=1, max_length=50, description="An admin's id, or none")
        ] = None,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[ReportRead]:
        """List reports: the most urgent first, of these the oldest."""
        wanted = ReportFilter(status=status, priority=priority, category=category, assigned_to=assigned_to)
        return await reports.page(wanted, cursor, limit)

    @get("/{report_id:int}", operation_id="getReport", summary="Read a report")
    async def read(self, reports: NamedDependency[ReportService], report_id: ReportId) -> Response[ReportRead]:
        """Give a report with what it is about as it was then, and its version as the ETag."""
        found, version = await reports.read(report_id)
        return Response(found, headers={"ETag": etag(version)})

    @get(
        "/attachments/{attachment_id:uuid}",
        operation_id="getReportAttachment",
        summary="Read an image of a report",
        media_type=MEDIA_TYPE,
        responses=IMAGE,
    )
    async def attachment(
        self,
        reports: NamedDependency[ReportService],
        attachment_id: Annotated[UUID, PathParameter()],
        variant: Annotated[Variant, QueryParameter()] = "full",
    ) -> Response[bytes]:
        """Give an image a reporter attached; it is evidence, and stays in no browser."""
        content, media_type = await reports.attachment(attachment_id, variant)
        return unkept_image(content, media_type, "attachment")

    @patch("/{report_id:int}", operation_id="editReport", summary="Settle a report")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        reports: NamedDependency[ReportService],
        report_id: ReportId,
        data: JSONBody[ReportPatch],
        if_match: IfMatch = None,
    ) -> Response[ReportRead]:
        """Change what becomes of it (RFC 7396); its reporter is told the outcome once it has ended."""
        changed, version = await reports.change(
            caller, report_id, data, lambda current: refuse_stale(if_match, current)
        )
        return Response(changed, headers={"ETag": etag(version)})


def report_router(service: ReportService) -> Router:
    """Return the routes of reports."""

    def provide_reports() -> ReportService:
        return service

    return Router(
        "/",
        route_handlers=[file_report, OwnReportController, ReportController],
        dependencies={"reports": Provide(provide_reports, sync_to_thread=False)},
    )
