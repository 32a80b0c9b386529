"""What a person sees of the jobs of a module, and does about them."""

from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import text

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.schema import columns

State = Literal["waiting", "running", "failing", "parked", "scheduled"]

_STATE = """CASE
    WHEN parked_at IS NOT NULL THEN 'parked' WHEN token IS NOT NULL THEN 'running' WHEN tries > 0 THEN 'failing'
    WHEN cron IS NOT NULL AND due_at > $1 THEN 'scheduled' ELSE 'waiting' END"""
_BACKLOG = """
SELECT count(*) FILTER (WHERE due_at <= $1), count(parked_at), min(due_at) FILTER (WHERE due_at <= $1) FROM jobs
"""


class JobBacklog(msgspec.Struct, frozen=True):
    """How a queue stands."""

    waiting: int
    """Jobs whose time has come."""
    parked: int
    oldest_due: datetime | None
    """When the first of those that wait was due."""


class Job(msgspec.Struct, frozen=True):
    """One job; what it was told is not shown, it may be personal."""

    id: int
    name: str
    state: State
    cron: str | None
    created_at: datetime
    due_at: datetime | None
    """When it may be done; while it runs, until when its worker has it."""
    tries: int
    error: str | None


_LIST = f"""
SELECT {columns(Job, state=_STATE)} FROM jobs WHERE $2::text IS NULL OR {_STATE} = $2
ORDER BY parked_at DESC NULLS LAST, due_at, id LIMIT $3
"""
_RETRY = text("""
UPDATE jobs SET parked_at = NULL, tries = 0, due_at = :now
WHERE token IS NULL AND (id = :id OR CAST(:id AS bigint) IS NULL AND parked_at IS NOT NULL)
""")
_CANCEL = text("DELETE FROM jobs WHERE id = :id")


class JobRepository:
    """Looks into one queue."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def backlog(self) -> JobBacklog:
        """Return how it stands."""
        found = await self._database.fetch_one(JobBacklog, _BACKLOG, self._clock.now())
        return found or JobBacklog(0, 0, None)

    async def jobs(self, state: State | None, limit: int) -> list[Job]:
        """Return jobs: first what is parked, then what is due first."""
        return await self._database.fetch(Job, _LIST, self._clock.now(), state, limit)

    async def retry(self, job: int | None) -> int:
        """Have a job done now, or all that are parked for None; return how many."""
        async with self._database.transaction() as session:
            result = await session.execute(_RETRY, {"id": job, "now": self._clock.now()})
        return int(result.rowcount)  # type: ignore[attr-defined]

    async def cancel(self, job: int) -> bool:
        """Throw a job away; a worker that has it commits nothing more for it. Return whether there was one."""
        async with self._database.transaction() as session:
            result = await session.execute(_CANCEL, {"id": job})
        return bool(result.rowcount)  # type: ignore[attr-defined]
