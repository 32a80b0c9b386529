"""Feature flags of the users service, followed over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ijaa.shared.flags import FlagsOn
from ijaa.shared.http.peer import Peer, following


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
        async with following(self._peer, FlagsOn, "/internal/v1/flags", self._take):
            yield

    def _take(self, found: FlagsOn) -> str:
        self._state, self._on = found, frozenset(found.on)
        return found.cursor
