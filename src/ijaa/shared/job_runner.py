"""The worker: does the jobs of one module, of which any number may run beside each other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import text

from ijaa.shared.errors import Unavailable
from ijaa.shared.jobs import CRON, LEASE, Claim, ClaimLost, JobFailed, JobQueue, Kind
from ijaa.shared.metrics import JOBS
from ijaa.shared.tasks import background, stop

log = structlog.get_logger("ijaa.jobs")

AT_ONCE = 4
POLL = 1.0
"""Seconds between looks when nothing wakes the worker: another process may have put a job, or its time has come."""
DRAIN = 10.0
"""Seconds jobs under way have once the worker is asked to stop."""

_SCHEDULE = text("""
INSERT INTO jobs (name, key, payload, cron, created_at, due_at) VALUES (:name, :key, '{}', :cron, :now, :due)
ON CONFLICT (name, key) DO UPDATE SET cron = excluded.cron, due_at = excluded.due_at
WHERE jobs.cron <> excluded.cron
""")
_IS_DUE = "SELECT EXISTS (SELECT FROM jobs WHERE due_at <= $1 AND name = ANY ($2::text[]))"
_CLAIM = text("""
UPDATE jobs SET token = gen_random_uuid(), due_at = :leased, tries = tries + 1
WHERE id IN (
    SELECT id FROM jobs WHERE due_at <= :now AND name = ANY (CAST(:names AS text[]))
    ORDER BY due_at, id LIMIT :number FOR UPDATE SKIP LOCKED
)
RETURNING id, name, payload::text AS payload, tries, token
""")
_BEAT = text("UPDATE jobs SET due_at = :leased WHERE id = :id AND token = :token")
_RELEASE = text("UPDATE jobs SET token = NULL, due_at = :now, tries = tries - 1 WHERE id = :id AND token = :token")
_FAILED = text("""
UPDATE jobs SET token = NULL, error = :why, due_at = :due, parked_at = :parked, tries = :tries
WHERE id = :id AND token = :token
""")


class _Row(msgspec.Struct, frozen=True):
    id: int
    name: str
    payload: str
    tries: int
    token: UUID


class JobRunner:
    """Does what is due, a few jobs at once."""

    def __init__(self, queue: JobQueue, kinds: Sequence[Kind[Any]], *, lease: timedelta = LEASE) -> None:
        self._queue, self._database, self._clock = queue, queue.database, queue.clock
        self._kinds = {kind.name: kind for kind in kinds}
        self._names = list(self._kinds)
        self._lease = lease
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        queue.on_put(self._wake.set)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Work for as long as the block runs; then jobs under way may end, and what does not is given back."""
        try:
            async with background(f"worker-{self._database.name}", self._run):
                yield
        finally:
            if self._running:
                await asyncio.wait(self._running, timeout=DRAIN)
            await stop(self._running)

    async def schedule(self) -> None:
        """Write down when what comes by itself comes next, unless that is known."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            for kind in self._kinds.values():
                if kind.cron:
                    due = kind.next_after(now)
                    given = {"name": kind.name, "key": CRON, "cron": kind.cron, "now": now, "due": due}
                    await session.execute(_SCHEDULE, given)

    async def run_due(self, number: int = 100) -> int:
        """Do what is due, at most so many jobs, and return how many there were."""
        claimed = await self._claim(number)
        await asyncio.gather(*(self._work(row) for row in claimed))
        return len(claimed)

    async def _run(self) -> None:
        scheduled = False
        while True:
            self._wake.clear()
            try:
                if not scheduled:
                    await self.schedule()
                    scheduled = True
                free = AT_ONCE - len(self._running)
                for row in await self._claim(free) if free else ():
                    task = asyncio.create_task(self._work(row), name=f"job-{row.name}-{row.id}")
                    self._running.add(task)
                    task.add_done_callback(self._ended)
                if free and len(self._running) == AT_ONCE:
                    continue
            except Unavailable as error:
                log.warning("jobs wait for the database", module=self._database.name, detail=error.detail)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._wake.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()

    async def _claim(self, number: int) -> list[_Row]:
        now = self._clock.now()
        if not await self._database.fetch_value(_IS_DUE, now, self._names):
            return []
        given = {"now": now, "leased": now + self._lease, "names": self._names, "number": number}
        async with self._database.transaction() as session:
            rows = (await session.execute(_CLAIM, given)).all()
        return [_Row(*row) for row in rows]

    async def _work(self, row: _Row) -> None:
        kind = self._kinds[row.name]
        held: _Row | Claim[Any] = row
        outcome = "failed"
        try:
            if row.tries > kind.tries:
                raise JobFailed("every worker that had it died")  # noqa: TRY301 - the same end as any failure
            payload = msgspec.json.decode(row.payload, type=kind.payload)
            again = kind.next_after(self._clock.now())
            held = claim = Claim(row.id, row.name, payload, row.tries, row.token, self._database, again)
            outcome = await self._hold(kind, claim)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(row))
            raise
        except Unavailable as error:
            log.warning("a job waits for what is away", job=row.name, id=row.id, detail=error.detail)
            await self._fail(kind, held, "Unavailable")
        except JobFailed as error:
            log.warning("a job failed", job=row.name, id=row.id, tries=held.tries, why=str(error))
            await self._fail(kind, held, str(error)[:200])
        except Exception as error:
            log.exception("a job failed", job=row.name, id=row.id, tries=held.tries)
            await self._fail(kind, held, type(error).__name__)
        JOBS.labels(self._database.name, row.name, outcome).inc()

    async def _hold(self, kind: Kind[Any], claim: Claim[Any]) -> str:
        """Do one job while saying that we are at it; a claim that is lost ends it."""
        work = asyncio.create_task(self._do(kind, claim))
        beating = asyncio.create_task(self._beat(claim, work))
        try:
            await work
        except ClaimLost:
            log.warning("a job was taken from this worker, which did nothing for it", job=claim.name, id=claim.id)
            return "lost"
        except asyncio.CancelledError:
            if beating.done() and not beating.cancelled():  # it was the heartbeat that ended it
                log.warning("a job was taken from this worker, which was ended", job=claim.name, id=claim.id)
                return "lost"
            raise
        finally:
            await stop([work, beating])
        return "done"

    @staticmethod
    async def _do(kind: Kind[Any], claim: Claim[Any]) -> None:
        await kind.run(claim)
        if not claim.finished:
            async with claim.finish():
                pass

    async def _beat(self, claim: Claim[Any], work: asyncio.Task[None]) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            given = {"id": claim.id, "token": claim.token, "leased": self._clock.now() + self._lease}
            try:
                async with self._database.transaction() as session:
                    found: Any = await session.execute(_BEAT, given)
            except Unavailable:
                continue  # the database is down, or the job holds its row in the transaction it finishes with
            if not found.rowcount and not claim.finished:
                work.cancel()
                return

    async def _give_back(self, row: _Row) -> None:
        given = {"id": row.id, "token": row.token, "now": self._clock.now()}
        with suppress(Unavailable):
            async with self._database.transaction() as session:
                await session.execute(_RELEASE, given)

    async def _fail(self, kind: Kind[Any], held: _Row | Claim[Any], why: str) -> None:
        now, tries = self._clock.now(), held.tries
        due: datetime | None = now + timedelta(seconds=min(5 * 2**tries, 3600))
        parked = None
        if tries >= kind.tries:
            due, tries = kind.next_after(now), 0 if kind.cron else tries  # what comes by itself is never given up
            parked = None if kind.cron else now
        given = {"id": held.id, "token": held.token, "why": why, "due": due, "parked": parked, "tries": tries}
        with suppress(Unavailable):  # else its lease runs out
            async with self._database.transaction() as session:
                await session.execute(_FAILED, given)
