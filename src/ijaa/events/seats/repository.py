"""SQL of seats. Every function takes, or already holds, the lock of the event's row; participations come after it.

What happens to a seat is an entry of the ledger in the same transaction, and mostly in the same statement.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.messages import SeatOffered, SeatPromoted
from ijaa.events.seats.answer_repository import Answer, AnswerRepository, Step
from ijaa.events.seats.domain import What, Why, next_in, offer_ends, unheld
from ijaa.events.seats.waitlist_repository import WaitlistRepository
from ijaa.events.tickets.domain import Ticket, Tickets
from ijaa.shared.database import Statement
from ijaa.shared.live import Tell
from ijaa.shared.outbox import Publish

OPEN = "status = 'PUBLISHED' AND end_date > :now AND (rsvp_deadline IS NULL OR rsvp_deadline >= :now)"
"""When an event takes answers, and promotes."""

CLAIM = Statement(f"""
UPDATE events SET going = going + :seats, seat_entries = seat_entries + 1
WHERE id = :event_id AND {OPEN} AND (capacity IS NULL OR going + :seats <= capacity) AND waiting = 0
RETURNING seat_entries
""")
QUEUE = Statement(f"""
UPDATE events SET waiting = waiting + 1, waitlist_seq = waitlist_seq + 1, seat_entries = seat_entries + 1
WHERE id = :event_id AND {OPEN}
RETURNING seat_entries, waitlist_seq, waiting - (
    SELECT count(*) FROM event_participations p
    WHERE p.event_id = events.id AND p.status = 'WAITLISTED' AND p.priority < 0)
""")
_LOCK = Statement(f"SELECT {OPEN} FROM events WHERE id = :event_id FOR UPDATE")
STATE = Statement(f"""
SELECT going, capacity, waiting, ({OPEN}) AS open, waitlist_seq, waitlist_mode, offer_minutes, rsvp_deadline,
       title, start_date, timezone,
       (SELECT coalesce(sum(1 + p.guests), 0) FROM event_participations p
        WHERE p.event_id = events.id AND p.offered_until IS NOT NULL),
       status = 'NEEDS_ORGANISER'
FROM events WHERE id = :event_id
""")
_RESIZED = text("""
WITH numbered AS (
    UPDATE events SET seat_entries = seat_entries + 1 WHERE id = :event_id RETURNING id, seat_entries
)
INSERT INTO seat_ledger (event_id, entry, at, what, actor, capacity_before, capacity)
SELECT id, seat_entries, CAST(:now AS timestamptz), 'capacity-changed', 'organiser', CAST(:before AS int),
       CAST(:after AS int)
FROM numbered
""")
_AWAITED = text("""
SELECT DISTINCT event_id FROM event_participations
WHERE participant_username = ANY (:usernames) AND status = 'WAITLISTED' ORDER BY event_id
""")

_CONCERNED = text("""
SELECT id, end_date > :now FROM events WHERE id IN (
    SELECT id FROM events WHERE created_by_username = ANY (:leaving)
    UNION SELECT event_id FROM event_organisers WHERE username = ANY (:leaving)
    UNION SELECT event_id FROM event_participations WHERE participant_username = ANY (:leaving)
    UNION SELECT event_id FROM event_participations WHERE checked_in_by = ANY (:leaving)
    UNION SELECT event_id FROM event_participations
        WHERE participant_username = ANY (:returned) AND status = 'WAITLISTED'
) ORDER BY id FOR UPDATE
""")
_COUNT_ERASED = text("""
INSERT INTO erased_answers (event_id, status, answers, seats, attended, arrived_guests)
SELECT event_id, status, count(*), coalesce(sum(1 + guests) FILTER (WHERE status = 'GOING'), 0),
       count(checked_in_at), coalesce(sum(arrived_guests), 0)
FROM event_participations WHERE event_id = ANY (:past) AND participant_username = ANY (:usernames)
GROUP BY event_id, status ORDER BY event_id, status
ON CONFLICT (event_id, status) DO UPDATE SET
    answers = erased_answers.answers + EXCLUDED.answers, seats = erased_answers.seats + EXCLUDED.seats,
    attended = erased_answers.attended + EXCLUDED.attended,
    arrived_guests = erased_answers.arrived_guests + EXCLUDED.arrived_guests
""")
_LEAVE_THE_DOOR = text("""
UPDATE event_participations SET checked_in_by = NULL
WHERE event_id = ANY (:event_ids) AND checked_in_by = ANY (:usernames)
""")
_FORGET = text("""
WITH gone AS (
    DELETE FROM event_participations WHERE event_id = ANY (:event_ids) AND participant_username = ANY (:usernames)
    RETURNING id, event_id, status, guests
), numbered AS (
    SELECT id, event_id, status, guests, CAST(status = 'WAITLISTED' AS int) AS entries,
           CASE WHEN status = 'GOING' AND event_id = ANY (:coming) THEN 1 + guests ELSE 0 END AS seats,
           row_number() OVER (PARTITION BY event_id ORDER BY id) AS nth
    FROM gone
), counted AS (
    UPDATE events e
    SET going = e.going - f.seats, waiting = e.waiting - f.entries, seat_entries = e.seat_entries + f.nth
    FROM (
        SELECT event_id, sum(entries) AS entries, sum(seats) AS seats, count(*) AS nth FROM numbered GROUP BY event_id
    ) f
    WHERE e.id = f.event_id RETURNING e.id, e.seat_entries - f.nth AS before, f.seats + f.entries > 0 AS freed
), noted AS (
    INSERT INTO seat_ledger (event_id, entry, at, what, actor, participation_id, status_before, guests_before, seats,
        waiting)
    SELECT n.event_id, c.before + n.nth, CAST(:now AS timestamptz), 'erased', 'system', n.id, n.status, n.guests,
           -n.seats, -n.entries
    FROM numbered n JOIN counted c ON c.id = n.event_id
)
SELECT id FROM counted WHERE freed
""")


class Queued(msgspec.Struct, frozen=True):
    """A place at the tail of a waitlist."""

    entry: int
    seq: int
    position: int


class SeatState(msgspec.Struct, frozen=True):
    """The counters of an event, and what decides who is next."""

    going: int
    capacity: int | None
    waiting: int
    open: bool
    waitlist_seq: int
    waitlist_mode: str
    offer_minutes: int | None
    rsvp_deadline: datetime | None
    title: str
    start_date: datetime
    timezone: str
    held: int
    """Seats kept for those to whom they are offered."""
    unled: bool
    """Whether the event takes no answers until somebody organises it."""

    @property
    def free(self) -> int | None:
        """Seats nobody holds and nobody is offered, never below 0; None without a limit."""
        return None if self.capacity is None else max(0, self.capacity - self.going - self.held)


class SeatRepository:
    """Takes, frees, offers and hands on seats, and tells who got one."""

    def __init__(self, publish: Publish, tickets: Tickets, tell: Tell) -> None:
        self._publish, self._tickets, self._tell = publish, tickets, tell
        self._answers, self.waitlist = AnswerRepository(), WaitlistRepository()

    async def lock(self, session: AsyncSession, event_id: int, now: datetime) -> bool:
        """Take the lock every other change of seats waits for; return whether the event takes answers."""
        found = await _LOCK.run(session, {"event_id": event_id, "now": now})
        return bool(found and found[0][0])

    async def claim(self, session: AsyncSession, event_id: int, seats: int, now: datetime) -> int | None:
        """Take seats if they are free, nobody waits and the event takes answers; one conditional UPDATE decides.

        Returns the number of the entry that `put` has to write of it, or None.
        """
        claimed = await CLAIM.run(session, {"event_id": event_id, "seats": seats, "now": now})
        self._tell(session, str(event_id))
        return claimed[0][0] if claimed else None

    async def queue(self, session: AsyncSession, event_id: int, now: datetime) -> Queued | None:
        """Join the tail of the waitlist, which `put` has to write, or return None when the event takes no answers."""
        self._tell(session, str(event_id))
        queued = await QUEUE.run(session, {"event_id": event_id, "now": now})
        return Queued(*queued[0]) if queued else None

    async def put(self, session: AsyncSession, answer: Answer, step: Step, now: datetime, *, entry: int) -> Ticket:
        """Write an answer whose seats are counted; raise `Raced` when it is not any more what was read.

        Returns its ticket, which is another one than before.
        """
        return await self._answers.put(session, answer, step, now, entry=entry)

    async def change(
        self, session: AsyncSession, answer: Answer, step: Step, now: datetime, *, held: int = 0,
        most_waiting: int | None = None,
    ) -> Ticket | None:  # fmt: skip
        """Write an answer and count its seats; return its ticket, or None where they are not free. Raises `Raced`.

        The caller holds the lock, and lets `promote` hand on what was freed. `held` seats are kept for others; more
        are taken only where no more than `most_waiting` wait, if that is given.
        """
        self._tell(session, str(answer.event_id))
        return await self._answers.change(session, answer, step, now, held=held, most_waiting=most_waiting)

    async def reword(self, session: AsyncSession, answer: Answer, message: str | None) -> None:
        """Change what somebody says with an answer; raise `Raced` when it is not any more what was read."""
        await self._answers.reword(session, answer, message)

    async def confirm(self, session: AsyncSession, answer: Answer, now: datetime) -> None:
        """Note that an answer still holds though the event moved; raise `Raced`."""
        await self._answers.confirm(session, answer, now)

    async def note_capacity(
        self, session: AsyncSession, event_id: int, before: int | None, after: int | None, now: datetime
    ) -> None:
        """Write down that an organiser changed how many seats there are."""
        await session.execute(_RESIZED, {"event_id": event_id, "before": before, "after": after, "now": now})

    async def state(self, session: AsyncSession, event_id: int, now: datetime) -> SeatState:
        """Return the counters."""
        (row,) = await STATE.run(session, {"event_id": event_id, "now": now})
        return SeatState(*row)

    async def lock_concerned(
        self, session: AsyncSession, *, leaving: Sequence[str], returned: Sequence[str], now: datetime
    ) -> dict[int, bool]:
        """Lock the events of members who leave, and those that wait for who returns; return which are still to end.

        Theirs are those they run, answered, or stood at the door of.
        """
        rows = await session.execute(_CONCERNED, {"leaving": list(leaving), "returned": list(returned), "now": now})
        return {row[0]: row[1] for row in rows}

    async def forget(
        self, session: AsyncSession, usernames: Sequence[str], events: Mapping[int, bool], now: datetime
    ) -> None:
        """Remove every answer of members who were erased from these locked events, and their names at the door.

        What is still to come gets its seats and places back, and promotes; of what is over the numbers stay.
        """
        coming = sorted(event_id for event_id, is_coming in events.items() if is_coming)
        past = sorted(events.keys() - set(coming))
        await session.execute(_COUNT_ERASED, {"past": past, "usernames": list(usernames)})
        bound = {"event_ids": sorted(events), "coming": coming, "usernames": list(usernames), "now": now}
        await session.execute(_LEAVE_THE_DOOR, {name: bound[name] for name in ("event_ids", "usernames")})
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

    async def promote(self, session: AsyncSession, event_id: int, now: datetime, reason: Why = "seat-freed") -> None:
        """Hand every free seat, or an offer of it, to who is next; the caller holds the lock of the event's row.

        Offers that are over, or that cannot be kept, end first.
        """
        while True:
            state = await self.state(session, event_id, now)
            if state.held and (ended := await self._end_offers(session, event_id, state, now)) is not None:
                reason = "offer-expired" if ended == "offer-expired" else reason
                continue
            if not state.open or state.waiting == 0 or state.free == 0:
                return
            until = offer_ends(now, state.offer_minutes, state.rsvp_deadline, state.start_date)
            offers = state.waitlist_mode == "offer"
            if offers and until is None:
                return
            chosen = next_in(await self.waitlist.next_in(session, event_id, state.free), state.free)
            if not chosen:
                return
            self._tell(session, str(event_id))
            if offers and until is not None:
                found = await self.waitlist.happens(
                    session, event_id, "offered", chosen, now, reason=reason, until=until
                )
                await self._publish(session, *(_offered(event_id, name, state, until) for name, _ in found))
            else:
                found = await self.waitlist.happens(session, event_id, "promoted", chosen, now, reason=reason)
                coded = [(name, self._tickets.write(event_id, ticket)) for name, ticket in found]
                await self._publish(session, *(_promoted(event_id, *one, state, reason) for one in coded))

    async def _end_offers(self, session: AsyncSession, event_id: int, state: SeatState, now: datetime) -> What | None:
        """End offers: those that are over go to the tail, those that cannot be kept are taken back."""
        offers = await self.waitlist.offered(session, event_id)
        if state.unled:  # nobody could have taken them
            await self.waitlist.happens(session, event_id, "offer-withdrawn", [one.waiter for one in offers], now)
            return "offer-withdrawn"
        if overdue := [one.waiter for one in offers if one.until < now]:
            first = state.waiting - len(overdue) + 1
            behind = [msgspec.structs.replace(one, place=first + nth) for nth, one in enumerate(overdue)]
            await self.waitlist.happens(session, event_id, "offer-expired", behind, now, tail=state.waitlist_seq)
            return "offer-expired"
        if not state.open:
            return None
        standing = [one.waiter for one in offers]
        if state.waitlist_mode != "offer":
            await self.waitlist.happens(session, event_id, "offer-withdrawn", standing, now)
            return "offer-withdrawn"
        if state.capacity is not None and (gone := unheld(standing, max(0, state.capacity - state.going))):
            await self.waitlist.happens(session, event_id, "offer-withdrawn", gone, now, reason="seats-removed")
            return "offer-withdrawn"
        return None


def _promoted(event_id: int, username: str, code: str, state: SeatState, reason: Why) -> SeatPromoted:
    return SeatPromoted(
        username=username,
        event_id=event_id,
        title=state.title,
        start_date=state.start_date,
        timezone=state.timezone,
        reason="seats-added" if reason == "seats-added" else "seat-freed",
        code=code,
    )


def _offered(event_id: int, username: str, state: SeatState, until: datetime) -> SeatOffered:
    return SeatOffered(
        username=username,
        event_id=event_id,
        title=state.title,
        start_date=state.start_date,
        timezone=state.timezone,
        offered_until=until,
    )
