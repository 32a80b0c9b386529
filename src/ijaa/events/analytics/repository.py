"""SQL of analytics."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.analytics.counting import COUNTS, FORGET, NAMES, PUT_ALL, PUT_DIRTY, Numbers, computed, fresh, number
from ijaa.events.analytics.domain import MOST_POINTS, Unit
from ijaa.events.visibility import MINE, ORGANISED, ORGANISES, VISIBLE
from ijaa.shared.database import Database
from ijaa.shared.schema import columns


class Row(Numbers, frozen=True):
    """An event in numbers, and whether the viewer runs it."""

    event_id: int
    title: str
    status: str
    start_date: datetime
    end_date: datetime
    timezone: str
    organises: bool
    computed_at: datetime


class Sums(msgspec.Struct, frozen=True):
    """Several events in numbers; of those that are over also how many had a seat."""

    events: int
    total_invitations: int
    confirmed: int
    maybe: int
    declined: int
    pending: int
    waitlisted: int
    attended: int
    comments: int
    media: int
    reminders: int
    responded: int
    engaged: int
    expected: int
    computed_at: datetime | None


class PointRow(msgspec.Struct, frozen=True):
    """What had been answered by the end of a day or an hour."""

    at: datetime
    going: int
    maybe: int
    declined: int
    waitlisted: int


class Portion(msgspec.Struct, frozen=True):
    """What was done about the next events: the last one, how many there were, and how many were counted."""

    last: int | None
    events: int
    counted: int


_NOW = "$2::timestamptz"
_COUNTED = {name: number(name) for name in NAMES}


def _row(organises: str) -> str:
    return columns(Row, "e", event_id="e.id", organises=organises, computed_at=computed(_NOW), **_COUNTED)


_ONE = f"""
SELECT {_row(f"coalesce({ORGANISES}, false)")} FROM events e {MINE} {fresh(_NOW)} WHERE e.id = $3 AND {VISIBLE}
"""
_WINDOW = """e.status <> 'DRAFT' AND ($3::timestamptz IS NULL OR e.start_date >= $3)
    AND ($4::timestamptz IS NULL OR e.start_date < $4)"""
_OWN = f"""
SELECT {_row("true")} FROM events e {fresh(_NOW)}
WHERE {ORGANISED} AND {_WINDOW} AND ($5::timestamptz IS NULL OR (e.start_date, e.id) < ($5, $6::bigint))
ORDER BY e.start_date DESC, e.id DESC LIMIT $7
"""
_HELD = f"e.end_date <= {_NOW} AND e.status <> 'CANCELLED'"


def _sums(counted: dict[str, str], at: str) -> str:
    return columns(
        Sums,
        events="count(*)",
        **{name: f"coalesce(sum({counted[name]}), 0)::bigint" for name in COUNTS if name != "attended"},
        attended=f"coalesce(sum({counted['attended']}) FILTER (WHERE {_HELD}), 0)::bigint",
        expected=f"coalesce(sum({counted['confirmed']}) FILTER (WHERE {_HELD}), 0)::bigint",
        computed_at=f"min({at})",
    )


_MY_SUMS = f"""
SELECT {_sums(_COUNTED, computed(_NOW))} FROM events e {fresh(_NOW)} WHERE {ORGANISED} AND {_WINDOW}
"""
_ALL_SUMS = f"""
SELECT {_sums({name: f"a.{name}" for name in NAMES}, "a.computed_at")}
FROM events e LEFT JOIN event_analytics a ON a.event_id = e.id WHERE $1::text IS NULL AND {_WINDOW}
"""
_SERIES_OF = {"going": "GOING", "maybe": "MAYBE", "declined": "NOT_GOING", "waitlisted": "WAITLISTED"}
_CHANGE = ", ".join(
    f"sum((l.status IS NOT DISTINCT FROM '{status}')::int - (l.status_before IS NOT DISTINCT FROM '{status}')::int)"
    f" AS {name}"
    for name, status in _SERIES_OF.items()
)
_SERIES = f"""
SELECT * FROM (
    SELECT at, {", ".join(f"(sum({name}) OVER (ORDER BY at))::bigint AS {name}" for name in _SERIES_OF)} FROM (
        SELECT date_trunc($2::text, l.at, e.timezone) AS at, {_CHANGE}
        FROM events e JOIN seat_ledger l ON l.event_id = e.id
        -- who is erased after an event is counted on
        WHERE e.id = $1 AND l.participation_id IS NOT NULL AND (l.what <> 'erased' OR l.at < e.end_date) GROUP BY 1
    ) changes ORDER BY at DESC LIMIT {MOST_POINTS}
) latest ORDER BY at
"""


class AnalyticsRepository:
    """The numbers of events: reads count what changed since the last count, and write nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, event_id: int, viewer: str, now: datetime) -> Row | None:
        """Return an event the viewer sees as it is now, or None."""
        return await self._database.fetch_one(Row, _ONE, viewer, now, event_id)

    async def series(self, event_id: int, unit: Unit) -> list[PointRow]:
        """Return how the answers of an event came about, the latest points, in their order."""
        return await self._database.fetch(PointRow, _SERIES, event_id, unit)

    async def own(
        self, organiser: str, now: datetime, since: datetime | None, until: datetime | None,
        before: tuple[datetime, int] | None, limit: int,
    ) -> list[Row]:  # fmt: skip
        """Return events somebody runs that start in a half-open window, the latest first."""
        start, id_ = before or (None, None)
        return await self._database.fetch(Row, _OWN, organiser, now, since, until, start, id_, limit)

    async def own_sums(self, organiser: str, now: datetime, since: datetime | None, until: datetime | None) -> Sums:
        """Return all of them together."""
        return await self._sums(_MY_SUMS, organiser, now, since, until)

    async def all_sums(self, now: datetime, since: datetime | None, until: datetime | None) -> Sums:
        """Return all events together, as they were counted last."""
        return await self._sums(_ALL_SUMS, None, now, since, until)

    async def put(
        self, session: AsyncSession, now: datetime, after: int, size: int, *, only: int | None = None, anew: bool
    ) -> Portion:  # fmt: skip
        """Count the next events whose numbers hold no more, or each of them `anew`; `only` is one event alone."""
        bound = {"now": now, "after": after, "size": size, "only": only}
        return Portion(*(await session.execute(PUT_ALL if anew else PUT_DIRTY, bound)).one())

    async def forget(self, session: AsyncSession) -> None:
        """Forget the numbers of events that are gone."""
        await session.execute(FORGET)

    async def _sums(self, sql: str, *args: object) -> Sums:
        found = await self._database.fetch_one(Sums, sql, *args)
        assert found is not None  # noqa: S101 - aggregates always give a row
        return found
