"""No message is lost and none has its effect twice, whatever is killed (guarantees: faults)."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from ijaa.shared.clock import FrozenClock, SystemClock
from ijaa.shared.database import Database
from ijaa.shared.inbox import Inbox, Subscription, subscriptions
from ijaa.shared.outbox import Outbox
from tests.faults.relaying import TABLE, Counted, count

RELAYS = 2


@pytest.fixture(autouse=True)
async def effects(servers: dict[str, str], events_database: Database) -> None:
    """Make the table of effects."""
    superuser = make_url(servers["TEST_EVENTS_SUPERUSER_URL"]).set(database=make_url(events_database.url).database)
    connection = await asyncpg.connect(superuser.render_as_string(hide_password=False))
    await connection.execute(TABLE)
    await connection.close()


async def _killed(users: Database, events: Database, *, messages: int, kills: int, inbox: str) -> Counter[str]:
    """Relay messages through processes that are killed as often, and return how often each had its effect."""
    environ = {**os.environ, "USERS": users.url, "EVENTS": events.url, "INBOX": inbox}
    command = sys.executable, "-m", "tests.faults.relaying"
    chance = random.Random(7)  # noqa: S311 - chaos, no secret
    outbox = Outbox(users, SystemClock())

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *command, env=environ, cwd=Path(__file__).parents[2], stderr=asyncio.subprocess.DEVNULL
        )

    async def publish(first: int, number: int) -> None:
        for start in range(first, first + number, 20):
            async with users.transaction() as session:
                await outbox.publish(session, *(Counted(name=f"n{n}") for n in range(start, start + 20)))

    async def effects() -> int:
        return int(await events.fetch_value("SELECT count(*) FROM effects"))

    relays = [await start() for _ in range(RELAYS)]
    try:
        portion = messages // kills
        for kill in range(kills):
            before = await effects()
            publishing = asyncio.create_task(publish(kill * portion, portion))
            async with asyncio.timeout(60):
                while await effects() == before:  # a relay that does nothing yet is killed for nothing
                    await asyncio.sleep(0.005)
            await asyncio.sleep(chance.uniform(0, 0.03))
            victim = chance.randrange(RELAYS)
            relays[victim].send_signal(signal.SIGKILL)
            await relays[victim].wait()
            relays[victim] = await start()
            await publishing
        async with asyncio.timeout(120):
            while await users.fetch_value("SELECT count(*) FROM outbox"):
                await asyncio.sleep(0.1)
    finally:
        for relay in relays:
            relay.kill()
            await relay.wait()
    rows = await events.fetch(lambda name, times: (name, times), "SELECT name, count(*) FROM effects GROUP BY name")
    return Counter(dict(rows))


async def test_relays_that_are_killed_lose_nothing_and_double_nothing(
    users_database: Database, events_database: Database
) -> None:
    # mutants: delete before the receiver has committed; drop the inbox
    found = await _killed(users_database, events_database, messages=4200, kills=3, inbox="real")
    assert (len(found), set(found.values())) == (4200, {1})


@pytest.mark.long
async def test_fifty_kills_over_ten_thousand_messages(users_database: Database, events_database: Database) -> None:
    found = await _killed(users_database, events_database, messages=20_000, kills=50, inbox="real")
    assert (len(found), set(found.values())) == (20_000, {1})


@pytest.mark.long
async def test_without_the_inbox_the_same_kills_show_doubles(
    users_database: Database, events_database: Database
) -> None:
    found = await _killed(users_database, events_database, messages=20_000, kills=50, inbox="none")
    doubled = sum(times > 1 for times in found.values())
    print(f"\nwithout the inbox {doubled} of {len(found)} effects were doubled")  # noqa: T201 - a figure
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
    rows = await events.fetch(lambda name, times: (name, times), "SELECT name, count(*) FROM effects GROUP BY name")
    return Counter(dict(rows))


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
