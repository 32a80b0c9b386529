"""What a person sees of an outbox, and does about what is parked."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.schema import columns

_STATUS = """
SELECT count(*) FILTER (WHERE parked_at IS NULL), count(*) FILTER (WHERE tries > 0 AND parked_at IS NULL),
    count(parked_at), min(created_at) FILTER (WHERE parked_at IS NULL)
FROM outbox
"""


class Backlog(msgspec.Struct, frozen=True):
    """How an outbox stands."""

    waiting: int
    """Messages under way, those that failed before among them."""
    failing: int
    parked: int
    oldest: datetime | None
    """When the oldest one under way was written."""


class Parked(msgspec.Struct, frozen=True):
    """A message that was given up after its last try; what it says is not shown, it may be personal."""

    seq: int
    id: UUID
    type: str
    created_at: datetime
    parked_at: datetime
    error: str


_PARKED = f"SELECT {columns(Parked)} FROM outbox WHERE parked_at IS NOT NULL ORDER BY seq LIMIT $1"
_RETRY = text("""
UPDATE outbox SET parked_at = NULL, tries = 0, error = NULL, due_at = :now
WHERE parked_at IS NOT NULL AND (CAST(:id AS uuid) IS NULL OR id = :id)
""")
_DISCARD = text("DELETE FROM outbox WHERE parked_at IS NOT NULL AND id = :id")


class OutboxRepository:
    """Looks into one outbox."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def backlog(self) -> Backlog:
        """Return how it stands."""
        found = await self._database.fetch_one(Backlog, _STATUS)
        return found or Backlog(0, 0, 0, None)

    async def parked(self, limit: int) -> list[Parked]:
        """Return what is parked, the oldest first."""
        return await self._database.fetch(Parked, _PARKED, limit)

    async def retry(self, message: UUID | None) -> int:
        """Send a parked message again, or all of them for None; return how many."""
        async with self._database.transaction() as session:
            result = await session.execute(_RETRY, {"id": message, "now": self._clock.now()})
        return int(result.rowcount)  # type: ignore[attr-defined]

    async def discard(self, message: UUID) -> bool:
        """Throw a parked message away; return whether there was one."""
        async with self._database.transaction() as session:
            result = await session.execute(_DISCARD, {"id": message})
        return bool(result.rowcount)  # type: ignore[attr-defined]
