"""Clients that wait for nobody: `python -m tests.faults.storm` reads a storm as JSON, and tells what it met."""

import asyncio
import sys
import time
from collections import Counter, deque
from typing import cast

import msgspec
import uvloop


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """How much is asked for."""

    port: int
    path: str
    seconds: float
    rate: float | None
    """Requests a second, sent whatever becomes of them; None is one after the other on every connection."""
    connections: int


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered."""

    statuses: dict[int, int]
    unannounced: int
    """503s that did not say when to come back."""
    seconds: float
    good_p99: float
    """Milliseconds."""
    refused_p50: float
    refused_p99: float

    @property
    def goodput(self) -> float:
        """Answers a second that were what was asked for."""
        return self.statuses.get(200, 0) / self.seconds


class _Line(asyncio.Protocol):
    def __init__(self, storm: "_Under") -> None:
        self._storm, self._buffer, self.began = storm, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._storm.free.append(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self in self._storm.free:  # the server closed what was idle for long
            self._storm.free.remove(self)

    def ask(self) -> None:
        self.began = time.perf_counter()
        self._transport.write(self._storm.request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(body) < length:
            return
        self._buffer = b""
        self._storm.answered(int(head[9:12]), b"retry-after" in head.lower(), time.perf_counter() - self.began)
        self._storm.idle(self)

    def leave(self) -> None:
        self._transport.close()


class _Under:
    def __init__(self, storm: Storm) -> None:
        self._storm = storm
        self.request = f"GET {storm.path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()
        self.free: deque[_Line] = deque()  # in turn, so that none is idle for long
        self.statuses: Counter[int] = Counter()
        self.unannounced = 0
        self.good: list[float] = []
        self.refused: list[float] = []
        self.going = True

    def answered(self, status: int, announced: bool, seconds: float) -> None:  # noqa: FBT001
        if self.going:
            self.statuses[status] += 1
            self.unannounced += status == 503 and not announced
            (self.good if status == 200 else self.refused).append(seconds)

    def idle(self, line: _Line) -> None:
        if self._storm.rate is None and self.going:
            line.ask()
        else:
            self.free.append(line)


async def _rage(storm: Storm) -> Met:
    under, loop = _Under(storm), asyncio.get_running_loop()
    for _ in range(storm.connections):
        await loop.create_connection(lambda: _Line(under), "127.0.0.1", storm.port)
    lines, began, sent = list(under.free), time.perf_counter(), 0
    if storm.rate is None:
        while under.free:
            under.free.popleft().ask()
        await asyncio.sleep(storm.seconds)
    else:
        while (now := time.perf_counter() - began) < storm.seconds:
            due = int(storm.rate * now) - sent
            for _ in range(min(due, len(under.free))):
                under.free.popleft().ask()
            sent += due  # who finds no line is a client that gave up
            await asyncio.sleep(0.001)
    taken, under.going = time.perf_counter() - began, False
    for line in lines:
        line.leave()
    good, refused = sorted(under.good), sorted(under.refused)
    return Met(
        statuses=dict(under.statuses), unannounced=under.unannounced, seconds=taken,
        good_p99=_at(good, 0.99), refused_p50=_at(refused, 0.5), refused_p99=_at(refused, 0.99),
    )  # fmt: skip


def _at(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)] * 1000 if ordered else 0.0


if __name__ == "__main__":
    sys.stdout.buffer.write(
        msgspec.json.encode(uvloop.run(_rage(msgspec.json.decode(sys.stdin.buffer.read(), type=Storm))))
    )
