"""Jobs: work that is put off, as rows written in the transaction of its reason.

A worker claims a job for a while and finishes it in the transaction of the job's effect: whoever holds the claim no
longer can do neither, and a worker that dies leaves both undone.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from cronsim import CronSim
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database, after_commit

P = TypeVar("P")

TRIES = 8
"""After as many failures, about 20 minutes, a job is parked: it waits for a person."""
LEASE = timedelta(seconds=30)
"""How long a job belongs to a worker that says nothing more."""
CRON = "cron"
"""The key of a job that comes again by itself."""

_PUT = text("""
INSERT INTO jobs (name, key, payload, created_at, due_at)
SELECT :name, key, payload, :now, :due
FROM jsonb_to_recordset(CAST(:jobs AS jsonb)) AS given(key text, payload jsonb) ON CONFLICT DO NOTHING
""")
_FORGET = text("DELETE FROM jobs WHERE name = :name AND key = :key")
_HOLD = text("SELECT FROM jobs WHERE id = :id AND token = :token FOR KEY SHARE")  # a heartbeat may pass, no claim may
_FINISH = text("DELETE FROM jobs WHERE id = :id AND token = :token")
_AGAIN = text("""
UPDATE jobs SET due_at = :due, token = NULL, tries = 0, error = NULL WHERE id = :id AND token = :token
""")
_PROGRESS = text("UPDATE jobs SET tries = 1 WHERE id = :id AND token = :token")


class JobFailed(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """What a job is there for did not work out this time; its text says why and may be stored."""


class ClaimLost(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """Another worker has the job, or somebody cancelled it: nothing more may be done for it here."""


def jobs_table(metadata: MetaData) -> Table:
    """Declare the queue in a module's database."""
    return Table(
        "jobs",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("name", String(60), nullable=False),
        Column("key", String(100)),
        Column("payload", JSONB, nullable=False),
        Column("cron", String(100)),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("due_at", DateTime(timezone=True)),  # while a worker has it: when it is free again
        Column("tries", Integer, nullable=False, server_default=text("0")),
        Column("token", Uuid),
        Column("error", String(200)),
        Column("parked_at", DateTime(timezone=True)),
        Index("idx_jobs_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("idx_jobs_parked_at", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
        Index("uq_jobs_key", "name", "key", unique=True),
    )


@dataclass
class Claim(Generic[P]):
    """A job in hand."""

    id: int
    name: str
    payload: P
    tries: int
    """How often it was claimed since something of it was done, this time included."""
    token: UUID
    database: Database = field(repr=False)
    again_at: datetime | None = None
    """When it is due again, for one that comes again by itself."""
    finished: bool = False

    @asynccontextmanager
    async def effect(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction nobody else can have for this job: for a portion of its work.

        A portion that is done is progress: the tries before it count no more, so that a long job outlives as many
        workers as it must.

        Raises:
            ClaimLost: the job is not ours any more; nothing of the transaction happens.

        """
        async with self.database.transaction() as session:
            await self._fenced(session, _HOLD)
            yield session
            if self.tries > 1:
                await self._fenced(session, _PROGRESS)  # last: a heartbeat waits for it
        self.tries = 1

    @asynccontextmanager
    async def finish(self) -> AsyncIterator[AsyncSession]:
        """Open the transaction with which the job is done, or nothing of it happened.

        Raises:
            ClaimLost: the job is not ours any more; nothing of the transaction happens.

        """
        async with self.database.transaction() as session:
            await self._fenced(session, _AGAIN if self.again_at else _FINISH)
            yield session
        self.finished = True

    async def _fenced(self, session: AsyncSession, statement: Any) -> None:
        bound = {"id": self.id, "token": self.token}
        found: Any = await session.execute(statement, bound | ({"due": self.again_at} if statement is _AGAIN else {}))
        if not found.rowcount:
            raise ClaimLost(f"job {self.id} ({self.name})")


@dataclass(frozen=True)
class Kind(Generic[P]):
    """One kind of job: what it takes and what is done about it."""

    name: str
    payload: type[P]
    run: Callable[[Claim[P]], Awaitable[None]]
    """Leaves the claim finished, or has it finished once it returns: then its effect may happen twice."""
    tries: int = TRIES
    cron: str | None = None
    """When it comes by itself (crontab(5), UTC); its payload is then `NoPayload`."""

    def next_after(self, moment: datetime) -> datetime | None:
        """Return when it comes again."""
        return next(CronSim(self.cron, moment)) if self.cron else None


class NoPayload(msgspec.Struct, frozen=True):
    """A job that needs to be told nothing."""


class JobQueue:
    """The jobs of one module."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self._woken: list[Callable[[], None]] = []

    async def put(
        self, session: AsyncSession, name: str, payload: Any, *, key: str | None = None, due: datetime | None = None
    ) -> None:
        """Queue a job in the transaction of its reason; `due` is when at the earliest.

        While a job of the same name and `key` (≤ 100 characters) is not finished, another one is left out.
        """
        await self.put_each(session, name, [(key, payload)], due=due)

    async def put_each(
        self, session: AsyncSession, name: str, jobs: Iterable[tuple[str | None, Any]], *, due: datetime | None = None
    ) -> None:
        """Queue many jobs of one kind at once, each a key and a payload, as `put` does one."""
        now = self.clock.now()
        said = msgspec.json.encode([{"key": key, "payload": payload} for key, payload in jobs]).decode()
        await session.execute(_PUT, {"name": name, "jobs": said, "now": now, "due": due or now})
        after_commit(session, self._wake)

    async def forget(self, session: AsyncSession, name: str, key: str) -> None:
        """Take back what `put` queued."""
        await session.execute(_FORGET, {"name": name, "key": key})

    def on_put(self, wake: Callable[[], None]) -> None:
        """Call `wake` once a transaction with jobs has committed in this process."""
        self._woken.append(wake)

    async def _wake(self) -> None:
        for wake in self._woken:
            wake()
