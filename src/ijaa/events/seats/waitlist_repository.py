"""SQL of those who wait: who is next, who is given a seat or an offer, whose offer ends. The event's row is locked."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.seats.domain import Waiter, What, Why
from ijaa.events.tickets.domain import Ticket
from ijaa.events.visibility import INVITED_WAITER

_NEXT = text(f"""
SELECT w.id, 1 + w.guests, w.place
FROM (
    SELECT p.id, p.guests, p.participant_username, p.priority, p.seq, p.offered_until,
           row_number() OVER (ORDER BY p.priority DESC, p.seq) AS place
    FROM event_participations p WHERE p.event_id = :event_id AND p.status = 'WAITLISTED'
) w JOIN events e ON e.id = :event_id
WHERE 1 + w.guests <= :free AND w.offered_until IS NULL
  AND (e.privacy = 'PUBLIC' OR w.participant_username = e.created_by_username OR {INVITED_WAITER}
       OR EXISTS (SELECT FROM event_organisers o
                  WHERE o.event_id = e.id AND o.username = w.participant_username AND o.role = 'CO_ORGANISER'))
  AND NOT EXISTS (SELECT FROM members m WHERE m.username = w.participant_username AND m.standing <> 'active')
ORDER BY w.priority DESC, w.seq LIMIT :limit
""")
_OFFERED = text("""
SELECT w.id, 1 + w.guests, w.place, w.offered_until
FROM (
    SELECT id, guests, priority, seq, offered_until, row_number() OVER (ORDER BY priority DESC, seq) AS place
    FROM event_participations WHERE event_id = :event_id AND status = 'WAITLISTED'
) w
WHERE w.offered_until IS NOT NULL ORDER BY w.priority DESC, w.seq
""")
_ORDER = text("""
SELECT id, priority, seq FROM event_participations
WHERE event_id = :event_id AND status = 'WAITLISTED' AND id <> :without ORDER BY priority DESC, seq
OFFSET :place LIMIT 1
""")
_LAST = text("""
SELECT coalesce(least(0, min(priority)), 0) FROM event_participations
WHERE event_id = :event_id AND status = 'WAITLISTED' AND id <> :without
""")
_SHIFT = text("""
UPDATE event_participations SET seq = seq + 1
WHERE event_id = :event_id AND status = 'WAITLISTED' AND id <> :without AND seq >= :seq
""")
_SHIFTED = text("UPDATE events SET waitlist_seq = waitlist_seq + 1 WHERE id = :event_id")

_CHANGES = {
    "promoted": "status = 'GOING', seq = NULL, priority = 0, offered_until = NULL, promoted_at = :now",
    "offered": "offered_until = :until",
    "offer-withdrawn": "offered_until = NULL",
    "offer-expired": "offered_until = NULL, priority = 0, seq = :tail + given.nth",
}
# to each what of those above happens: the rows, the counters and the entries, in the order of the list
_CHANGE = """
WITH given AS (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:places AS int[])) WITH ORDINALITY AS g (id, place, nth)
), changed AS (
    UPDATE event_participations p SET {change}, version = version + 1 FROM given
    WHERE p.id = given.id
    RETURNING p.id, p.ticket, p.participant_username, p.status, p.guests, p.seq, p.priority, p.offered_until,
              given.place, given.nth
), counted AS (
    UPDATE events SET going = going + c.seats, waiting = waiting - c.left, seat_entries = seat_entries + c.entries,
        waitlist_seq = greatest(waitlist_seq, coalesce(c.seq, 0))
    FROM (
        SELECT coalesce(sum(1 + guests) FILTER (WHERE status = 'GOING'), 0) AS seats, count(*) AS entries,
               count(*) FILTER (WHERE status = 'GOING') AS left, max(seq) AS seq
        FROM changed
    ) c
    WHERE id = :event_id
    RETURNING seat_entries - c.entries AS before
), noted AS (
    INSERT INTO seat_ledger (event_id, entry, at, what, actor, participation_id, username, status_before, status,
        guests_before, guests, seats, waiting, seq, priority, position, reason, offered_until)
    SELECT CAST(:event_id AS bigint), before + nth, CAST(:now AS timestamptz), '{what}', 'system', id,
           participant_username, 'WAITLISTED', status, guests, guests,
           CASE WHEN status = 'GOING' THEN 1 + guests ELSE 0 END, CASE WHEN status = 'GOING' THEN -1 ELSE 0 END,
           {order}, place, CAST(:reason AS varchar), offered_until
    FROM changed, counted ORDER BY nth
)
SELECT participant_username, id, ticket FROM changed ORDER BY nth
"""
_HAPPENS = {
    what: text(
        _CHANGE.format(change=change, what=what, order="seq, priority" if "seq = :tail" in change else "NULL, NULL")
    )
    for what, change in _CHANGES.items()
}
_BATCH = 500
_ALL = 1_000_000


class Offered(msgspec.Struct, frozen=True):
    """Somebody to whom a seat is offered."""

    id: int
    seats: int
    place: int
    until: datetime

    @property
    def waiter(self) -> Waiter:
        """The entry of the waitlist it is."""
        return Waiter(self.id, self.seats, self.place)


class WaitlistRepository:
    """The waitlist of an event."""

    async def next_in(self, session: AsyncSession, event_id: int, free: int | None) -> list[Waiter]:
        """Return who may have a seat and to whom none is offered yet, in the order of the list."""
        # each takes a seat at least, so no more than `free` of those who fit can be chosen at once
        limit = _BATCH if free is None else min(free, _BATCH)
        asked = {"event_id": event_id, "free": _ALL if free is None else free, "limit": limit}
        return [Waiter(*row) for row in await session.execute(_NEXT, asked)]

    async def offered(self, session: AsyncSession, event_id: int) -> list[Offered]:
        """Return whose offers stand, in the order of the list."""
        return [Offered(*row) for row in await session.execute(_OFFERED, {"event_id": event_id})]

    async def happens(
        self, session: AsyncSession, event_id: int, what: What, waiters: Sequence[Waiter], now: datetime, *,
        reason: Why | None = None, until: datetime | None = None, tail: int | None = None,
    ) -> list[tuple[str, Ticket]]:  # fmt: skip
        """Give seats or offers to those who wait, or take offers away; return their names and tickets.

        `until` is when an offer ends; `tail` the last place of the order, behind which expired offers go.
        """
        bound = {
            "event_id": event_id, "now": now, "reason": reason, "until": until, "tail": tail,
            "ids": [one.id for one in waiters], "places": [one.place for one in waiters],
        }  # fmt: skip
        return [(name, Ticket(*ticket)) for name, *ticket in await session.execute(_HAPPENS[what], bound)]

    async def make_room(
        self, session: AsyncSession, event_id: int, place: int | None, *, without: int, tail: int
    ) -> tuple[int, int]:
        """Return priority and seq of a 1-based place for one answer, and move whoever is there, and behind, back.

        A place behind the last, or none, is the tail.
        """
        asked = {"event_id": event_id, "without": without}
        if place is not None:
            there = (await session.execute(_ORDER, {**asked, "place": place - 1})).first()
            if there is not None:
                await session.execute(_SHIFT, {**asked, "seq": there.seq})
                await session.execute(_SHIFTED, {"event_id": event_id})
                return there.priority, there.seq
        priority: int = (await session.execute(_LAST, asked)).scalar_one()
        return priority, tail + 1
