"""SQL of the door."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.tickets.domain import Ticket
from ijaa.events.visibility import HELPS, MINE, ORGANISES, VISIBLE
from ijaa.shared.database import Database
from ijaa.shared.schema import columns


class Door(msgspec.Struct, frozen=True):
    """The door of an event somebody sees, and whether he stands at it."""

    status: str
    start_date: datetime
    end_date: datetime
    helps: bool
    organises: bool


class Guest(msgspec.Struct, frozen=True):
    """Somebody who answered an event, as the door sees him."""

    id: int
    username: str
    status: str
    ticket: int
    guests: int
    arrived_guests: int | None
    checked_in_at: datetime | None


class Numbers(msgspec.Struct, frozen=True):
    """An event's attendance, counted."""

    confirmed: int
    attended: int
    guests: int
    arrived_guests: int


_GUEST = columns(Guest, "p", username="p.participant_username")
_DOOR = f"""
SELECT {columns(Door, "e", helps=f"coalesce({HELPS}, false)", organises=f"coalesce({ORGANISES}, false)")}
FROM events e {MINE} WHERE e.id = $2 AND {VISIBLE}
"""
_EXPECTED = f"""
SELECT {_GUEST} FROM event_participations p
WHERE p.event_id = $1 AND p.status = 'GOING' AND p.id > $2
  AND ($3::boolean IS NULL OR (p.checked_in_at IS NOT NULL) = $3)
ORDER BY p.id LIMIT $4
"""
_NUMBERS = """
SELECT p.confirmed + x.confirmed, p.attended + x.attended, p.guests + x.guests, p.arrived + x.arrived
FROM (
    SELECT count(*) AS confirmed, count(checked_in_at) AS attended,
           coalesce(sum(guests), 0) AS guests, coalesce(sum(arrived_guests), 0) AS arrived
    FROM event_participations WHERE event_id = $1 AND status = 'GOING'
) p, (
    SELECT coalesce(sum(answers), 0) AS confirmed, coalesce(sum(attended), 0) AS attended,
           coalesce(sum(seats - answers), 0) AS guests, coalesce(sum(arrived_guests), 0) AS arrived
    FROM erased_answers WHERE event_id = $1 AND status = 'GOING'
) x
"""
_MEET = f"SELECT {_GUEST} FROM event_participations p WHERE p.event_id = :event_id AND {{who}} FOR UPDATE"
_MEET_BY_ID = text(_MEET.format(who="p.id = :who"))
_MEET_BY_NAME = text(_MEET.format(who="p.participant_username = :who"))
_LET_IN = text("""
UPDATE event_participations SET checked_in_at = :at, checked_in_by = :by WHERE id = :id
""")
_COUNT_GUESTS = text("UPDATE event_participations SET arrived_guests = :arrived WHERE id = :id")
_UNDO = text("""
UPDATE event_participations SET checked_in_at = NULL, checked_in_by = NULL, arrived_guests = NULL
WHERE event_id = :event_id AND participant_username = :username AND checked_in_at IS NOT NULL
""")


class CheckInRepository:
    """Who came, to read and to write. A row is locked by itself: no seat changes, so the event's lock is not taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def door(self, event_id: int, viewer: str) -> Door | None:
        """Return the door of an event the viewer sees, or None."""
        return await self._database.fetch_one(Door, _DOOR, viewer, event_id)

    async def expected(self, event_id: int, after: int, limit: int, *, checked_in: bool | None) -> list[Guest]:
        """Return those who have a seat, in the order they answered; all, or those who came, or have not yet."""
        return await self._database.fetch(Guest, _EXPECTED, event_id, after, checked_in, limit)

    async def numbers(self, event_id: int) -> Numbers:
        """Return how many have a seat, and how many came."""
        found = await self._database.fetch_one(Numbers, _NUMBERS, event_id)
        assert found is not None  # noqa: S101 - aggregates always give a row
        return found

    async def meet(self, session: AsyncSession, event_id: int, who: Ticket | str) -> Guest | None:
        """Return whoever a ticket is of, or has this name; another door waits until this transaction ends."""
        if isinstance(who, Ticket):
            found = await session.execute(_MEET_BY_ID, {"event_id": event_id, "who": who.participation_id})
        else:
            found = await session.execute(_MEET_BY_NAME, {"event_id": event_id, "who": who})
        row = found.first()
        return None if row is None else Guest(*row)

    async def let_in(self, session: AsyncSession, guest: Guest, *, at: datetime, by: str) -> None:
        """Note that he came, and who let him in."""
        await session.execute(_LET_IN, {"id": guest.id, "at": at, "by": by})

    async def count_guests(self, session: AsyncSession, guest: Guest, arrived: int) -> None:
        """Note how many came with him, now or since."""
        await session.execute(_COUNT_GUESTS, {"id": guest.id, "arrived": arrived})

    async def undo(self, session: AsyncSession, event_id: int, username: str) -> None:
        """Forget that somebody came."""
        await session.execute(_UNDO, {"event_id": event_id, "username": username})
