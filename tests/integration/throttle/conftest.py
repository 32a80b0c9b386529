"""A real Valkey, the throttles of several processes on it, and a relay through which it can go away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import uuid4

import pytest

from ijaa.shared.clock import SystemClock
from ijaa.shared.redis import connect
from ijaa.shared.throttle import CONNECTIONS, Throttle

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


class Relay:
    """Stands between a process and Valkey, so that Valkey can go away for that process alone."""

    def __init__(self, url: str) -> None:
        self._target = url
        self._silent = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.url = ""
        self.accepted = 0

    async def open(self, port: int = 0) -> None:
        """Listen, on the same port again after a stop."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        own = self._server.sockets[0].getsockname()[1]
        host = self._target.rpartition("@")[2].split("/")[0]
        self.url = self._target.replace(host, f"127.0.0.1:{own}")
        self.port = own

    async def stop(self) -> None:
        """Refuse connections and break those that are open, as a stopped server does."""
        assert self._server
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await eventually(lambda: not self._writers)

    def swallow(self) -> None:
        """Accept and never answer from now on, as behind a firewall that drops packets."""
        self._silent = True

    def answer(self) -> None:
        """Pass everything on again, on new connections."""
        self._silent = False
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        ends = {writer}
        self._writers.add(writer)
        try:
            host, _, port = self._target.rpartition("@")[2].removeprefix("redis://").split("/")[0].partition(":")
            inner_reader, inner = await asyncio.open_connection(host, int(port))
            ends.add(inner)
            self._writers.add(inner)
            await asyncio.gather(self._pump(reader, inner), self._pump(inner_reader, writer))
        finally:
            self._writers -= ends
            for end in ends:
                end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if not self._silent:
                    writer.write(data)
        except OSError:
            pass  # the other end broke: so does this
        writer.close()


@pytest.fixture
async def relay(redis_url: str) -> AsyncIterator[Relay]:
    """Give a relay to Valkey."""
    between = Relay(redis_url)
    await between.open()
    yield between
    await between.stop()


async def eventually(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
