"""A state others follow: its name changes with it, and whoever waits is woken."""

import asyncio
import secrets


class Changes:
    """Names the present state of something; no other process shares the names."""

    def __init__(self) -> None:
        self._epoch, self._number = secrets.token_hex(8), 0
        self._changed = asyncio.Event()

    @property
    def cursor(self) -> str:
        """The name of the present state."""
        return f"{self._epoch}:{self._number}"

    def note(self) -> None:
        """Note that the state has changed."""
        self._number += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def after(self, cursor: str | None, seconds: float) -> None:
        """Return as soon as the state is not the one a cursor names, or after this long."""
        if cursor == self.cursor:
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
            except TimeoutError:
                return  # nothing changed: the same is true again
