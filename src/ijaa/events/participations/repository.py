"""SQL of participations."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.participations.schemas import ParticipationStatus
from ijaa.events.visibility import INVITED, MINE, ORGANISES, VISIBLE
from ijaa.shared.database import Database
from ijaa.shared.schema import columns


class Mine(msgspec.Struct, frozen=True):
    """An event and the viewer's own answer to it; `id` is None without one."""

    event_id: int
    title: str
    privacy: str
    event_status: str
    end_date: datetime
    rsvp_deadline: datetime | None
    requires_approval: bool
    max_guests: int
    organises: bool
    organisers: list[str]
    """Who is told of answers: the organiser and those beside him."""
    invited: bool
    going: int
    capacity: int | None
    id: int | None
    status: ParticipationStatus | None
    guests: int | None
    message: str | None
    version: int | None
    position: int | None
    asked_again_at: datetime | None

    @property
    def welcome(self) -> bool:
        """Whether the viewer may join."""
        return self.privacy == "PUBLIC" or self.invited or self.organises

    @property
    def seats(self) -> int:
        """Seats held now."""
        return 1 + (self.guests or 0) if self.status == "GOING" else 0


class ParticipantRow(msgspec.Struct, frozen=True):
    """One participant of a page."""

    id: int
    username: str
    status: ParticipationStatus
    guests: int
    message: str | None
    position: int | None
    asked_again_at: datetime | None


_POSITION = """(CASE WHEN {p}.status = 'WAITLISTED' THEN (
    SELECT count(*) + 1 FROM event_participations w
    WHERE w.event_id = {p}.event_id AND w.status = 'WAITLISTED'
      AND (w.priority > {p}.priority OR (w.priority = {p}.priority AND w.seq < {p}.seq))
) END)"""

_ORGANISERS = """ARRAY(
    SELECT e.created_by_username WHERE e.created_by_username IS NOT NULL
    UNION ALL SELECT o.username FROM event_organisers o WHERE o.event_id = e.id AND o.role = 'CO_ORGANISER'
)"""

_MINE_COLUMNS = columns(
    Mine,
    "e",
    event_id="e.id",
    event_status="e.status",
    organises=f"coalesce({ORGANISES}, false)",
    organisers=_ORGANISERS,
    invited=INVITED,
    id="my.id",
    status="my.status",
    guests="my.guests",
    message="my.message",
    version="my.version",
    position=_POSITION.format(p="my"),
    asked_again_at="my.asked_again_at",
)
MINE_SQL = f"SELECT {_MINE_COLUMNS} FROM events e {MINE} WHERE e.id = $2 AND {VISIBLE}"
_MINE_AGAIN = text(MINE_SQL.replace("$1::text", "CAST(:viewer AS text)").replace("$2", ":event_id"))

_PAGE = f"""
SELECT {columns(ParticipantRow, "p", username="p.participant_username", position=_POSITION.format(p="p"))}
FROM event_participations p
WHERE p.event_id = $1 AND p.status = ANY ($2::text[]) AND p.id > $3 AND p.participant_username <> ALL ($5::text[])
ORDER BY p.id LIMIT $4
"""
_COUNT = """
SELECT (SELECT count(*) FROM event_participations WHERE event_id = $1 AND status = ANY ($2::text[]))
     + (SELECT coalesce(sum(answers), 0) FROM erased_answers WHERE event_id = $1 AND status = ANY ($2::text[]))
"""

_INSERT = text("""
INSERT INTO event_participations (event_id, participant_username, status, guests, message, seq, responded_at)
VALUES (:event_id, :username, :status, :guests, :message, :seq, :now)
ON CONFLICT (event_id, participant_username) DO NOTHING
RETURNING id
""")
_UPDATE = text("""
UPDATE event_participations
SET status = :status, guests = :guests, message = :message, seq = :seq, responded_at = :now, asked_again_at = NULL,
    version = version + 1
WHERE id = :id AND version = :version
RETURNING id
""")
_KEEP_PLACE = text("""
UPDATE event_participations SET guests = :guests, message = :message, asked_again_at = NULL, version = version + 1
WHERE id = :id AND version = :version
RETURNING id
""")
_CONFIRM = text("""
UPDATE event_participations SET responded_at = :now, asked_again_at = NULL, version = version + 1
WHERE id = :id AND version = :version
RETURNING id
""")
_DELETE = text("DELETE FROM event_participations WHERE id = :id AND version = :version RETURNING id")


class Raced(Exception):  # noqa: N818 - an answer to try again, not a failure
    """The participation changed between reading and writing it: roll back and try again."""


class ParticipationRepository:
    """Answers, to read and to write; every write re-checks what was read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mine(self, event_id: int, viewer: str) -> Mine | None:
        """Return an event the viewer may see with his own answer, or None."""
        return await self._database.fetch_one(Mine, MINE_SQL, viewer, event_id)

    async def mine_within(self, session: AsyncSession, event_id: int, viewer: str) -> Mine | None:
        """Return the same as the transaction has it."""
        row = (await session.execute(_MINE_AGAIN, {"viewer": viewer, "event_id": event_id})).first()
        return None if row is None else Mine(*row)

    async def page(
        self, event_id: int, statuses: list[str], after: int, limit: int, *, without: Collection[str]
    ) -> list[ParticipantRow]:
        """Return participants in the order they answered, some of them left out."""
        return await self._database.fetch(ParticipantRow, _PAGE, event_id, statuses, after, limit, list(without))

    async def count(self, event_id: int, statuses: list[str]) -> int:
        """Return how many there are."""
        total: int = await self._database.fetch_value(_COUNT, event_id, statuses)
        return total

    async def put(
        self, session: AsyncSession, mine: Mine, username: str, *, status: str, guests: int,
        message: str | None, seq: int | None, now: datetime,
    ) -> None:  # fmt: skip
        """Write an answer; raise `Raced` when it is not any more what `mine` says."""
        values = {"status": status, "guests": guests, "message": message, "seq": seq, "now": now}
        if mine.id is None:
            await _once(session, _INSERT, {**values, "event_id": mine.event_id, "username": username})
        else:
            await _once(session, _UPDATE, {**values, "id": mine.id, "version": mine.version})

    async def keep_place(self, session: AsyncSession, mine: Mine, *, guests: int, message: str | None) -> None:
        """Change an answer that keeps its status, and its place in the order."""
        values = {"guests": guests, "message": message, "id": mine.id, "version": mine.version}
        await _once(session, _KEEP_PLACE, values)

    async def confirm(self, session: AsyncSession, mine: Mine, now: datetime) -> None:
        """Note that an answer still holds though the event moved."""
        await _once(session, _CONFIRM, {"id": mine.id, "version": mine.version, "now": now})

    async def remove(self, session: AsyncSession, mine: Mine) -> None:
        """Take an answer back."""
        await _once(session, _DELETE, {"id": mine.id, "version": mine.version})


async def _once(session: AsyncSession, statement: Any, values: dict[str, Any]) -> None:
    if (await session.execute(statement, values)).first() is None:
        raise Raced
