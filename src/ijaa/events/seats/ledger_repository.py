"""SQL that reads the ledger of seats."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.seats.domain import Actor, Entry, Past, Seat, Status, Tally, What, Why
from ijaa.events.visibility import MINE, ORGANISES, VISIBLE
from ijaa.shared.database import Database
from ijaa.shared.schema import columns

_LATEST = 100
"""What a member is shown of his own."""


class EntryRow(msgspec.Struct, frozen=True):
    """One entry as organisers see it."""

    entry: int
    at: datetime
    what: What
    actor: Actor
    username: str | None
    status_before: Status | None
    status: Status | None
    guests_before: int
    guests: int
    seats: int
    waiting: int
    position: int | None
    reason: Why | None
    offered_until: datetime | None
    capacity_before: int | None
    capacity: int | None

    @property
    def past(self) -> Past:
        """What it tells."""
        return Past(self.at, self.what, self.status, self.guests, self.position, self.reason)


class Counters(msgspec.Struct, frozen=True):
    """The seats of an event in numbers, and whether the viewer runs it."""

    organises: bool
    capacity: int | None
    going: int
    held: int
    waiting: int


class Proved(msgspec.Struct, frozen=True):
    """An event at one moment: its rows, and its ledger."""

    event_id: int
    found: Tally
    entries: list[Entry]


_HISTORY = f"""
SELECT {columns(Past)} FROM (
    SELECT * FROM seat_ledger WHERE username = $2 AND event_id = $1 ORDER BY entry DESC LIMIT {_LATEST}
) latest ORDER BY entry
"""
_COUNTERS = f"""
SELECT coalesce({ORGANISES}, false), e.capacity, e.going, (
    SELECT coalesce(sum(1 + p.guests), 0) FROM event_participations p
    WHERE p.event_id = e.id AND p.offered_until IS NOT NULL
), e.waiting
FROM events e {MINE} WHERE e.id = $2 AND {VISIBLE}
"""
_PAGE = f"""
SELECT {columns(EntryRow)} FROM seat_ledger
WHERE event_id = $1 AND entry < $2 AND ($3::text IS NULL OR username = $3::text)
ORDER BY entry DESC LIMIT $4
"""
# what is over changes no more, unless somebody is erased, which is an entry
_UNPROVED = """
SELECT e.id FROM events e LEFT JOIN seat_proofs p ON p.event_id = e.id
WHERE e.id > $1 AND (p.entry IS DISTINCT FROM e.seat_entries OR p.differences > 0 OR e.end_date > $2)
ORDER BY e.id LIMIT $3
"""
_EVENTS = "SELECT id FROM events WHERE id > $1 AND ($2::bigint IS NULL OR id = $2::bigint) ORDER BY id LIMIT $3"
# one statement is one moment: nobody is kept from answering meanwhile
_PROOF = """
SELECT e.id, e.going, e.waiting, e.seat_entries, (
    SELECT coalesce(json_object_agg(p.id, json_build_object(
        'status', p.status, 'guests', p.guests, 'seq', p.seq,
        'priority', CASE WHEN p.status = 'WAITLISTED' THEN p.priority ELSE 0 END, 'offered_until', p.offered_until
    )), '{}')::text FROM event_participations p WHERE p.event_id = e.id
), (
    SELECT coalesce(json_agg(json_build_object(
        'entry', l.entry, 'what', l.what, 'participation_id', l.participation_id, 'status_before', l.status_before,
        'status', l.status, 'guests', l.guests, 'seats', l.seats, 'waiting', l.waiting, 'seq', l.seq,
        'priority', l.priority, 'offered_until', l.offered_until
    ) ORDER BY l.entry), '[]')::text FROM seat_ledger l WHERE l.event_id = e.id
)
FROM events e WHERE e.id = $1
"""
_NOTE = text("""
INSERT INTO seat_proofs (event_id, entry, proved_at, differences)
SELECT id, :entry, :now, :differences FROM events WHERE id = :event_id
ON CONFLICT (event_id) DO UPDATE SET
    entry = EXCLUDED.entry, proved_at = EXCLUDED.proved_at, differences = EXCLUDED.differences
""")
_LOCK = text("SELECT FROM events WHERE id = :event_id FOR UPDATE")
_CARRY = text("""
WITH carried AS (
    INSERT INTO seat_ledger (event_id, entry, at, what, actor, participation_id, username, status_before, status,
        guests, seats, waiting, seq, priority, offered_until)
    SELECT :event_id, c.entry, :now, 'carried-over', 'system', c.participation_id, p.participant_username,
           c.status_before, c.status, c.guests, c.seats, c.waiting, c.seq, c.priority, c.offered_until
    FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS c (entry bigint, participation_id bigint, status_before varchar,
        status varchar, guests int, seats int, waiting int, seq bigint, priority int, offered_until timestamptz)
    LEFT JOIN event_participations p ON p.id = c.participation_id
    RETURNING entry
)
UPDATE events SET seat_entries = seat_entries + (SELECT count(*) FROM carried) WHERE id = :event_id
""")
_DIFFERENCES = "SELECT coalesce(sum(differences), 0)::bigint FROM seat_proofs WHERE differences > 0"
_OVERDUE = """
SELECT DISTINCT event_id FROM event_participations
WHERE offered_until < $1 AND event_id > $2 ORDER BY event_id LIMIT $3
"""


class LedgerRepository:
    """What happened to seats."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(self, event_id: int, username: str) -> list[Past]:
        """Return what happened to one member's seat, the latest of it, in order."""
        return await self._database.fetch(Past, _HISTORY, event_id, username)

    async def counters(self, event_id: int, viewer: str) -> Counters | None:
        """Return the numbers of an event the viewer may see, or None."""
        return await self._database.fetch_one(Counters, _COUNTERS, viewer, event_id)

    async def page(self, event_id: int, before: int, username: str | None, limit: int) -> list[EntryRow]:
        """Return entries before a number, the latest first, of everybody or of one."""
        return await self._database.fetch(EntryRow, _PAGE, event_id, before, username, limit)

    async def unproved(self, after: int, ended: datetime, limit: int) -> list[int]:
        """Return events that changed since they were proved, or differed, or did not end before a moment."""
        return await self._database.fetch(int, _UNPROVED, after, ended, limit)

    async def events(self, after: int, event_id: int | None, limit: int) -> list[int]:
        """Return events, one or all, by id."""
        return await self._database.fetch(int, _EVENTS, after, event_id, limit)

    async def proof(self, event_id: int) -> Proved | None:
        """Return an event with its ledger at one moment, or None where it is gone."""
        return await self._database.fetch_one(_proved, _PROOF, event_id)

    async def note(self, session: AsyncSession, proved: Proved, differences: int, now: datetime) -> None:
        """Write down how far an event is proved."""
        given = {"event_id": proved.event_id, "entry": proved.found.entries, "differences": differences, "now": now}
        await session.execute(_NOTE, given)

    async def carry_over(self, event_id: int, lacking: Callable[[Proved], Sequence[Entry]], now: datetime) -> None:
        """Write the entries a ledger lacks, under the lock of its event."""
        async with self._database.whole() as session:
            await session.execute(_LOCK, {"event_id": event_id})
            if (proved := await self.proof(event_id)) is not None and (entries := lacking(proved)):
                given = {"event_id": event_id, "now": now, "entries": msgspec.json.encode(entries).decode()}
                await session.execute(_CARRY, given)

    async def differences(self) -> int:
        """Return how many differences the latest proofs found, over all events."""
        found: int = await self._database.fetch_value(_DIFFERENCES)
        return found

    async def overdue(self, now: datetime, after: int, limit: int) -> list[int]:
        """Return events with offers that are over, by id."""
        return await self._database.fetch(int, _OVERDUE, now, after, limit)


_SEATS = msgspec.json.Decoder(dict[int, Seat])
_ENTRIES = msgspec.json.Decoder(list[Entry])


def _proved(event_id: int, going: int, waiting: int, entries: int, seats: str, ledger: str) -> Proved:
    found = Tally(going=going, waiting=waiting, entries=entries, seats=_SEATS.decode(seats))
    return Proved(event_id=event_id, found=found, entries=_ENTRIES.decode(ledger))
