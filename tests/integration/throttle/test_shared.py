"""Several processes count as one, over a real Valkey."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from ijaa.shared import redis as redis_client
from ijaa.shared.breaker import Breaker
from ijaa.shared.clock import SystemClock
from ijaa.shared.errors import RateLimited
from ijaa.shared.rate_counts import Counts
from ijaa.shared.rate_limit import QUOTAS, RECIPIENT, Standing
from ijaa.shared.redis import connect
from ijaa.shared.tasks import stop
from ijaa.shared.throttle import Throttle
from tests.faulty import eventually
from tests.integration.throttle.conftest import Process


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for Redis on a busy machine: this is about counting together, not about going on alone."""
    monkeypatch.setattr(redis_client, "WAIT", 10.0)


async def test_an_emptied_redis_gives_no_process_more(process: Process, redis_url: str) -> None:
    # mutant: trust Redis alone to remember
    async with process() as one:
        for _ in range(QUOTAS["login"].amount):
            assert (await _take(one, "login")).allowed
        await _flush(connect(redis_url))
        assert not (await _take(one, "login")).allowed


async def test_what_is_rare_is_counted_exactly_over_processes(process: Process) -> None:
    # mutant: count per process
    async with process() as one, process() as other:
        both = [one, other]
        standings = await asyncio.gather(*(_take(both[number % 2], "login") for number in range(60)))
        assert len([s for s in standings if s.allowed]) == QUOTAS["login"].amount
        assert all(0 < s.reset <= 60 for s in standings if not s.allowed)


async def test_an_address_gets_few_mails_whoever_asks(process: Process) -> None:
    async with process() as one, process() as other:
        for number in range(RECIPIENT.amount):
            await (one, other)[number % 2].recipients.count("Asha@mail.example")
        with pytest.raises(RateLimited) as refused:
            await other.recipients.count("asha@mail.example")
        assert 3000 < int(refused.value.headers["Retry-After"]) <= 3600
        await other.recipients.count("bilal@mail.example")


async def test_what_is_frequent_is_known_everywhere_after_an_exchange(process: Process) -> None:
    # mutants: never tell; take one's own counts for the others' and count them twice
    async with process() as one, process() as other:
        for _ in range(500):
            assert (await _take(one, "read")).allowed
        assert (await _take(other, "read")).remaining == 599
        await one._counts.exchange()
        await other._counts.exchange()
        assert (await _take(other, "read")).remaining == 98
        await other._counts.exchange()
        for _ in range(3):
            await one._counts.exchange()
        await _take(one, "read")
        await one._counts.exchange()
        assert (await _take(one, "read")).remaining == 96


async def test_exchanges_happen_by_themselves(process: Process) -> None:
    async with process() as one, process() as other:
        for _ in range(600):
            await _take(one, "read")
        await _take(other, "read")
        await eventually(lambda: other._counts._seen["read:asha"].others == 600)
        assert not (await _take(other, "read")).allowed


async def test_nothing_in_redis_tells_whom_was_written_to_and_everything_expires(
    process: Process, redis_url: str
) -> None:
    # mutants: use the address as the key; store without an expiry
    redis = connect(redis_url)
    await _flush(redis)
    async with process() as one:
        await one.recipients.count("asha@mail.example")
        for limit in QUOTAS:
            await _take(one, limit)
        await one._counts.exchange()
        redis = connect(redis_url)
        keys = [key.decode() async for key in redis.scan_iter("*")]
        assert len(keys) == len(QUOTAS) + 1
        assert not [key for key in keys if "mail.example" in key]
        assert all([0 < await redis.ttl(key) <= 3600 for key in keys])
        await redis.aclose()


async def test_switched_off_nothing_is_limited(process: Process) -> None:
    async with process(factor=None) as one:
        assert one.limiter is None
        for _ in range(RECIPIENT.amount + 1):
            await one.recipients.count("asha@mail.example")


async def test_a_factor_multiplies_the_quotas(process: Process) -> None:
    async with process(factor=2.0) as one:
        assert one.limiter
        assert one.limiter.quotas["login"].amount == 2 * QUOTAS["login"].amount


async def _take(throttle: Throttle, limit: str) -> Standing:
    assert throttle.limiter
    return await throttle.limiter.take(limit, "asha")


async def _flush(redis: "Redis") -> None:
    await redis.flushdb()
    await redis.aclose()


async def test_what_is_counted_while_it_is_told_waits_for_its_turn(redis_url: str) -> None:
    # mutant: go on telling for as long as somebody counts, a quarter of all work under load
    redis = connect(redis_url)
    breaker = Breaker(redis.ping)
    watching, told = asyncio.create_task(breaker.watch()), 0
    counts = Counts(redis, breaker, "t", workers=1, clock=SystemClock())
    tell = counts._tell

    async def counted(*given: Any) -> None:
        nonlocal told
        told += 1
        await tell(*given)
        counts.take("a", QUOTAS["read"])

    counts._tell = counted  # type: ignore[method-assign]
    await eventually(lambda: breaker.closed)
    counts.take("a", QUOTAS["read"])
    async with asyncio.timeout(30):
        await counts.exchange()
        assert told == 1
        await counts.exchange()
        assert told == 2
    await stop([watching])
    await redis.aclose()
