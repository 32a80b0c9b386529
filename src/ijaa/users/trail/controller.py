"""Routes of the audit trail."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Stream

from ijaa.shared.http.description import ALSO
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.sheets import MEDIA_TYPES, Format
from ijaa.users.trail.schemas import TrailEntry, TrailFilter
from ijaa.users.trail.service import TrailService

Text = Annotated[str | None, QueryParameter(max_length=100)]
Since = Annotated[datetime | None, QueryParameter(name="from", description="not older than this")]
Until = Annotated[datetime | None, QueryParameter(name="to", description="older than this")]


class TrailController(Controller):
    """What was done, by whom, to whom; never changed, never deleted."""

    path = "/admin/audit"
    tags = ("Administration",)

    @get(operation_id="listAudit", summary="Read the audit trail")
    async def page(
        self,
        trail: NamedDependency[TrailService],
        *,
        action: Text = None,
        actor: Text = None,
        subject: Text = None,
        since: Since = None,
        until: Until = None,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
        include_total: Annotated[bool, QueryParameter()] = False,
    ) -> Page[TrailEntry]:
        """Give entries of the users module, newest first; the log of events is verified by `ijaa audit`."""
        wanted = TrailFilter(action=action, actor=actor, subject=subject, since=since, until=until)
        return await trail.page(wanted, cursor, limit, include_total=include_total)

    @get(
        "/export",
        operation_id="exportAudit",
        summary="Export the audit trail",
        opt={ALSO: "text/csv"},
    )
    async def export(
        self,
        caller: NamedDependency[Principal],
        trail: NamedDependency[TrailService],
        *,
        form: Annotated[Format, QueryParameter(name="format")] = "csv",
        action: Text = None,
        actor: Text = None,
        subject: Text = None,
        since: Since = None,
        until: Until = None,
    ) -> Stream:
        """Give every entry at once, as CSV (a cell that begins like a formula gets an apostrophe) or a JSON list."""
        wanted = TrailFilter(action=action, actor=actor, subject=subject, since=since, until=until)
        entries = await trail.export(caller, wanted, form)
        headers = {"Content-Disposition": f'attachment; filename="audit.{form}"'}
        return Stream(entries, media_type=MEDIA_TYPES[form], headers=headers)


def trail_router(service: TrailService) -> Router:
    """Return the audit routes."""

    def provide_trail() -> TrailService:
        return service

    return Router(
        "/",
        route_handlers=[TrailController],
        dependencies={"trail": Provide(provide_trail, sync_to_thread=False)},
    )
