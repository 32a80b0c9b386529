"""Who says whether a session was revoked while the feed of revocations is down."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from ijaa.shared.errors import Unavailable

LOOKUP_WAIT = 0.3
"""Seconds a request waits for the answer about one session."""
LAST_WORD = 1.0
"""Seconds the loaded set decides alone once nobody answered."""


class Lookups:
    """Asks about one session at a time; with nobody to ask, the set loaded last decides: then nobody can revoke."""

    def __init__(self, ask: Callable[[str], Awaitable[bool]]) -> None:
        self._ask = ask
        self._unreachable_until = 0.0
        self.loaded = asyncio.Event()
        """Whether there ever was a set; without one nothing is guessed."""

    async def revoked(self, session_id: str) -> bool:
        """Whether a session that is not in the set has been revoked; raise `Unavailable` where that is a guess."""
        if time.monotonic() >= self._unreachable_until:
            try:
                async with asyncio.timeout(LOOKUP_WAIT):
                    return await self._ask(session_id)
            except (Unavailable, TimeoutError):
                self._unreachable_until = time.monotonic() + LAST_WORD
        if not self.loaded.is_set():
            raise Unavailable("Whether this session was revoked cannot be known just now.")
        return False
