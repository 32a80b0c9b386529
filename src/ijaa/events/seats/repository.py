"""SQL of seats. Every function takes, or already holds, the lock of the event's row; participations come after it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.messages import Reason, SeatPromoted
from ijaa.events.seats.domain import Waiter, next_in
from ijaa.shared.live import Tell
from ijaa.shared.outbox import Publish

OPEN = "status = 'PUBLISHED' AND end_date > :now AND (rsvp_deadline IS NULL OR rsvp_deadline >= :now)"
"""When an event takes answers, and promotes."""

_CLAIM = text(f"""
UPDATE events SET going = going + :seats
WHERE id = :event_id AND {OPEN} AND (capacity IS NULL OR going + :seats <= capacity) AND waiting = 0
RETURNING id
""")
_QUEUE = text(f"""
UPDATE events SET waiting = waiting + 1, waitlist_seq = waitlist_seq + 1
WHERE id = :event_id AND {OPEN}
RETURNING waitlist_seq
""")
_LOCK = text(f"SELECT {OPEN} FROM events WHERE id = :event_id FOR UPDATE")
_RELEASE = text("UPDATE events SET going = going - :seats WHERE id = :event_id")
_UNQUEUE = text("UPDATE events SET waiting = waiting - 1 WHERE id = :event_id")
_STATE = text(f"""
SELECT going, capacity, waiting, ({OPEN}) AS open, title, start_date, timezone FROM events WHERE id = :event_id
""")
_NEXT = text("""
SELECT p.id, 1 + p.guests
FROM event_participations p JOIN events e ON e.id = p.event_id
WHERE p.event_id = :event_id AND p.status = 'WAITLISTED' AND 1 + p.guests <= :free
  AND (e.privacy = 'PUBLIC' OR p.participant_username = e.created_by_username OR EXISTS (
       SELECT FROM event_invitations i WHERE i.event_id = e.id AND i.invited_username = p.participant_username)
       OR EXISTS (SELECT FROM event_organisers o
                  WHERE o.event_id = e.id AND o.username = p.participant_username AND o.role = 'CO_ORGANISER'))
  AND NOT EXISTS (SELECT FROM members m WHERE m.username = p.participant_username AND m.standing <> 'active')
ORDER BY p.priority DESC, p.seq LIMIT :limit
""")
_SEAT = text("""
UPDATE event_participations
SET status = 'GOING', seq = NULL, promoted_at = :now, version = version + 1
WHERE id = ANY (:ids)
RETURNING participant_username
""")
_COUNT = text("UPDATE events SET going = going + :seats, waiting = waiting - :entries WHERE id = :event_id")

_AWAITED = text("""
SELECT DISTINCT event_id FROM event_participations
WHERE participant_username = ANY (:usernames) AND status = 'WAITLISTED' ORDER BY event_id
""")

_CONCERNED = text("""
SELECT id, end_date > :now FROM events WHERE id IN (
    SELECT id FROM events WHERE created_by_username = ANY (:leaving)
    UNION SELECT event_id FROM event_organisers WHERE username = ANY (:leaving)
    UNION SELECT event_id FROM event_participations WHERE participant_username = ANY (:leaving)
    UNION SELECT event_id FROM event_participations
        WHERE participant_username = ANY (:returned) AND status = 'WAITLISTED'
) ORDER BY id FOR UPDATE
""")
_COUNT_ERASED = text("""
INSERT INTO erased_answers (event_id, status, answers, seats)
SELECT event_id, status, count(*), coalesce(sum(1 + guests) FILTER (WHERE status = 'GOING'), 0)
FROM event_participations WHERE event_id = ANY (:past) AND participant_username = ANY (:usernames)
GROUP BY event_id, status ORDER BY event_id, status
ON CONFLICT (event_id, status) DO UPDATE SET
    answers = erased_answers.answers + EXCLUDED.answers, seats = erased_answers.seats + EXCLUDED.seats
""")
_FORGET = text("""
WITH gone AS (
    DELETE FROM event_participations WHERE event_id = ANY (:event_ids) AND participant_username = ANY (:usernames)
    RETURNING event_id, status, guests
), freed AS (
    SELECT event_id, count(*) FILTER (WHERE status = 'WAITLISTED') AS entries,
           coalesce(sum(1 + guests) FILTER (WHERE status = 'GOING' AND event_id = ANY (:coming)), 0) AS seats
    FROM gone GROUP BY event_id
)
UPDATE events e SET going = e.going - f.seats, waiting = e.waiting - f.entries FROM freed f
WHERE e.id = f.event_id AND (f.seats > 0 OR f.entries > 0) RETURNING e.id
""")

_ALL = 1_000_000
_BATCH = 500


class SeatState(msgspec.Struct, frozen=True):
    """The counters of an event."""

    going: int
    capacity: int | None
    waiting: int
    open: bool
    title: str
    start_date: datetime
    timezone: str

    @property
    def free(self) -> int | None:
        """Seats nobody holds, never below 0; None without a limit."""
        return None if self.capacity is None else max(0, self.capacity - self.going)


class SeatRepository:
    """Takes, frees and hands on seats, and tells who got one."""

    def __init__(self, publish: Publish, tell: Tell) -> None:
        self._publish, self._tell = publish, tell

    async def lock(self, session: AsyncSession, event_id: int, now: datetime) -> bool:
        """Take the lock every other change of seats waits for; return whether the event takes answers."""
        return bool(await session.scalar(_LOCK, {"event_id": event_id, "now": now}))

    async def claim(self, session: AsyncSession, event_id: int, seats: int, now: datetime) -> bool:
        """Take seats if they are free, nobody waits and the event takes answers; one conditional UPDATE decides."""
        taken = await session.execute(_CLAIM, {"event_id": event_id, "seats": seats, "now": now})
        self._tell(session, str(event_id))
        return taken.first() is not None

    async def queue(self, session: AsyncSession, event_id: int, now: datetime) -> int | None:
        """Join the tail of the waitlist and return the place in its order, or None when the event takes no answers."""
        self._tell(session, str(event_id))
        seq: int | None = await session.scalar(_QUEUE, {"event_id": event_id, "now": now})
        return seq

    async def release(self, session: AsyncSession, event_id: int, seats: int) -> None:
        """Give seats back; `promote` in the same transaction hands them on."""
        self._tell(session, str(event_id))
        await session.execute(_RELEASE, {"event_id": event_id, "seats": seats})

    async def unqueue(self, session: AsyncSession, event_id: int) -> None:
        """Leave the waitlist."""
        self._tell(session, str(event_id))
        await session.execute(_UNQUEUE, {"event_id": event_id})

    async def state(self, session: AsyncSession, event_id: int, now: datetime) -> SeatState:
        """Return the counters."""
        row = (await session.execute(_STATE, {"event_id": event_id, "now": now})).one()
        return SeatState(*row)

    async def lock_concerned(
        self, session: AsyncSession, *, leaving: Sequence[str], returned: Sequence[str], now: datetime
    ) -> dict[int, bool]:
        """Lock the events of members who leave, and those that wait for who returns; return which are still to end."""
        rows = await session.execute(_CONCERNED, {"leaving": list(leaving), "returned": list(returned), "now": now})
        return {row[0]: row[1] for row in rows}

    async def forget(
        self, session: AsyncSession, usernames: Sequence[str], events: Mapping[int, bool], now: datetime
    ) -> None:
        """Remove every answer of members who were erased from these locked events.

        What is still to come gets its seats and places back, and promotes; of what is over the numbers stay.
        """
        coming = sorted(event_id for event_id, is_coming in events.items() if is_coming)
        past = sorted(events.keys() - set(coming))
        await session.execute(_COUNT_ERASED, {"past": past, "usernames": list(usernames)})
        bound = {"event_ids": sorted(events), "coming": coming, "usernames": list(usernames)}
        freed = await session.scalars(_FORGET, bound)
        for event_id in sorted(freed.all()):
            self._tell(session, str(event_id))
            await self.promote(session, event_id, now)

    async def promote_returned(self, session: AsyncSession, usernames: Sequence[str], now: datetime) -> None:
        """Hand out the seats that wait for members who were passed over until now."""
        awaited = await session.scalars(_AWAITED, {"usernames": list(usernames)})
        for event_id in awaited.all():
            if await self.lock(session, event_id, now):
                await self.promote(session, event_id, now)

    async def promote(self, session: AsyncSession, event_id: int, now: datetime, reason: Reason = "seat-freed") -> None:
        """Hand every free seat to who is next; the caller holds the lock of the event's row."""
        while True:
            state = await self.state(session, event_id, now)
            if not state.open or state.waiting == 0 or state.free == 0:
                return
            chosen = next_in(await self._waiters(session, event_id, state.free), state.free)
            if not chosen:
                return
            promoted = await session.execute(_SEAT, {"ids": [waiter.id for waiter in chosen], "now": now})
            await self._publish(
                session, *(_promoted(event_id, username, state, reason) for username in promoted.scalars())
            )
            seats = sum(waiter.seats for waiter in chosen)
            await session.execute(_COUNT, {"event_id": event_id, "seats": seats, "entries": len(chosen)})

    async def _waiters(self, session: AsyncSession, event_id: int, free: int | None) -> list[Waiter]:
        # each takes a seat at least, so no more than `free` of those who fit can be chosen at once
        limit = _BATCH if free is None else min(free, _BATCH)
        asked = {"event_id": event_id, "free": _ALL if free is None else free, "limit": limit}
        return [Waiter(*row) for row in await session.execute(_NEXT, asked)]


def _promoted(event_id: int, username: str, state: SeatState, reason: Reason) -> SeatPromoted:
    return SeatPromoted(
        username=username,
        event_id=event_id,
        title=state.title,
        start_date=state.start_date,
        timezone=state.timezone,
        reason=reason,
    )
