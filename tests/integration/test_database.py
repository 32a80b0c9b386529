"""The pool: reads around the ORM, writes that have committed when they return, errors that mean what they say."""

import asyncio
from collections import Counter

import asyncpg
import msgspec
import pytest
from sqlalchemy import exc, text

from ijaa.shared import database as module
from ijaa.shared.database import Database, after_commit
from ijaa.shared.errors import TooSlow, Unavailable


class Pair(msgspec.Struct, frozen=True):
    number: int
    word: str


async def test_reads_come_as_structs(users_database: Database) -> None:
    rows = await users_database.fetch(Pair, "SELECT n, 'w' || n FROM generate_series(1, $1::int) n", 2)
    assert rows == [Pair(1, "w1"), Pair(2, "w2")]
    assert await users_database.fetch_one(Pair, "SELECT 1, 'x' WHERE false") is None
    assert await users_database.fetch_value("SELECT current_setting('TimeZone')") == "UTC"


async def test_a_transaction_has_committed_when_the_block_is_left(users_database: Database) -> None:
    # mutant: commit in a hook that runs with the response
    seen: list[int] = []

    async def look() -> None:
        seen.append(await users_database.fetch_value("SELECT count(*) FROM audit_log"))

    async with users_database.transaction() as session:
        await session.execute(text("INSERT INTO audit_log (at, action, details) VALUES (now(), 'test', '{}')"))
        after_commit(session, look)
        assert seen == []
    assert seen == [1]


async def test_an_error_leaves_nothing_and_runs_no_hook(users_database: Database) -> None:
    ran: list[bool] = []

    async def hook() -> None:
        ran.append(True)

    with pytest.raises(exc.DBAPIError):
        async with users_database.transaction() as session:
            after_commit(session, hook)
            await session.execute(text("INSERT INTO audit_log (at, action, details) VALUES (now(), 'test', '{}')"))
            await session.execute(text("SELECT 1/0"))
    assert await users_database.fetch_value("SELECT count(*) FROM audit_log") == 0
    assert ran == []


async def test_connections_killed_behind_our_back_are_replaced_unseen(
    users_database: Database, servers: dict[str, str], users_dsn: str
) -> None:
    # mutant: no look at the socket when a connection is taken from the pool
    await asyncio.gather(*(users_database.fetch_value("SELECT pg_sleep(0.05)") for _ in range(5)))
    superuser = await asyncpg.connect(servers["TEST_USERS_SUPERUSER_URL"])
    await superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", users_dsn.rpartition("/")[2]
    )
    await superuser.close()
    await asyncio.sleep(0.1)
    assert await users_database.fetch_value("SELECT 1") == 1
    async with users_database.transaction() as session:
        assert await session.scalar(text("SELECT 1")) == 1


async def test_no_place_in_the_pool_is_lost_when_connections_die(users_dsn: str, servers: dict[str, str]) -> None:
    # mutant: let a check-out that fails keep its place
    small, name = Database("users", users_dsn, pool_size=3), users_dsn.rpartition("/")[2]
    superuser = await asyncpg.connect(servers["TEST_USERS_SUPERUSER_URL"])
    try:
        for _ in range(4):
            await asyncio.gather(*(small.fetch_value("SELECT pg_sleep(0.05)") for _ in range(3)))
            await superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            await asyncio.sleep(0.05)
            assert await asyncio.gather(*(small.fetch_value("SELECT 1") for _ in range(3))) == [1, 1, 1]
        assert small.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    finally:
        await superuser.close()
        await small.dispose()


async def test_a_cancelled_read_gives_its_place_back(users_dsn: str) -> None:
    # mutant: invalidate only on errors of the database
    small = Database("users", users_dsn, pool_size=2)
    try:
        for _ in range(5):
            tasks = [asyncio.create_task(small.fetch_value("SELECT pg_sleep(1)")) for _ in range(2)]
            await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert await asyncio.gather(*(small.fetch_value("SELECT 1") for _ in range(2))) == [1, 1]
    finally:
        await small.dispose()


async def test_a_full_pool_answers_instead_of_waiting(users_dsn: str) -> None:
    small = Database("users", users_dsn, pool_size=1)
    try:
        busy = asyncio.create_task(small.fetch_value("SELECT pg_sleep(1)"))
        await asyncio.sleep(0.2)
        with pytest.raises(Unavailable):
            await small.fetch_value("SELECT 1")
        await busy
    finally:
        await small.dispose()


async def test_connections_are_given_in_the_order_they_are_asked_for(users_dsn: str) -> None:
    # mutant: SQLAlchemy's own queue, where whoever comes as one is free goes before those who wait
    small, times = Database("users", users_dsn, pool_size=2), Counter[int]()

    async def client(number: int) -> None:
        while max(times.values(), default=0) < 40:
            if number % 2:
                await small.fetch_value("SELECT 1")
            else:
                async with small.transaction() as session:
                    await session.execute(text("SELECT 1"))
            times[number] += 1

    try:
        await asyncio.gather(*(client(number) for number in range(12)))
        assert min(times.values()) >= 30, times
    finally:
        await small.dispose()


async def test_a_slow_statement_is_given_up(users_database: Database) -> None:
    with pytest.raises(Unavailable):
        async with users_database.transaction() as session:
            await session.execute(text("SET LOCAL statement_timeout = '50ms'"))
            await session.execute(text("SELECT pg_sleep(5)"))
    assert module.DEADLINE <= 2.0
    assert await users_database.fetch_value("SELECT 1") == 1


async def test_the_server_tells_of_a_slow_statement_before_we_give_it_up(users_database: Database) -> None:
    # mutant: leave it to the driver's timeout, after which nobody knows whether the statement or the database was slow
    with pytest.raises(TooSlow):
        await users_database.fetch_value("SELECT pg_sleep(5)")


async def test_a_command_has_longer_than_a_request(users_dsn: str) -> None:
    # mutant: the same two seconds where a command writes much at once
    patient = Database("users", users_dsn, deadline=module.COMMAND_DEADLINE)
    limits = "SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')"
    try:
        assert await patient.fetch_value(limits) == "54s 45s"
        assert await patient.fetch_value("SELECT pg_sleep(2.2)::text") == ""
    finally:
        await patient.dispose()


async def test_a_database_with_slow_statements_is_not_away(users_database: Database) -> None:
    # mutant: leave it to the client to end a statement that is slow, or waits for a lock
    lock = text("SELECT pg_advisory_xact_lock(7)")

    async def slow() -> None:
        await users_database.fetch_value("SELECT pg_sleep(3)")

    async def locked() -> None:
        async with users_database.transaction() as session:
            await session.execute(lock)

    async with users_database.transaction() as session:
        await session.execute(lock)
        waiting = [*(slow() for _ in range(5)), *(locked() for _ in range(3))]
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        await users_database.ping()
    assert all(isinstance(error, Unavailable) for error in ended), ended


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    nowhere = Database("users", "postgresql://ijaa_users_app:x@127.0.0.1:1/ijaa_users")
    with pytest.raises(Unavailable):
        await nowhere.fetch_value("SELECT 1")
    with pytest.raises(Unavailable):
        async with nowhere.transaction() as session:
            await session.execute(text("SELECT 1"))
    await nowhere.dispose()


async def test_both_ways_are_observed(users_database: Database) -> None:
    # mutant: observe the ORM's statements alone
    seen: list[str] = []
    users_database.observers.append(lambda _database, statement, _seconds: seen.append(statement))
    await users_database.fetch_value("SELECT 1")
    async with users_database.transaction() as session:
        await session.execute(text("SELECT 2"))
    assert seen == ["SELECT 1", "SELECT 2"]
