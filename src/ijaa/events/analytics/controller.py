"""Routes of analytics."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from ijaa.events.analytics.domain import Unit
from ijaa.events.analytics.schemas import EventAnalyticsRead, MyAnalytics, Totals
from ijaa.events.analytics.service import AnalyticsService
from ijaa.shared.http.description import ALSO
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.shared.sheets import MEDIA_TYPES, Format

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Since = Annotated[datetime | None, QueryParameter(name="from", description="events that begin then or later")]
Until = Annotated[datetime | None, QueryParameter(name="to", description="events that begin before this")]


class EventAnalyticsController(Controller):
    """One event in numbers, for those who run it."""

    path = "/events/{event_id:int}/analytics"
    tags = ("Analytics",)

    @get(operation_id="getEventAnalytics", summary="Read an event in numbers")
    async def of_event(
        self,
        caller: NamedDependency[Principal],
        analytics: NamedDependency[AnalyticsService],
        event_id: EventId,
        *,
        timeseries: Annotated[Unit | None, QueryParameter()] = None,
    ) -> EventAnalyticsRead:
        """Give the numbers and rates of an event as they are now.

        `timeseries` adds what had been answered by the end of each day, or hour, in the time zone of the event: the
        latest 400 in which something changed.
        """
        return await analytics.of_event(caller, event_id, timeseries)

    @get("/export", operation_id="exportEventAnalytics", summary="Export an event in numbers", opt={ALSO: "text/csv"})
    async def export(
        self,
        caller: NamedDependency[Principal],
        analytics: NamedDependency[AnalyticsService],
        event_id: EventId,
        form: Annotated[Format, QueryParameter(name="format")] = "csv",
    ) -> Stream:
        """Give the same numbers as a file: a line of CSV, or a JSON list of one."""
        portions = await analytics.export(caller, event_id, form)
        headers = {"Content-Disposition": f'attachment; filename="analytics-{event_id}.{form}"'}
        return Stream(portions, media_type=MEDIA_TYPES[form], headers=headers)


class AnalyticsController(Controller):
    """Many events in numbers."""

    tags = ("Analytics",)

    @get("/me/analytics", operation_id="getMyAnalytics", summary="Read my events in numbers")
    async def of_member(
        self,
        caller: NamedDependency[Principal],
        analytics: NamedDependency[AnalyticsService],
        *,
        since: Since = None,
        until: Until = None,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> MyAnalytics:
        """Give the events one organises or co-organises: all together, and each, those that begin last first.

        Drafts are left out.
        """
        return await analytics.of_member(caller, since, until, cursor, limit)

    @get("/admin/analytics", operation_id="getAnalytics", summary="Read all events in numbers")
    async def of_all(
        self, analytics: NamedDependency[AnalyticsService], since: Since = None, until: Until = None
    ) -> Totals:
        """Give all events together, but drafts, as they were counted in the last ten minutes."""
        return await analytics.of_all(since, until)


def analytics_router(service: AnalyticsService) -> Router:
    """Return the routes of analytics."""

    def provide_analytics() -> AnalyticsService:
        return service

    return Router(
        "/",
        route_handlers=[EventAnalyticsController, AnalyticsController],
        dependencies={"analytics": Provide(provide_analytics, sync_to_thread=False)},
    )
