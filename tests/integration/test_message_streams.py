"""Messages over Redis: what is left behind, what cannot be read, and a receiver that is away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from ijaa.shared import message_streams
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.message_streams import GROUP, Names, StreamOutcomes, StreamReceiver, StreamTransport, _signed
from ijaa.shared.messages import Done, Envelope, Failed
from ijaa.shared.metrics import MESSAGES_UNREADABLE
from ijaa.shared.outbox import Outbox
from ijaa.shared.relay import Relay
from ijaa.users.messages import ProfileUpdated
from tests.faulty import eventually
from tests.patient import patient

KEY, NAMES = b"key of the tests", Names("streams")
STREAM = NAMES.messages("events")


class Heard:
    """A receiver that only listens."""

    def __init__(self) -> None:
        self.of: list[str] = []

    async def receive(self, envelopes: list[Envelope]) -> list[Done | Failed]:
        """Take note of whom messages are about."""
        self.of += [one.subject for one in envelopes]
        return [Done()] * len(envelopes)


@pytest.fixture
async def redis(servers: dict[str, str]) -> AsyncIterator[Redis]:
    """Give a client of a Redis that holds nothing."""
    client = patient(servers["IJAA_REDIS_URL"])
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def outbox(users_database: Database, clock: FrozenClock) -> Outbox:
    """Return an outbox whose clock stands."""
    return Outbox(users_database, clock)


async def _tell(outbox: Outbox, *usernames: str) -> None:
    async with outbox.database.transaction() as session:
        await outbox.publish(session, *(ProfileUpdated(username=one) for one in usernames))


async def test_an_entry_nobody_can_read_stops_no_other(redis: Redis, outbox: Outbox) -> None:
    # mutants: read the same batch for ever; throw away without a word
    heard, unreadable = Heard(), MESSAGES_UNREADABLE.labels(STREAM)._value
    before = unreadable.get()
    for body in (b"no JSON", b'{"id": "of a later release"}'):
        await redis.xadd(STREAM, _signed(KEY, STREAM, body))  # type: ignore[arg-type]
    await redis.xadd(STREAM, {b"body": b"{}", b"mac": b"of a stranger"})
    await _tell(outbox, "asha")
    await Relay(outbox, StreamTransport(redis, NAMES, "events", KEY)).relay_due()
    async with StreamReceiver(redis, NAMES, "events", heard, KEY).run():  # type: ignore[arg-type]
        await eventually(lambda: heard.of == ["asha"], 30)
        await eventually(lambda: unreadable.get() == before + 3, 30)
        async with asyncio.timeout(30):
            while await redis.xlen(STREAM):
                await asyncio.sleep(0.02)


async def test_what_a_killed_consumer_had_is_taken_over_and_its_name_goes(
    redis: Redis, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: no XAUTOCLAIM; a name for ever for each process that was ever killed; a name that goes with its entries
    monkeypatch.setattr(message_streams, "_CLAIM_EVERY", 0.05)
    monkeypatch.setattr(message_streams, "_GONE_AFTER_MS", 500)
    await _tell(outbox, "asha", "bilal")
    await Relay(outbox, StreamTransport(redis, NAMES, "events", KEY)).relay_due()
    await redis.xgroup_create(STREAM, GROUP, id="0")
    await redis.xreadgroup(GROUP, "killed at work", {STREAM: ">"})
    await redis.xgroup_createconsumer(STREAM, GROUP, "killed")
    heard = Heard()

    async def gone(name: bytes) -> set[bytes]:
        async with asyncio.timeout(30):
            while name in (left := {one["name"] for one in await redis.xinfo_consumers(STREAM, GROUP)}):
                await asyncio.sleep(0.02)
        return left

    async with StreamReceiver(redis, NAMES, "events", heard, KEY).run():  # type: ignore[arg-type]
        assert b"killed at work" in await gone(b"killed")
        assert heard.of == []
        monkeypatch.setattr(message_streams, "_CLAIM_AFTER_MS", 500)
        await eventually(lambda: heard.of == ["asha", "bilal"], 30)
        assert len(await gone(b"killed at work")) == 1
    assert await redis.xinfo_consumers(STREAM, GROUP) == []


async def test_a_receiver_that_stays_away_is_asked_after_less_and_less(
    redis: Redis, outbox: Outbox, users_database: Database, clock: FrozenClock
) -> None:
    # mutants: ask of each message every 30 s for days, before what is new; never ask again
    relay = Relay(outbox, StreamTransport(redis, NAMES, "events", KEY))
    await _tell(outbox, "asha")
    waits = []
    for _ in range(7):
        assert await relay.relay_due() == 1
        due = await users_database.fetch_value("SELECT due_at FROM outbox")
        waits.append((due - clock.now()) / timedelta(seconds=1))
        clock.at = due
    assert waits == [30, 30, 60, 120, 240, 300, 300]
    assert await redis.xlen(STREAM) == 1


async def test_what_redis_forgot_is_sent_again(redis: Redis, outbox: Outbox, clock: FrozenClock) -> None:
    # mutants: believe that Redis still has it; wait for the answer for ever
    relay, heard = Relay(outbox, StreamTransport(redis, NAMES, "events", KEY)), Heard()
    await _tell(outbox, "asha")
    await relay.relay_due()
    await redis.flushall()
    clock.at += timedelta(seconds=30)
    assert await relay.relay_due() == 1
    async with (
        StreamReceiver(redis, NAMES, "events", heard, KEY).run(),  # type: ignore[arg-type]
        StreamOutcomes(redis, NAMES, outbox, KEY).run(),
    ):
        async with asyncio.timeout(30):
            while await outbox.database.fetch_value("SELECT count(*) FROM outbox"):
                await asyncio.sleep(0.02)
    assert heard.of == ["asha"]
