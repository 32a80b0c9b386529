"""SQL of participations."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.participations.schemas import ParticipationStatus
from ijaa.events.seats.answer_repository import Answer
from ijaa.events.seats.domain import Past
from ijaa.events.seats.ledger_repository import LedgerRepository
from ijaa.events.visibility import INVITED, MINE, ORGANISES, VISIBLE
from ijaa.shared.database import Database, Statement
from ijaa.shared.schema import columns


class Mine(msgspec.Struct, frozen=True):
    """An event and the viewer's own answer to it; `id` is None without one."""

    event_id: int
    title: str
    privacy: str
    event_status: str
    start_date: datetime
    end_date: datetime
    timezone: str
    location: str | None
    rsvp_deadline: datetime | None
    requires_approval: bool
    max_guests: int
    organises: bool
    organisers: list[str]
    """Who is told of answers: the organiser and those beside him."""
    invited: bool
    awaited: bool
    """Whether an invitation, even a void one, has no answer yet."""
    going: int
    capacity: int | None
    id: int | None
    status: ParticipationStatus | None
    guests: int | None
    message: str | None
    version: int | None
    position: int | None
    asked_again_at: datetime | None
    offered_until: datetime | None

    @property
    def welcome(self) -> bool:
        """Whether the viewer may join."""
        return self.privacy == "PUBLIC" or self.invited or self.organises

    @property
    def needs_approval(self) -> bool:
        """Whether an organiser has to approve; his invitation is his approval."""
        return self.requires_approval and not self.organises and not self.invited

    @property
    def seats(self) -> int:
        """Seats held now."""
        return 1 + (self.guests or 0) if self.status == "GOING" else 0

    def answer_of(self, username: str) -> Answer:
        """Return the answer as `seats` changes it; `username` is the viewer's."""
        return Answer(
            event_id=self.event_id,
            username=username,
            id=self.id,
            version=self.version,
            status=self.status,
            guests=self.guests or 0,
        )


class ParticipantRow(msgspec.Struct, frozen=True):
    """One participant of a page."""

    id: int
    username: str
    status: ParticipationStatus
    guests: int
    message: str | None
    position: int | None
    asked_again_at: datetime | None
    checked_in_at: datetime | None


_POSITION = """(CASE WHEN {p}.status = 'WAITLISTED' THEN (
    SELECT count(*) + 1 FROM event_participations w
    WHERE w.event_id = {p}.event_id AND w.status = 'WAITLISTED'
      AND (w.priority > {p}.priority OR (w.priority = {p}.priority AND w.seq < {p}.seq))
) END)"""

_ORGANISERS = """ARRAY(
    SELECT e.created_by_username WHERE e.created_by_username IS NOT NULL
    UNION ALL SELECT o.username FROM event_organisers o WHERE o.event_id = e.id AND o.role = 'CO_ORGANISER'
)"""

_AWAITED = (
    "EXISTS (SELECT FROM event_invitations i WHERE i.event_id = e.id AND i.invited_username = $1::text"
    " AND NOT i.is_responded)"
)
_MINE_COLUMNS = columns(
    Mine,
    "e",
    event_id="e.id",
    event_status="e.status",
    organises=f"coalesce({ORGANISES}, false)",
    organisers=_ORGANISERS,
    invited=INVITED,
    awaited=_AWAITED,
    id="my.id",
    status="my.status",
    guests="my.guests",
    message="my.message",
    version="my.version",
    position=_POSITION.format(p="my"),
    asked_again_at="my.asked_again_at",
    offered_until="my.offered_until",
)
MINE_SQL = f"SELECT {_MINE_COLUMNS} FROM events e {MINE} WHERE e.id = $2 AND {VISIBLE}"
_MINE_AGAIN = Statement(MINE_SQL.replace("$1::text", "CAST(:viewer AS text)").replace("$2", ":event_id"))

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
_ANSWERED = text("""
UPDATE event_invitations SET is_read = true, is_responded = true
WHERE event_id = :event_id AND invited_username = :username RETURNING NOT is_void
""")


class ParticipationRepository:
    """Answers to read; `seats` writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ledger = LedgerRepository(database)

    async def mine(self, event_id: int, viewer: str) -> Mine | None:
        """Return an event the viewer may see with his own answer, or None."""
        return await self._database.fetch_one(Mine, MINE_SQL, viewer, event_id)

    async def mine_within(self, session: AsyncSession, event_id: int, viewer: str) -> Mine | None:
        """Return the same as the transaction has it."""
        found = await _MINE_AGAIN.run(session, {"viewer": viewer, "event_id": event_id})
        return Mine(*found[0]) if found else None

    async def page(
        self, event_id: int, statuses: list[str], after: int, limit: int, *, without: Collection[str]
    ) -> list[ParticipantRow]:
        """Return participants in the order they answered, some of them left out."""
        return await self._database.fetch(ParticipantRow, _PAGE, event_id, statuses, after, limit, list(without))

    async def count(self, event_id: int, statuses: list[str]) -> int:
        """Return how many there are."""
        total: int = await self._database.fetch_value(_COUNT, event_id, statuses)
        return total

    async def mark_answered(self, session: AsyncSession, event_id: int, username: str) -> bool:
        """Note that who is invited has answered; return whether there is an invitation that holds."""
        return bool(await session.scalar(_ANSWERED, {"event_id": event_id, "username": username}))

    async def history(self, event_id: int, username: str) -> list[Past]:
        """Return what happened to somebody's seat, the latest of it, in order."""
        return await self._ledger.history(event_id, username)
