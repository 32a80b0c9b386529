"""The load generator, a process of its own: one job a line of stdin, one tally a line of stdout.

It speaks just enough HTTP/1.1 to keep connections busy: write a request, find the end of its answer, write the next.
A general client would cost more than the servers it measures.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from typing import cast

import msgspec
import uvloop

_PATIENCE = 60.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask for, and for how long."""

    port: int
    paths: list[str]
    """Asked for in turn."""
    headers: dict[str, str] = {}
    connections: int = 16
    warm: float = 0.5
    """Seconds of load before the clock runs."""
    seconds: float = 0.0
    count: int = 0
    """With a count the job ends after so many requests, not after seconds."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: `requests` within `seconds`, and `total` with those of the warm-up."""

    requests: int
    total: int
    seconds: float
    p50: float
    """Milliseconds."""
    p95: float
    failure: str | None
    """The first answer that was not 200, or why a connection broke."""

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


class _Run:
    """One job under way: hands out requests and collects latencies."""

    def __init__(self, job: Job) -> None:
        given = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
        host = f"127.0.0.1:{job.port}"
        self._requests = itertools.cycle(
            f"GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\n{given}\r\n".encode()
            for path in job.paths
        )
        self._left: Iterator[object] = iter(range(job.count)) if job.count else itertools.repeat(None)
        self.latencies: list[float] = []
        self.total = 0
        self.failure: str | None = None
        self.ended = False
        self._idle = asyncio.Event()
        self._connected = 0

    def connected(self) -> None:
        self._connected += 1

    def disconnected(self) -> None:
        self._connected -= 1
        if self._connected == 0:
            self._idle.set()

    def following(self) -> bytes | None:
        """Return the next request, or None when it is over."""
        if self.ended or next(self._left, self) is self:
            return None
        return next(self._requests)

    def answered(self, seconds: float) -> None:
        self.total += 1
        self.latencies.append(seconds)

    def failed(self, why: str) -> None:
        self.failure = self.failure or why
        self.ended = True

    async def over(self) -> None:
        """Return once every connection has got its last answer; raise `TimeoutError` when that never happens."""
        async with asyncio.timeout(_PATIENCE):
            await self._idle.wait()


class _Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way at a time."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._buffer = b""
        self._awaited = 0
        self._began: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by name
        self._run.connected()
        self._ask()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data if self._buffer else data
        if not self._awaited:
            head = buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            self._awaited = head + 4 + _content_length(buffer[:head])
        if len(buffer) < self._awaited:
            return
        assert self._began is not None
        self._run.answered(time.perf_counter() - self._began)
        if buffer[9:12] != b"200":
            self._run.failed(buffer[:400].decode(errors="replace"))
        self._buffer, self._awaited = b"", 0
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._began is not None:
            self._run.failed(f"the connection broke: {exc!r}")
        self._run.disconnected()

    def _ask(self) -> None:
        request = self._run.following()
        if request is None:
            self._began = None
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def perform(job: Job) -> Tally:
    """Do one job."""
    run = _Run(job)
    loop = asyncio.get_running_loop()
    for _ in range(min(job.connections, job.count or job.connections)):
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", job.port)
    began = time.perf_counter()
    if not job.count:
        await asyncio.sleep(job.warm)
        run.latencies = []
        began = time.perf_counter()
        await asyncio.sleep(job.seconds)
        run.ended = True
    else:
        await run.over()
    taken, latencies = time.perf_counter() - began, run.latencies[:]
    await run.over()
    latencies.sort()
    return Tally(
        requests=len(latencies),
        total=run.total,
        seconds=taken,
        p50=percentile(latencies, 0.5) * 1000,
        p95=percentile(latencies, 0.95) * 1000,
        failure=run.failure,
    )


def percentile(ordered: list[float], share: float) -> float:
    """Return the value below which `share` of the ordered values lie, or 0 of none."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def main() -> None:
    """Perform job after job until stdin ends."""
    for line in sys.stdin:
        tally = uvloop.run(perform(msgspec.json.decode(line, type=Job)))
        sys.stdout.write(msgspec.json.encode(tally).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
