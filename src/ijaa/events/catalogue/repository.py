"""SQL of events."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.catalogue.filters import EventFilter, Order, Position, Tier, conditions, tier_conditions
from ijaa.events.catalogue.models import Event
from ijaa.events.catalogue.schemas import EventCounts, EventDetails, EventRead, LiveComments, LiveCounts, UnledEvent
from ijaa.events.visibility import INSIDER, MINE, MY_ROLE, PLACE_SHOWN, VISIBLE
from ijaa.shared.database import Database
from ijaa.shared.live import State
from ijaa.shared.schema import columns
from ijaa.shared.search import Bound, Query
from ijaa.shared.search_repository import searching, tolerate

_EXPRESSIONS = {
    "location": f"CASE WHEN {PLACE_SHOWN} THEN e.location END",
    "meeting_link": f"CASE WHEN {INSIDER} THEN e.meeting_link END",
    "seats_taken": "e.going",
    "waitlisted": "e.waiting",
    "over_capacity": "coalesce(e.going > e.capacity, false)",
    "organizer_email": "CASE WHEN $1::text IS NOT NULL THEN e.organizer_email END",
    "banner": "e.banner::text",
    "my_rsvp": "my.status",
    "my_role": MY_ROLE,
    "organizer": "NULL",
}


def event_columns(struct: type[EventRead] = EventRead, **more: str) -> str:
    """Return the SELECT list of an event as the viewer may see it; `more` are those a longer struct has besides."""
    return columns(struct, "e", **_EXPRESSIONS, **more)


_COLUMNS = event_columns()
_FROM = f"FROM events e {MINE} WHERE {VISIBLE}"

_ANSWERED = text(
    "SELECT EXISTS (SELECT FROM event_participations WHERE event_id = :event_id AND status <> 'NOT_GOING')"
    " OR EXISTS (SELECT FROM erased_answers WHERE event_id = :event_id AND status <> 'NOT_GOING')"
)
_CONCERNED = text("""
SELECT participant_username, status = 'GOING' FROM event_participations
WHERE event_id = :event_id AND status <> 'NOT_GOING' ORDER BY id
""")
_ASK_AGAIN = text("""
UPDATE event_participations SET asked_again_at = :now, version = version + 1,
    checked_in_at = CASE WHEN :doors_close THEN NULL ELSE checked_in_at END,
    checked_in_by = CASE WHEN :doors_close THEN NULL ELSE checked_in_by END,
    arrived_guests = CASE WHEN :doors_close THEN NULL ELSE arrived_guests END
WHERE event_id = :event_id AND status <> 'NOT_GOING'
""")
_COMPLETE = text("""
UPDATE events SET status = 'COMPLETED', updated_at = :now, version = version + 1
WHERE id = ANY (ARRAY(
    SELECT id FROM events WHERE status IN ('PUBLISHED', 'NEEDS_ORGANISER') AND end_date <= :now
    ORDER BY end_date LIMIT :portion FOR UPDATE SKIP LOCKED
)) RETURNING id
""")
_RUNS = text(
    "SELECT EXISTS (SELECT FROM event_organisers"
    " WHERE event_id = :event_id AND username = :username AND role = 'CO_ORGANISER')"
)
_INVITED = text("""
SELECT invited_username FROM event_invitations WHERE event_id = :event_id AND NOT is_void ORDER BY invited_username
""")
_FORGET_REFUSALS = text("DELETE FROM event_participations WHERE event_id = :event_id")

_LIVE = f"""
SELECT e.privacy, coalesce(d.comments, 0), coalesce(d.version, 0), {
    columns(
        LiveCounts,
        "e",
        event_id="e.id",
        seats_taken="e.going",
        waitlisted="e.waiting",
        over_capacity="coalesce(e.going > e.capacity, false)",
    )
}
FROM events e LEFT JOIN event_discussions d ON d.event_id = e.id WHERE e.id = $1
"""

_SAID = "coalesce((SELECT d.comments FROM event_discussions d WHERE d.event_id = e.id), 0)"
READ = f"SELECT {_COLUMNS}, {_SAID} AS comments {_FROM} AND e.id = $2"
_SEEN = f"SELECT {_COLUMNS} {_FROM} AND e.id = ANY ($2::bigint[])"

# the counters of the rows are kept exact by `seats`, and counting participations would read all of them
_COUNTS = """
SELECT count(*) FILTER (WHERE upcoming), count(*) FILTER (WHERE held AND NOT upcoming),
       count(*) FILTER (WHERE status = 'CANCELLED'),
       coalesce(sum(going) FILTER (WHERE upcoming), 0)::bigint,
       coalesce(sum(waiting) FILTER (WHERE upcoming), 0)::bigint
FROM (
    SELECT status, going, waiting, status NOT IN ('DRAFT', 'CANCELLED') AS held,
           status NOT IN ('DRAFT', 'CANCELLED', 'COMPLETED') AND end_date > $1 AS upcoming
    FROM events
) one
"""
_UNLED = f"""
SELECT {columns(UnledEvent, "e", seats_taken="e.going", waitlisted="e.waiting")} FROM events e
WHERE e.status = 'NEEDS_ORGANISER' AND e.id > $1 ORDER BY e.id LIMIT $2
"""


class EventRepository:
    """Events, to read past the ORM and to change through it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, event_id: int, viewer: str | None) -> EventDetails | None:
        """Return an event as the viewer may see it, or None."""
        return await self._database.fetch_one(EventDetails, READ, viewer, event_id)

    async def seen(self, event_ids: Sequence[int], viewer: str | None) -> list[EventRead]:
        """Return those of these events the viewer may see, as he may."""
        return await self._database.fetch(EventRead, _SEEN, viewer, [*event_ids])

    async def page(
        self, viewer: str | None, wanted: EventFilter, asked: Query | None, now: datetime, *,
        tier: Tier, order: Order, after: Position | None, limit: int,
    ) -> list[EventRead]:  # fmt: skip
        """Return up to `limit` events of one tier the viewer may see, after a position."""
        bound = Bound(viewer)
        matching = _matching(wanted, asked, now, tier, bound)
        if after is not None:
            matching.append(order.after(after, bound))
        narrowed = "".join(f" AND {clause}" for clause in matching)
        sql = f"SELECT {_COLUMNS} {_FROM}{narrowed} {order.clause} LIMIT {bound(limit)}"
        async with self._reading(tier):
            return await self._database.fetch(EventRead, sql, *bound.arguments)

    async def count(
        self, viewer: str | None, wanted: EventFilter, asked: Query | None, now: datetime, tiers: Collection[Tier]
    ) -> int:
        """Return how many events of these tiers the viewer would find."""
        total = 0
        for tier in tiers:
            bound = Bound(viewer)
            narrowed = "".join(f" AND {clause}" for clause in _matching(wanted, asked, now, tier, bound))
            async with self._reading(tier):
                total += await self._database.fetch_value(f"SELECT count(*) {_FROM}{narrowed}", *bound.arguments)
        return total

    async def unled(self, after: int, limit: int) -> list[UnledEvent]:
        """Return events that need an organiser, by id."""
        return await self._database.fetch(UnledEvent, _UNLED, after, limit)

    async def counts(self, now: datetime) -> EventCounts:
        """Return how many events and seats there are."""
        found = await self._database.fetch_one(EventCounts, _COUNTS, now)
        assert found is not None  # noqa: S101 - aggregates always give a row
        return found

    async def live(self, event_id: str) -> State | None:
        """Return what those who watch an event are shown, or None where it is gone."""
        return await self._database.fetch_one(_shown, _LIVE, int(event_id))

    @asynccontextmanager
    async def _reading(self, tier: Tier) -> AsyncIterator[None]:
        if tier is not Tier.MISSPELT:
            yield
            return
        async with searching(self._database):
            await tolerate(self._database)
            yield

    async def lock(self, session: AsyncSession, event_id: int) -> Event | None:
        """Return an event to change; nobody else changes it, or its seats, before the transaction ends."""
        event: Event | None = await session.scalar(select(Event).where(Event.id == event_id).with_for_update())
        return event

    async def runs_beside(self, session: AsyncSession, event_id: int, username: str) -> bool:
        """Whether a member is a co-organiser of the locked event."""
        return bool(await session.scalar(_RUNS, {"event_id": event_id, "username": username}))

    async def answered(self, session: AsyncSession, event_id: int) -> bool:
        """Whether anybody takes part, waits, or may."""
        return bool(await session.scalar(_ANSWERED, {"event_id": event_id}))

    async def many(self, session: AsyncSession, event_ids: Sequence[int]) -> Sequence[Event]:
        """Return events as the transaction has them."""
        return (await session.scalars(select(Event).where(Event.id.in_(event_ids)).order_by(Event.id))).all()

    async def concerned(self, session: AsyncSession, event_id: int) -> list[tuple[str, bool]]:
        """Return who comes, may, waits or asked to, everybody but those who declined; and whether he is GOING."""
        return [(row[0], row[1]) for row in await session.execute(_CONCERNED, {"event_id": event_id})]

    async def ask_again(self, session: AsyncSession, event_id: int, now: datetime, *, doors_close: bool) -> None:
        """Note that all of them are asked whether they still come; the event is locked.

        Where its doors close again, nobody has come yet.
        """
        given = {"event_id": event_id, "now": now, "doors_close": doors_close}
        await session.execute(_ASK_AGAIN, given)

    async def invited(self, session: AsyncSession, event_id: int) -> Sequence[str]:
        """Return the members an event's invitations were sent to."""
        return (await session.scalars(_INVITED, {"event_id": event_id})).all()

    async def complete(self, session: AsyncSession, now: datetime, portion: int) -> Sequence[int]:
        """Complete some of the events that are over, but those somebody changes just now; return which."""
        return (await session.scalars(_COMPLETE, {"now": now, "portion": portion})).all()

    async def remove(self, session: AsyncSession, event_id: int) -> None:
        """Delete an event and the refusals it got."""
        await session.execute(_FORGET_REFUSALS, {"event_id": event_id})
        await session.execute(delete(Event).where(Event.id == event_id))


def _matching(wanted: EventFilter, asked: Query | None, now: datetime, tier: Tier, bound: Bound) -> list[str]:
    return [*conditions(wanted, now, bound), *tier_conditions(tier, wanted.q or "", asked, bound)]


def _shown(privacy: str, comments: int, version: int, *counts: Any) -> State:
    shown = LiveCounts(*counts)
    said = State("comment", msgspec.json.encode(LiveComments(shown.event_id, comments, version)))
    return State("participation", msgspec.json.encode(shown), (shown.status, privacy), said)
