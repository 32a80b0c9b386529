"""How fast a relay carries messages from one database to the other, against a bare INSERT+DELETE loop."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import uvloop
from bench.machine import machine, versions
from bench.outcome import Benchmark, Outcome, Row, Run
from bench.world import World, world
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.inbox import Inbox, Subscription, subscriptions
from ijaa.shared.message_streams import Names, StreamOutcomes, StreamReceiver, StreamTransport
from ijaa.shared.messages import Received
from ijaa.shared.outbox import Outbox
from ijaa.shared.redis import connect_blocking
from ijaa.shared.relay import BATCH, DirectTransport, Relay
from ijaa.users.messages import ProfileUpdated

_AMOUNT = 10_000
"""Messages of one round."""
_GOAL = 2000
"""Messages a second."""
_TABLES = {
    "users": "CREATE TABLE bare_outbox (seq bigint PRIMARY KEY, data jsonb NOT NULL);"
    " GRANT ALL ON bare_outbox TO ijaa_users_app",
    "events": "CREATE TABLE bare_inbox (id uuid PRIMARY KEY); CREATE TABLE bare_effects (name text);"
    " GRANT ALL ON bare_inbox, bare_effects TO ijaa_events_app",
}
_EFFECT = "INSERT INTO bare_effects SELECT unnest($1::text[])"
_HOW = """
{amount:,} messages wait in the outbox of users; the relay of one process hands them over, {batch} at a time, and events
has the effect of each (a row) and notes its id, in one transaction. The floor does the same with four bare statements a
batch: in events INSERT of ids and INSERT of effects, in users a locking SELECT and a DELETE. {rounds} rounds, in turn,
uvloop: {machine}, {versions}. Then messages are published at half of the relay's rate, ten at a time, and the time is
taken from publishing until the effect.

| | messages/s |
|---|---:|
| relay | {ours:,.0f} |
| bare loop | {floor:,.0f} |
| relay over Redis Streams | {apart:,.0f} |

Over Streams the way is the one of modules that run apart, all of it in one process: the relay adds to the stream of the
receiver, which has the effect and answers, and only the answer takes the message out of the outbox.

At {offered:,.0f} messages/s the lag is p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {longest:.0f} ms; the goal is a p99
of 1000 ms.
"""


def run(asked: Run) -> Outcome:
    """Measure both."""
    with world(members=200, events=50, progress=lambda said: asked.progress(said, 0.0)) as there:
        return uvloop.run(_measure(asked, there))


BENCHMARK = Benchmark("messages", "the relay of messages against a bare INSERT+DELETE loop", run)


async def _measure(asked: Run, there: World) -> Outcome:
    for module, sql in _TABLES.items():
        connection = await asyncpg.connect(there.superuser[module])
        await connection.execute(sql)
        await connection.close()
    users, events = (Database(name, there.environ[f"IJAA_{name.upper()}_DATABASE_URL"]) for name in _TABLES)
    lags: list[float] = []

    async def effect(session: AsyncSession, received: Sequence[Received[ProfileUpdated]]) -> None:
        now = datetime.now(received[0].envelope.time.tzinfo)
        lags.extend((now - one.envelope.time).total_seconds() for one in received)
        names = [one.message.username for one in received]
        await session.execute(text("INSERT INTO bare_effects SELECT unnest(CAST(:names AS text[]))"), {"names": names})

    clock = SystemClock()
    outbox = Outbox(users, clock)
    inbox = Inbox(events, subscriptions(Subscription(ProfileUpdated, effect)), clock)
    relay = Relay(outbox, DirectTransport(inbox))
    redis = connect_blocking(there.environ["IJAA_REDIS_URL"])
    names, key = Names("bench"), b"key of a benchmark"
    sending = Relay(outbox, StreamTransport(redis, names, "events", key))
    outcomes = StreamOutcomes(redis, names, outbox, key)
    receiving = StreamReceiver(redis, names, "events", inbox, key)
    ours, floors, aparts = [], [], []
    for index in range(asked.rounds):
        asked.progress(f"Round {index + 1} of {asked.rounds}", index / asked.rounds)
        await _publish(users, outbox, _AMOUNT)
        began = time.perf_counter()
        while await relay.relay_due():
            pass
        ours.append(_AMOUNT / (time.perf_counter() - began))
        floors.append(await _bare(there))
        await _publish(users, outbox, _AMOUNT)
        began = time.perf_counter()
        async with receiving.run(), outcomes.run(), sending.run():
            await _until_empty(users)
            aparts.append(_AMOUNT / (time.perf_counter() - began))
    asked.progress("Lag at half of that", 1.0)
    offered = statistics.median(ours) / 2
    lags.clear()
    async with relay.run():
        await _offer(users, outbox, offered, max(5.0, asked.seconds))
        await _until_empty(users)
    await asyncio.gather(users.dispose(), events.dispose(), redis.aclose())
    return _outcome(asked, there, ours, floors, aparts, sorted(lags), offered)


async def _until_empty(users: Database) -> None:
    while await users.fetch_value("SELECT EXISTS (SELECT FROM outbox)"):  # noqa: ASYNC110 - it is another's event
        await asyncio.sleep(0.02)


async def _publish(users: Database, outbox: Outbox, amount: int) -> None:
    for first in range(0, amount, 500):
        async with users.transaction() as session:
            await outbox.publish(session, *(ProfileUpdated(username=f"m{n}") for n in range(first, first + 500)))


async def _offer(users: Database, outbox: Outbox, rate: float, seconds: float) -> None:
    began, sent = time.perf_counter(), 0
    while (now := time.perf_counter() - began) < seconds:
        if sent < rate * now:
            async with users.transaction() as session:
                await outbox.publish(session, *(ProfileUpdated(username=f"m{n}") for n in range(10)))
            sent += 10
        else:
            await asyncio.sleep(0.002)


async def _bare(there: World) -> float:
    users, events = [await asyncpg.connect(there.environ[f"IJAA_{name.upper()}_DATABASE_URL"]) for name in _TABLES]
    await users.execute("""INSERT INTO bare_outbox SELECT n, '{"username": "m"}' FROM generate_series(1, $1::int) n""",
                        _AMOUNT)  # fmt: skip
    began = time.perf_counter()
    taken: list[Any] = [None]
    while taken:
        async with users.transaction():
            taken = await users.fetch(
                "SELECT seq, data::text, gen_random_uuid() FROM bare_outbox"
                " ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED",
                BATCH,
            )
            async with events.transaction():
                await events.execute("INSERT INTO bare_inbox SELECT unnest($1::uuid[])", [row[2] for row in taken])
                await events.execute(_EFFECT, [row[1] for row in taken])
            await users.execute("DELETE FROM bare_outbox WHERE seq = ANY ($1::bigint[])", [row[0] for row in taken])
    rate = _AMOUNT / (time.perf_counter() - began)
    await asyncio.gather(users.close(), events.close())
    return rate


def _outcome(
    asked: Run, there: World, ours: list[float], floors: list[float], aparts: list[float], lags: list[float],
    offered: float,
) -> Outcome:  # fmt: skip
    rate, floor, apart = (statistics.median(one) for one in (ours, floors, aparts))
    p50, p99 = (lags[int(len(lags) * share)] * 1000 for share in (0.5, 0.99))
    ratio = statistics.median(one / other for one, other in zip(ours, floors, strict=True))
    rows = [
        Row(name="messages relayed vs a bare INSERT+DELETE loop", ours=round(rate, 1), floor=round(floor, 1),
            unit="messages/s", ratio=round(ratio, 3), goal=round(_GOAL / floor, 3), statements=None),
        Row(name="messages over Streams vs a bare INSERT+DELETE loop", ours=round(apart, 1), floor=round(floor, 1),
            unit="messages/s", goal=round(_GOAL / floor, 3), statements=None,
            ratio=round(statistics.median(one / other for one, other in zip(aparts, floors, strict=True)), 3)),
        Row(name="lag p99 at half the rate vs 1 s", ours=round(p99, 1), floor=1000.0, unit="ms",
            ratio=round(1000 / p99, 3), goal=1.0, statements=None),
    ]  # fmt: skip
    how = _HOW.format(
        amount=_AMOUNT, batch=BATCH, rounds=asked.rounds, machine=machine(), ours=rate, floor=floor, apart=apart,
        offered=offered,
        versions=versions(there.postgres_version, ("asyncpg", "sqlalchemy", "uvloop")), p50=p50, p99=p99,
        longest=lags[-1] * 1000,
    )  # fmt: skip
    return Outcome(rows=rows, section=how)
