"""No job is lost and none has its effect twice, whatever is killed or frozen (guarantees: faults)."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.jobs import JobQueue
from tests.faults.relaying import TABLE, Counted
from tests.faults.working import LEASE
from tests.figures import report

WORKERS = 3


@pytest.fixture(autouse=True)
async def effects(servers: dict[str, str], events_database: Database) -> None:
    """Make the table of effects."""
    superuser = make_url(servers["TEST_EVENTS_SUPERUSER_URL"]).set(database=make_url(events_database.url).database)
    connection = await asyncpg.connect(superuser.render_as_string(hide_password=False))
    await connection.execute(TABLE)
    await connection.close()


async def _disturbed(events: Database, *, jobs: int, blows: int, fenced: bool = True) -> Counter[str]:
    """Have jobs done by workers of which one is killed, or frozen past its lease, as often; count the effects."""
    environ = {**os.environ, "EVENTS": events.url, "FENCED": str(int(fenced))}
    chance = random.Random(5)  # noqa: S311 - chaos, no secret
    queue = JobQueue(events, SystemClock())

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.working",
            env=environ, cwd=Path(__file__).parents[2], stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def done() -> int:
        return int(await events.fetch_value("SELECT count(*) FROM effects"))

    workers = [await start() for _ in range(WORKERS)]
    waking = []
    try:
        portion = jobs // blows
        for blow in range(blows):
            before = await done()
            await _put(queue, blow * portion, portion)
            async with asyncio.timeout(60):
                while await done() == before:  # a worker that does nothing yet is hit for nothing
                    await asyncio.sleep(0.005)
            await asyncio.sleep(chance.uniform(0, 0.03))
            victim = chance.randrange(WORKERS)
            if blow % 2:
                workers[victim].send_signal(signal.SIGSTOP)
                waking.append(asyncio.create_task(_wake(workers[victim])))
                continue
            workers[victim].send_signal(signal.SIGKILL)
            await workers[victim].wait()
            workers[victim] = await start()
        await asyncio.gather(*waking)
        async with asyncio.timeout(120):
            while await events.fetch_value("SELECT count(*) FROM jobs"):
                await asyncio.sleep(0.1)
    finally:
        for worker in workers:
            worker.kill()
            await worker.wait()
    rows = await events.fetch(lambda name, times: (name, times), "SELECT name, count(*) FROM effects GROUP BY name")
    return Counter(dict(rows))


async def _put(queue: JobQueue, first: int, number: int) -> None:
    for start in range(first, first + number, 50):
        async with queue.database.transaction() as session:
            for name in range(start, min(start + 50, first + number)):
                await queue.put(session, "count", Counted(name=f"n{name}"))


async def _wake(worker: asyncio.subprocess.Process) -> None:
    await asyncio.sleep(LEASE.total_seconds() * 1.5)
    with suppress(ProcessLookupError):  # killed meanwhile
        worker.send_signal(signal.SIGCONT)


async def test_workers_that_are_killed_or_frozen_lose_nothing_and_double_nothing(events_database: Database) -> None:
    # mutants: finish by id alone; have the effect in a transaction of its own
    found = await _disturbed(events_database, jobs=1200, blows=4)
    assert (len(found), set(found.values())) == (1200, {1})


@pytest.mark.long
async def test_fifty_kills_and_fifty_freezes_over_ten_thousand_jobs(events_database: Database) -> None:
    found = await _disturbed(events_database, jobs=10_000, blows=100)
    assert (len(found), set(found.values())) == (10_000, {1})


@pytest.mark.long
async def test_an_effect_apart_from_the_end_of_its_job_is_doubled_by_the_same_blows(events_database: Database) -> None:
    found = await _disturbed(events_database, jobs=10_000, blows=50, fenced=False)
    report(f"{sum(times > 1 for times in found.values())} of {len(found)} effects were doubled")
    assert len(found) == 10_000
    assert set(found.values()) != {1}
