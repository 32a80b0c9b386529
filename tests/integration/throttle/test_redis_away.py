"""Redis stopped or black-holed: each process goes on with its share, and nobody waits for it (guarantees: faults)."""

import pytest

from ijaa.shared.rate_limit import QUOTAS, Standing
from ijaa.shared.throttle import Throttle
from tests.faulty import FaultProxy, eventually
from tests.integration.throttle.conftest import Process

WAYS = pytest.mark.parametrize("way", ["stopped", "black-holed"])


async def go_away(relay: FaultProxy, way: str) -> None:
    """Take Valkey away."""
    if way == "stopped":
        await relay.stop()
    else:
        relay.swallow()


@WAYS
async def test_limits_hold_by_the_share_of_the_process(process: Process, relay: FaultProxy, way: str) -> None:
    # mutants: raise what the client of Redis raises; allow everything; allow the whole quota in each process
    async with process(relay.url, workers=2) as one:
        await eventually(lambda: one._breaker.closed)
        await go_away(relay, way)
        for limit in ("login", "refresh", "read", "write"):
            taken = [await _take(one, limit) for _ in range(QUOTAS[limit].amount + 5)]
            assert len([s for s in taken if s.allowed]) == QUOTAS[limit].amount // 2, limit
            assert all(s.reset > 0 for s in taken if not s.allowed)


@WAYS
async def test_after_the_first_failure_no_request_waits(process: Process, relay: FaultProxy, way: str) -> None:
    # mutant: try again with every request, each for as long as the client of Redis has patience
    async with process(relay.url) as one:
        await eventually(lambda: one._breaker.closed)
        await go_away(relay, way)
        await _take(one, "login")
        assert not one._breaker.closed
        asked = relay.accepted
        for number in range(1_000):
            await one.limiter.take("login", f"address {number}")  # type: ignore[union-attr]
        probes = 4  # in the background, once a second, however slow the machine is
        assert relay.accepted <= asked + probes


@WAYS
async def test_redis_is_used_again_when_it_is_back(process: Process, relay: FaultProxy, way: str) -> None:
    # mutant: a breaker that never closes
    async with process(relay.url) as one, process() as other:
        await eventually(lambda: one._breaker.closed)
        await go_away(relay, way)
        await _take(one, "login")
        if way == "stopped":
            await relay.open(relay.port)
        else:
            relay.answer()
        await eventually(lambda: one._breaker.closed, seconds=10)
        for _ in range(QUOTAS["login"].amount):
            await _take(other, "login")
        assert not (await _take(one, "login")).allowed


async def test_a_process_that_never_saw_redis_limits_all_the_same(process: Process) -> None:
    async with process("redis://127.0.0.1:1", workers=8) as one:
        await eventually(lambda: not one._breaker.closed)
        assert [(await _take(one, "login")).allowed for _ in range(3)] == [True, True, False]


async def test_what_was_counted_before_redis_went_still_counts(process: Process, relay: FaultProxy) -> None:
    # mutant: a fallback that begins with an empty slate
    async with process(relay.url, workers=1) as one:
        await eventually(lambda: one._breaker.closed)
        for _ in range(QUOTAS["login"].amount):
            assert (await _take(one, "login")).allowed
        await relay.stop()
        assert not (await _take(one, "login")).allowed


async def _take(throttle: Throttle, limit: str) -> Standing:
    assert throttle.limiter
    return await throttle.limiter.take(limit, "asha")
