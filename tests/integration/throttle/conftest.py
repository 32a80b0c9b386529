"""A real Valkey, the throttles of several processes on it, and a relay through which it can go away."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import uuid4

import pytest

from ijaa.shared.clock import SystemClock
from ijaa.shared.redis import connect
from ijaa.shared.throttle import CONNECTIONS, Throttle
from tests.faulty import FaultProxy

Process = Callable[..., AbstractAsyncContextManager[Throttle]]


@pytest.fixture
def redis_url(servers: dict[str, str]) -> str:
    """Return where the Valkey of this run is."""
    return servers["IJAA_REDIS_URL"]


@pytest.fixture
def process(redis_url: str) -> Process:
    """Return what makes the throttle of one process; those of one test share an installation of its own."""
    installation = uuid4().hex

    @asynccontextmanager
    async def made(url: str = redis_url, *, workers: int = 2, factor: float | None = 1.0) -> AsyncIterator[Throttle]:
        redis = connect(url, CONNECTIONS)
        throttle = Throttle(
            redis, installation=installation, secret=b"s", factor=factor, workers=workers, clock=SystemClock()
        )
        try:
            async with throttle.running():
                yield throttle
        finally:
            await redis.aclose()

    return made


@pytest.fixture
async def relay(redis_url: str) -> AsyncIterator[FaultProxy]:
    """Give a relay to Valkey."""
    between = FaultProxy(redis_url)
    await between.open()
    yield between
    await between.stop()
