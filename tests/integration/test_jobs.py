"""Jobs: queued with their reason, done with their effect, by whoever holds the claim and nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from sqlalchemy import make_url, text

from ijaa.shared.clock import FrozenClock, SystemClock
from ijaa.shared.database import Database
from ijaa.shared.job_repository import JobRepository
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import LEASE, TRIES, Claim, ClaimLost, JobFailed, JobQueue, Kind, NoPayload
from ijaa.shared.purge import Purge, purge

Run = Callable[[Claim["Note"]], Awaitable[None]]


class Note(msgspec.Struct, frozen=True):
    """What the jobs of these tests are told."""

    name: str


@pytest.fixture(autouse=True)
async def effects(servers: dict[str, str], users_database: Database) -> None:
    """Make the table of effects."""
    superuser = make_url(servers["TEST_USERS_SUPERUSER_URL"]).set(database=make_url(users_database.url).database)
    connection = await asyncpg.connect(superuser.render_as_string(hide_password=False))
    await connection.execute("CREATE TABLE effects (name text, at timestamptz); GRANT ALL ON effects TO ijaa_users_app")
    await connection.close()


@pytest.fixture
def queue(users_database: Database, clock: FrozenClock) -> JobQueue:
    """Return the queue of the users database."""
    return JobQueue(users_database, clock)


async def have_effect(claim: Claim[Note]) -> None:
    """Do the job."""
    async with claim.finish() as session:
        await session.execute(text("INSERT INTO effects VALUES (:name, now())"), {"name": claim.payload.name})


async def fail(claim: Claim[Note]) -> None:
    """Do half of the job."""
    async with claim.finish() as session:
        await session.execute(text("INSERT INTO effects VALUES (:name, now())"), {"name": claim.payload.name})
        raise JobFailed("not today")


def runner(queue: JobQueue, run: Run = have_effect, **options: Any) -> JobRunner:
    """Return a worker for notes."""
    lease = options.pop("lease", LEASE)
    return JobRunner(queue, [Kind("note", Note, run, **options)], lease=lease)


async def put(queue: JobQueue, *names: str, **options: Any) -> None:
    """Queue notes."""
    async with queue.database.transaction() as session:
        for name in names:
            await queue.put(session, "note", Note(name), **options)


async def done(queue: JobQueue) -> list[str]:
    """Return the effects there were."""
    return await queue.database.fetch(str, "SELECT name FROM effects ORDER BY name")


async def left(queue: JobQueue) -> list[tuple[str, int, str | None]]:
    """Return state, tries and error of what is queued."""
    return [(one.state, one.tries, one.error) for one in await JobRepository(queue.database, queue.clock).jobs(None, 9)]


async def test_a_job_comes_with_its_reason_or_not_at_all(queue: JobQueue) -> None:
    # mutant: put on a connection of its own
    with pytest.raises(ZeroDivisionError):
        async with queue.database.transaction() as session:
            await queue.put(session, "note", Note("never"))
            _ = 1 / 0
    await put(queue, "once")
    assert await runner(queue).run_due() == 1
    assert await runner(queue).run_due() == 0
    assert await done(queue) == ["once"]


async def test_what_fails_leaves_no_effect_waits_longer_each_time_and_is_parked(
    queue: JobQueue, clock: FrozenClock
) -> None:
    # mutants: finish in another transaction; a back-off that does not grow; try for ever
    await put(queue, "never")
    worker, waits = runner(queue, fail), []
    for _ in range(TRIES):
        before = clock.at
        while not await worker.run_due():
            clock.at += timedelta(seconds=5)
        waits.append((clock.at - before).total_seconds())
    assert waits == [0, 10, 20, 40, 80, 160, 320, 640]
    clock.at += timedelta(days=9)
    assert await worker.run_due() == 0
    assert await left(queue) == [("parked", TRIES, "not today")]
    assert await done(queue) == []
    assert await JobRepository(queue.database, clock).retry(None) == 1
    assert await runner(queue).run_due() == 1
    assert await done(queue) == ["never"]


async def test_a_worker_that_was_frozen_past_its_lease_commits_nothing(queue: JobQueue, clock: FrozenClock) -> None:
    # mutants: finish by id alone; note a failure by id alone
    frozen, woken = asyncio.Event(), asyncio.Event()

    async def freeze(claim: Claim[Note]) -> None:
        frozen.set()
        await woken.wait()
        await have_effect(claim)

    async def freeze_and_fail(claim: Claim[Note]) -> None:
        await freeze(claim)
        raise AssertionError("not reached: the claim is lost before")

    await put(queue, "one")
    zombie = asyncio.create_task(runner(queue, freeze_and_fail).run_due())
    await frozen.wait()
    clock.at += LEASE + timedelta(seconds=1)

    async def meanwhile(claim: Claim[Note]) -> None:
        woken.set()
        await zombie  # its end must not touch what this one has
        await have_effect(claim)

    assert await runner(queue, meanwhile).run_due() == 1
    assert await done(queue) == ["one"]
    assert await left(queue) == []


async def test_a_portion_too_is_refused_to_who_holds_the_job_no_longer(queue: JobQueue, clock: FrozenClock) -> None:
    # mutant: an effect that does not look at the token
    seen: list[type[BaseException]] = []

    async def portions(claim: Claim[Note]) -> None:
        async with claim.effect() as session:
            await session.execute(text("INSERT INTO effects VALUES ('first', now())"))
        await JobRepository(queue.database, clock).cancel(claim.id)
        try:
            async with claim.effect() as session:
                await session.execute(text("INSERT INTO effects VALUES ('second', now())"))
        except ClaimLost:
            seen.append(ClaimLost)
            raise

    await put(queue, "x")
    await runner(queue, portions).run_due()
    assert seen == [ClaimLost]
    assert await done(queue) == ["first"]
    assert await left(queue) == []


async def test_a_job_that_gets_on_outlives_more_workers_than_one_that_does_not(
    queue: JobQueue, clock: FrozenClock
) -> None:
    # mutants: count tries over all portions; note progress apart from its portion; fail with the tries of the claim
    async def portion_then(claim: Claim[Note], end: Callable[[], Awaitable[None]]) -> None:
        async with claim.effect() as session:
            await session.execute(text("INSERT INTO effects VALUES (:name, now())"), {"name": claim.payload.name})
        await end()

    async def die() -> None:
        raise asyncio.CancelledError

    async def stumble() -> None:
        raise JobFailed("one portion is too long")

    await put(queue, "x")
    for _ in range(TRIES):  # dies without a portion, every second time
        for run in (lambda _: die(), lambda claim: portion_then(claim, die)):
            with pytest.raises(asyncio.CancelledError):
                await _without_giving_back(runner(queue, run)).run_due()
            clock.at += LEASE + timedelta(seconds=1)
    assert await runner(queue, lambda claim: portion_then(claim, stumble)).run_due() == 1
    assert await left(queue) == [("failing", 1, "one portion is too long")]
    assert await done(queue) == ["x"] * (TRIES + 1)


def _without_giving_back(worker: JobRunner) -> JobRunner:
    """Make a worker die as one that is killed: it gives nothing back."""

    async def nothing(_: object) -> None:
        pass

    worker._give_back = nothing  # type: ignore[method-assign]
    return worker


async def test_a_long_job_is_kept_by_its_heartbeat_and_ended_without_its_claim(queue: JobQueue) -> None:
    # mutants: no heartbeat; a heartbeat that does not look at the token; one that lets the work go on
    lease = timedelta(seconds=1.5)
    ended = asyncio.Event()

    async def long(claim: Claim[Note]) -> None:
        try:
            await asyncio.sleep(3 if claim.payload.name == "long" else 30)
        except asyncio.CancelledError:
            ended.set()
            raise
        await have_effect(claim)

    queue.clock = SystemClock()
    await put(queue, "long")
    task = asyncio.create_task(runner(queue, long, lease=lease).run_due())
    await asyncio.sleep(2.2)
    assert await runner(queue, lease=lease).run_due() == 0
    await task
    assert await done(queue) == ["long"]

    await put(queue, "longer")
    task = asyncio.create_task(runner(queue, long, lease=lease).run_due())
    while not await left(queue) or (await left(queue))[0][0] != "running":
        await asyncio.sleep(0.01)
    job = await queue.database.fetch_value("SELECT id FROM jobs")
    await JobRepository(queue.database, queue.clock).cancel(job)
    async with asyncio.timeout(20):
        await task
    assert ended.is_set()
    assert await done(queue) == ["long"]


async def test_one_of_a_key_waits_at_a_time(queue: JobQueue, clock: FrozenClock) -> None:
    # mutants: a key that is not unique; one that outlives its job
    await put(queue, "first", key="k", due=clock.at + timedelta(hours=1))
    await put(queue, "second", key="k")
    assert await runner(queue).run_due() == 0
    clock.at += timedelta(hours=1)
    assert await runner(queue).run_due() == 1
    await put(queue, "third", key="k")
    assert await runner(queue).run_due() == 1
    assert await done(queue) == ["first", "third"]


async def test_a_job_that_kills_its_workers_is_parked(queue: JobQueue, clock: FrozenClock) -> None:
    # mutant: count failures, not claims
    await put(queue, "deadly")
    for _ in range(TRIES):
        assert len(await runner(queue)._claim(9)) == 1
        clock.at += LEASE + timedelta(seconds=1)
    await runner(queue).run_due()
    assert await left(queue) == [("parked", TRIES + 1, "every worker that had it died")]
    assert await done(queue) == []


async def test_many_workers_do_each_job_once(queue: JobQueue) -> None:
    # mutant: claim without SKIP LOCKED and without a token
    names = [f"n{number:03}" for number in range(120)]
    await put(queue, *names)
    workers = [runner(queue) for _ in range(4)]
    while any(await asyncio.gather(*(worker.run_due(7) for worker in workers))):
        pass
    assert await done(queue) == names


async def test_what_comes_by_itself_comes_when_it_should_and_is_never_given_up(
    queue: JobQueue, clock: FrozenClock
) -> None:
    # mutants: two rows for two workers; a schedule that stays as it was; park it; forget it after its end
    came = []

    async def nightly(claim: Claim[NoPayload]) -> None:
        came.append(clock.at)
        async with claim.effect():
            if len(came) > 1:
                raise JobFailed("no")

    def at(cron: str) -> JobRunner:
        return JobRunner(queue, [Kind("nightly", NoPayload, nightly, cron=cron)])

    clock.at = clock.at.replace(hour=1, minute=0, second=0, microsecond=0)
    night = clock.at.replace(hour=3, minute=0)
    for worker in (at("0 2 * * *"), at("0 3 * * *"), at("0 3 * * *")):
        await worker.schedule()
    worker = at("0 3 * * *")
    clock.at = night - timedelta(seconds=1)
    assert await worker.run_due() == 0
    clock.at = night
    assert await worker.run_due() == 1
    assert await left(queue) == [("scheduled", 0, None)]
    clock.at = night + timedelta(days=1)
    for _ in range(TRIES):
        assert await worker.run_due() == 1
        clock.at += timedelta(seconds=640)
    assert await left(queue) == [("scheduled", 0, "no")]
    due = await queue.database.fetch_value("SELECT due_at FROM jobs")
    assert due == night + timedelta(days=2)


async def test_a_worker_that_is_stopped_gives_back_what_it_could_not_end(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: leave it to its lease; count it as a failure
    monkeypatch.setattr("ijaa.shared.job_runner.DRAIN", 0.1)
    begun = asyncio.Event()

    async def long(claim: Claim[Note]) -> None:
        begun.set()
        await asyncio.sleep(30 if claim.payload.name == "long" else 0.05)
        await have_effect(claim)

    await put(queue, "long", "short")
    async with runner(queue, long).run():
        await begun.wait()
    assert await done(queue) == ["short"]
    assert await left(queue) == [("waiting", 0, None)]


async def test_a_worker_is_woken_by_what_is_put_beside_it(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    # mutant: look once in a while only
    monkeypatch.setattr("ijaa.shared.job_runner.POLL", 60.0)
    async with runner(queue).run():
        await asyncio.sleep(0.1)
        for number in range(5):
            await put(queue, f"n{number}")
            async with asyncio.timeout(20):
                while len(await done(queue)) <= number:
                    await asyncio.sleep(0.005)


async def test_a_purge_deletes_what_is_old_in_portions_and_nothing_else(
    queue: JobQueue, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: delete what is NULL; stop after the first portion
    monkeypatch.setattr("ijaa.shared.purge.PORTION", 3)
    async with queue.database.transaction() as session:
        for name, days in (("old", 11), ("new", 8)):
            at = clock.at - timedelta(days=days)
            for _ in range(7):
                await session.execute(text("INSERT INTO effects VALUES (:name, :at)"), {"name": name, "at": at})
        await session.execute(text("INSERT INTO effects VALUES ('never', NULL)"))
    worker = JobRunner(queue, [purge([Purge("effects", "at", timedelta(days=10))], clock)])
    await worker.schedule()
    clock.at += timedelta(days=1)  # the night has come, wherever in the day this began
    assert await worker.run_due() == 1
    assert await done(queue) == ["never", *["new"] * 7]
