"""Feature flags of the users service, followed over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from ijaa.events.adapters.peer import Peer
from ijaa.shared.errors import Unavailable
from ijaa.shared.flags import FlagsOn

log = structlog.get_logger("ijaa.events.flags")

_POLL = 2
"""Seconds one poll stays open; a service that stops waits for it."""
_BACKOFF = (0.1, 2.0)


class HttpFlags:
    """`FeatureFlags` that a long poll keeps up to date.

    While the service is out of reach what was known last goes on; before anything was known every flag counts as on.
    """

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._state: FlagsOn | None = None
        self._on: frozenset[str] = frozenset()

    def enabled(self, name: str) -> bool:
        """Whether a flag is on; an unknown one is off."""
        return self._state is None or not self._state.known or name in self._on

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow for as long as the block runs."""
        task = asyncio.create_task(self._follow(), name="flag-poll")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _follow(self) -> None:
        pause = _BACKOFF[0]
        while True:
            asked = {"after": self._state.cursor, "wait": _POLL} if self._state else {}
            try:
                found = await self._peer.get(FlagsOn, "/internal/v1/flags", within=_POLL + 2.0, **asked)
            except Unavailable as error:
                log.warning("feature flags cannot be followed", detail=error.detail, retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _BACKOFF[1])
                continue
            pause = _BACKOFF[0]
            self._state, self._on = found, frozenset(found.on)
