"""A pool of connections that are given out in the order they are asked for."""

import asyncio
from collections import deque
from typing import cast

from sqlalchemy import AsyncAdaptedQueuePool, exc
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util.concurrency import await_only
from sqlalchemy.util.queue import Empty, Full, QueueCommon


class FairQueue(QueueCommon[ConnectionPoolEntry]):
    """What is idle, and the line of those who wait for it.

    SQLAlchemy's own queue wakes who waits and lets whoever comes first take what was put: under load that is somebody
    who never waited, and the other one goes to the end of the line until his time is over. Here a connection that comes
    back goes into the hands of the first in line. The one used last is given first.
    """

    def __init__(self, maxsize: int = 0, use_lifo: bool = True) -> None:  # noqa: FBT001, FBT002 - SQLAlchemy's interface
        self.maxsize, self.use_lifo = maxsize, use_lifo
        self._idle: list[ConnectionPoolEntry] = []
        self._line: deque[asyncio.Future[ConnectionPoolEntry]] = deque()

    def empty(self) -> bool:
        """Whether none is idle."""
        return not self._idle

    def full(self) -> bool:
        """Whether none may be put."""
        return 0 < self.maxsize <= len(self._idle)

    def qsize(self) -> int:
        """Return how many are idle."""
        return len(self._idle)

    def put_nowait(self, item: ConnectionPoolEntry) -> None:
        """Hand a connection to the first in line, or keep it; raise `Full` where enough are kept."""
        while self._line:
            if not (turn := self._line.popleft()).done():
                turn.set_result(item)
                return
        if self.full():
            raise Full
        self._idle.append(item)

    def put(self, item: ConnectionPoolEntry, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002, FBT001, FBT002
        """Do the same: nothing here is worth waiting for."""
        self.put_nowait(item)

    def get_nowait(self) -> ConnectionPoolEntry:
        """Return the one used last; raise `Empty` where none is idle."""
        if not self._idle:
            raise Empty
        return self._idle.pop()

    def get(self, block: bool = True, timeout: float | None = None) -> ConnectionPoolEntry:  # noqa: FBT001, FBT002
        """Return one, from within a greenlet after up to `timeout` seconds in line; raise `Empty` without one."""
        if self._idle or not block:
            return self.get_nowait()
        return await_only(self.turn(timeout))

    async def turn(self, timeout: float | None) -> ConnectionPoolEntry:  # noqa: ASYNC109 - a timer costs less than a scope
        """Return one once the caller is the first in line; raise `Empty` after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[ConnectionPoolEntry] = loop.create_future()
        self._line.append(turn)
        timer = None if timeout is None else loop.call_later(timeout, _give_up, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.put_nowait(turn.result())  # it came as its taker left
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def keep_for_next_call(self, item: ConnectionPoolEntry) -> None:
        """Put a connection where the very next `get_nowait` takes it; nothing may be awaited between the two."""
        self._idle.append(item)


def _give_up(turn: "asyncio.Future[ConnectionPoolEntry]") -> None:
    if not turn.done():
        turn.set_exception(Empty())


class FairPool(AsyncAdaptedQueuePool):
    """A pool over such a queue, which can be waited for without a greenlet."""

    _queue_class = FairQueue

    async def wait_for_idle(self) -> bool:
        """See to a connection that is idle for the very next check-out; False where one has to be made first.

        Raises `TimeoutError` of SQLAlchemy, as a check-out does.
        """
        queue = cast("FairQueue", self._pool)
        if not queue.empty():
            return True
        if self._overflow < self._max_overflow:
            return False
        try:
            queue.keep_for_next_call(await queue.turn(self._timeout))
        except Empty:
            raise exc.TimeoutError(f"none of {self.size()} connections came back in {self._timeout} s") from None
        return True
