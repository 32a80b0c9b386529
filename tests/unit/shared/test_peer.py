"""A peer that says nothing keeps few waiting, and one that only thinks is never given up."""

import asyncio
import time
from datetime import UTC, datetime

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.errors import Unavailable
from ijaa.shared.http.peer import LATE, NO_SIGN, WAIT, Peer
from ijaa.shared.http.services import ServiceTokens


class Other:
    """Another service, as far as a wire shows it."""

    def __init__(self) -> None:
        self.silent, self.asked = False, 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or nothing until its time is over."""
        self.asked += request.url.path != "/health/live"
        if self.silent:
            await asyncio.sleep(WAIT)
            raise httpx.ReadTimeout("silent")
        await asyncio.sleep(0.9 if request.url.path == "/slow" else 0)
        return httpx.Response(200, json="said")


@pytest.fixture
def other() -> Other:
    """Return the other service."""
    return Other()


@pytest.fixture
def peer(other: Other) -> Peer:
    """Return the way to it."""
    clock = FrozenClock(datetime(2026, 11, 20, 9, tzinfo=UTC))
    return Peer(
        "http://other", "other", ServiceTokens("k" * 32, caller="events", clock=clock), httpx.MockTransport(other)
    )


async def test_who_comes_while_nothing_is_heard_does_not_wait(peer: Peer, other: Other) -> None:
    # mutants: wait for five to time out, one after the other; wait for what is late; never look again
    other.silent = True
    first = asyncio.create_task(peer.get(str, "/any"))
    await asyncio.sleep(LATE + NO_SIGN + 0.15)
    began = time.monotonic()
    for _ in range(100):
        with pytest.raises(Unavailable):
            await peer.get(str, "/any")
        await asyncio.sleep(0.01)
    assert other.asked == 1
    assert time.monotonic() - began < 100 * 0.01 + 1
    with pytest.raises(Unavailable):
        await first
    other.silent = False
    async with asyncio.timeout(5):
        while await _is_away(peer):
            await asyncio.sleep(0.02)
    await peer.close()


async def test_a_slow_answer_of_one_that_lives_keeps_nobody_away(peer: Peer) -> None:
    # mutants: doubt whatever is late, without a look; doubt for as long as a look takes
    slow = asyncio.create_task(peer.get(str, "/slow"))
    while not slow.done():
        assert await peer.get(str, "/any") == "said"
        await asyncio.sleep(0.005)
    assert await slow == "said"
    alone = asyncio.create_task(peer.get(str, "/slow"))  # nothing else is heard meanwhile
    await asyncio.sleep(LATE + NO_SIGN + 0.1)
    assert await peer.get(str, "/any") == "said"
    assert await alone == "said"
    await peer.close()


async def _is_away(peer: Peer) -> bool:
    try:
        await peer.get(str, "/any")
    except Unavailable:
        return True
    return False
