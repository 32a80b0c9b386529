"""No message is lost and none has its effect twice, whatever is killed (guarantees: faults)."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis
from sqlalchemy import make_url

from ijaa.shared.clock import FrozenClock, SystemClock
from ijaa.shared.database import Database
from ijaa.shared.inbox import Inbox, Subscription, subscriptions
from ijaa.shared.outbox import Outbox
from tests.faults.relaying import NAMES, TABLE, Counted, count
from tests.figures import report
from tests.patient import patient

Killed = Callable[..., Awaitable[Counter[str]]]
DEATHS = 3
TOGETHER, APART = ("direct", "direct"), ("send", "receive", "receive")


@pytest.fixture(autouse=True)
async def effects(servers: dict[str, str], events_database: Database) -> None:
    """Make the table of effects."""
    superuser = make_url(servers["TEST_EVENTS_SUPERUSER_URL"]).set(database=make_url(events_database.url).database)
    connection = await asyncpg.connect(superuser.render_as_string(hide_password=False))
    await connection.execute(TABLE)
    await connection.close()


@pytest.fixture
async def redis(servers: dict[str, str]) -> AsyncIterator[Redis]:
    """Give a client of a Redis that holds nothing."""
    client = patient(servers["IJAA_REDIS_URL"])
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def killed(servers: dict[str, str], users_database: Database, events_database: Database, redis: Redis) -> Killed:
    """Return what carries messages through processes that are killed, and counts their effects."""
    environ = {"USERS": users_database.url, "EVENTS": events_database.url, "REDIS": servers["IJAA_REDIS_URL"]}
    return partial(_killed, users_database, events_database, redis, environ)


_NUMBER = "SELECT count(*) FROM effects"


async def _killed(
    users: Database, events: Database, redis: Redis, environ: Mapping[str, str], *, messages: int, kills: int,
    roles: Sequence[str] = TOGETHER, inbox: str = "real", flush_every: int = 0,
) -> Counter[str]:  # fmt: skip
    """Carry messages through processes that are killed as often, and return how often each had its effect.

    Redis loses all it holds with every `flush_every`-th kill.
    """
    command = sys.executable, "-m", "tests.faults.relaying"
    chance = random.Random(7)  # noqa: S311 - chaos, no secret
    outbox = Outbox(users, SystemClock())

    async def start(role: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *command,
            role,
            env={**os.environ, **environ, "INBOX": inbox},
            cwd=Path(__file__).parents[2],
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def publish(first: int, number: int) -> None:
        for start in range(first, first + number, 20):
            async with users.transaction() as session:
                await outbox.publish(session, *(Counted(name=f"n{n}") for n in range(start, start + 20)))

    relays = [await start(role) for role in roles]
    try:
        portion = messages // kills
        for kill in range(kills):
            before = await events.fetch_value(_NUMBER)
            publishing = asyncio.create_task(publish(kill * portion, portion))
            async with asyncio.timeout(60):
                while (
                    await events.fetch_value(_NUMBER) == before
                ):  # a relay that does nothing yet is killed for nothing
                    await asyncio.sleep(0.005)
            await asyncio.sleep(chance.uniform(0, 0.03))
            if flush_every and kill % flush_every == 0:
                await redis.flushall()
            victim = chance.randrange(len(roles))
            relays[victim].send_signal(signal.SIGKILL)
            await relays[victim].wait()
            relays[victim] = await start(roles[victim])
            await publishing
        async with asyncio.timeout(120):
            while await _under_way(users, redis):
                await asyncio.sleep(0.1)
    finally:
        for relay in relays:
            relay.kill()
            await relay.wait()
    return await _effects(events)


@pytest.fixture
def deaths(servers: dict[str, str], users_database: Database, events_database: Database) -> Callable[..., Any]:
    """Return what carries 200 messages after relays have died with the first fifty in hand."""
    environ = {
        **os.environ,
        "USERS": users_database.url,
        "EVENTS": events_database.url,
        "REDIS": servers["IJAA_REDIS_URL"],
    }

    async def carry(inbox: str) -> Counter[str]:
        outbox = Outbox(users_database, SystemClock())
        async with users_database.transaction() as session:
            await outbox.publish(session, *(Counted(name=f"n{number}") for number in range(200)))
        for role in [*["deadly"] * DEATHS, "direct"]:
            relay = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.faults.relaying", role, env={**environ, "INBOX": inbox},
                cwd=Path(__file__).parents[2], stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            async with asyncio.timeout(60):
                if role == "deadly":
                    assert await relay.wait() == -signal.SIGKILL
                    continue
                while await users_database.fetch_value("SELECT count(*) FROM outbox"):
                    await asyncio.sleep(0.05)
            relay.kill()
            await relay.wait()
        return await _effects(events_database)

    return carry


async def _effects(events: Database) -> Counter[str]:
    rows = await events.fetch(lambda name, times: (name, times), "SELECT name, count(*) FROM effects GROUP BY name")
    return Counter(dict(rows))


async def _under_way(users: Database, redis: Redis) -> int:
    """Return how much the outbox and the streams hold."""
    held = [await redis.xlen(stream) for stream in (NAMES.messages("events"), NAMES.outcomes("users"))]
    return sum(held, await users.fetch_value("SELECT count(*) FROM outbox"))


async def test_relays_that_are_killed_lose_nothing_and_double_nothing(killed: Killed) -> None:
    # mutants: delete before the receiver has committed; drop the inbox
    found = await killed(messages=4200, kills=3)
    assert (len(found), set(found.values())) == (4200, {1})


async def test_nothing_is_lost_over_redis_whoever_is_killed_and_whatever_redis_forgets(killed: Killed) -> None:
    # mutants: let go of a message once Redis has it; delete an entry before the receiver has committed
    found = await killed(messages=1200, kills=4, roles=APART, flush_every=2)
    assert (len(found), set(found.values())) == (1200, {1})


@pytest.mark.parametrize(("inbox", "times"), [("real", {1}), ("none", {1 + DEATHS, 1})])
async def test_what_was_done_as_its_relay_died_is_done_again_unless_the_inbox_knows_it(
    inbox: str, times: set[int], deaths: Callable[..., Awaitable[Counter[str]]]
) -> None:
    # mutants: an inbox that forgets (which is the second case); note ids in a transaction of their own
    found = await deaths(inbox)
    doubled = sum(one > 1 for one in found.values())
    report(f"{DEATHS} relays that died as the receiver had committed, {inbox} inbox: {doubled} of {len(found)} doubled")
    assert (len(found), set(found.values())) == (200, times)
    assert doubled == (0 if inbox == "real" else 50)


@pytest.mark.long
async def test_fifty_kills_over_redis_and_ten_thousand_messages(killed: Killed) -> None:
    found = await killed(messages=10_400, kills=52, roles=APART, flush_every=6)
    assert (len(found), set(found.values())) == (10_400, {1})


@pytest.mark.long
async def test_fifty_kills_over_ten_thousand_messages(killed: Killed) -> None:
    found = await killed(messages=20_000, kills=50)
    assert (len(found), set(found.values())) == (20_000, {1})


@pytest.mark.long
async def test_without_the_inbox_the_same_kills_show_doubles(killed: Killed) -> None:
    found = await killed(messages=20_000, kills=50, inbox="none")
    doubled = sum(times > 1 for times in found.values())
    report(f"without the inbox {doubled} of {len(found)} effects were doubled")
    assert len(found) == 20_000
    assert doubled > 0


async def _shuffled(users: Database, events: Database, clock: FrozenClock, messages: int) -> Counter[str]:
    outbox = Outbox(users, clock)
    inbox = Inbox(events, subscriptions(Subscription(Counted, count)), clock)
    async with users.transaction() as session:
        await outbox.publish(session, *(Counted(name=f"n{number}") for number in range(messages)))
        taken = [one.envelope for one in await outbox.take(session, messages)]
    chance = random.Random(11)  # noqa: S311 - chaos, no secret
    deliveries = [one for one in taken for _ in range(chance.randint(1, 5))]
    chance.shuffle(deliveries)
    batches = [deliveries[first : first + 97] for first in range(0, len(deliveries), 97)]
    for first in range(0, len(batches), 8):  # eight at a time: they wait for each other's ids
        await asyncio.gather(*(inbox.receive(batch) for batch in batches[first : first + 8]))
    return await _effects(events)


async def test_what_comes_up_to_five_times_in_any_order_counts_once(
    users_database: Database, events_database: Database, clock: FrozenClock
) -> None:
    # mutant: note ids in the order they come, so that two receivers lock each other out
    found = await _shuffled(users_database, events_database, clock, 2000)
    assert (len(found), set(found.values())) == (2000, {1})


@pytest.mark.long
async def test_ten_thousand_shuffled(users_database: Database, events_database: Database, clock: FrozenClock) -> None:
    found = await _shuffled(users_database, events_database, clock, 10_000)
    assert (len(found), set(found.values())) == (10_000, {1})
