"""Use cases of analytics."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, structs

from ijaa.events.analytics.counting import NAMES
from ijaa.events.analytics.domain import Unit, attendance_rate, engagement_rate, held, response_rate
from ijaa.events.analytics.repository import AnalyticsRepository, PointRow, Row, Sums
from ijaa.events.analytics.schemas import EventAnalyticsRead, EventFigures, MyAnalytics, Point, Totals
from ijaa.events.errors import NotOrganiser
from ijaa.shared.clock import Clock
from ijaa.shared.errors import NotFound
from ijaa.shared.pages import Cursors
from ijaa.shared.principals import Principal
from ijaa.shared.sheets import MARK, Format, lines


class AnalyticsService:
    """Tells those who run events, and admins, what became of them."""

    def __init__(self, repository: AnalyticsRepository, cursors: Cursors, clock: Clock) -> None:
        self._repository, self._cursors, self._clock = repository, cursors, clock

    async def of_event(self, organiser: Principal, event_id: int, unit: Unit | None) -> EventAnalyticsRead:
        """Return one event as it is now; `unit` adds how its answers came about.

        Raises `NotFound` where the viewer does not see the event, and `NotOrganiser` where he does not run it.
        """
        now = self._clock.now()
        row = await self._led(organiser, event_id, now)
        points = None if unit is None else await self._repository.series(event_id, unit)
        zone = ZoneInfo(row.timezone)
        return EventAnalyticsRead(
            **_figures(row, now), timeseries=UNSET if points is None else [_point(one, zone) for one in points]
        )

    async def of_member(
        self, organiser: Principal, since: datetime | None, until: datetime | None, cursor: str | None, limit: int
    ) -> MyAnalytics:
        """Return the events a member runs that start in [since, until): all together, and a page of them."""
        now, scope = self._clock.now(), f"analytics/{organiser.username}/{since}/{until}"
        before = self._cursors.read(scope, cursor, tuple[datetime, int]) if cursor else None
        rows = await self._repository.own(organiser.username, now, since, until, before, limit + 1)
        sums = await self._repository.own_sums(organiser.username, now, since, until)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.start_date, row.event_id))
        return MyAnalytics(
            totals=_totals(sums), items=[EventFigures(**_figures(row, now)) for row in kept], next_cursor=following
        )

    async def of_all(self, since: datetime | None, until: datetime | None) -> Totals:
        """Return all events that start in [since, until) together, as they were counted last."""
        return _totals(await self._repository.all_sums(self._clock.now(), since, until))

    async def export(self, organiser: Principal, event_id: int, form: Format) -> AsyncIterator[bytes]:
        """Return the numbers of one event as a file."""
        now = self._clock.now()
        row = await self._led(organiser, event_id, now)
        return _file(form, EventFigures(**_figures(row, now)))

    async def _led(self, organiser: Principal, event_id: int, now: datetime) -> Row:
        row = await self._repository.one(event_id, organiser.username, now)
        if row is None:
            raise NotFound
        if not row.organises:
            raise NotOrganiser
        return row


async def _file(form: Format, figures: EventFigures) -> AsyncIterator[bytes]:
    async def batches() -> AsyncIterator[Sequence[EventFigures]]:
        yield [figures]

    if form == "csv":
        yield MARK
    async for portion in lines(form, EventFigures, batches()):
        yield portion


def _figures(row: Row, now: datetime) -> dict[str, Any]:
    over = held(status=row.status, end=row.end_date, now=now)
    return {
        "event_id": row.event_id,
        "title": row.title,
        "status": row.status,
        "start_date": row.start_date,
        "end_date": row.end_date,
        **{name: getattr(row, name) for name in NAMES},
        "no_shows": row.confirmed - row.attended if over else None,
        "attendance_rate": attendance_rate(row.attended, row.confirmed),
        "response_rate": response_rate(row.responded, row.total_invitations),
        "engagement_rate": engagement_rate(row.engaged, row.confirmed, row.maybe),
        "computed_at": row.computed_at,
    }


def _totals(sums: Sums) -> Totals:
    counts = structs.asdict(sums)
    expected = counts.pop("expected")
    return Totals(
        **counts,
        no_shows=expected - sums.attended,
        attendance_rate=attendance_rate(sums.attended, expected),
        response_rate=response_rate(sums.responded, sums.total_invitations),
        engagement_rate=engagement_rate(sums.engaged, sums.confirmed, sums.maybe),
    )


def _point(row: PointRow, zone: ZoneInfo) -> Point:
    return Point(
        at=row.at.astimezone(zone), going=row.going, maybe=row.maybe, declined=row.declined, waitlisted=row.waitlisted
    )
