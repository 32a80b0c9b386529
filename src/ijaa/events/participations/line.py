"""A line in front of each event, so that a rush for one event holds few connections and keeps its order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ijaa.shared.errors import Unavailable

_AT_ONCE = 4
"""Answers to one event at work at a time: the row lock lets one through, the others prepare."""
_LONGEST = 5_000
"""Answers waiting in one line before the next is asked to come back."""


class Lines:
    """The lines of this process, one per event somebody answers just now."""

    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}

    @asynccontextmanager
    async def at(self, event_id: int) -> AsyncIterator[None]:
        """Wait for one's turn, in the order of coming; raise `Unavailable` when the line is too long."""
        line = self._lines.setdefault(event_id, _Line())
        if line.members >= _LONGEST:
            raise Unavailable("Too many people answer this event just now.", retry_after=5)
        line.members += 1
        try:
            async with line.turns:
                yield
        finally:
            line.members -= 1
            if not line.members:
                self._lines.pop(event_id, None)


class _Line:
    def __init__(self) -> None:
        self.members = 0
        self.turns = asyncio.Semaphore(_AT_ONCE)
