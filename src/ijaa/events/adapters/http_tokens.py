"""What the token verifier needs, over HTTP: public keys and revoked sessions of the users service."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from ijaa.shared.clock import Clock
from ijaa.shared.errors import Unavailable
from ijaa.shared.http.peer import Peer, following
from ijaa.shared.lookups import Lookups
from ijaa.shared.tasks import background

log = structlog.get_logger("ijaa.events.tokens")

_REFRESH_EVERY = 5.0
"""Seconds; made-up key ids must not become requests."""
_POLL = 2
"""Seconds one poll of the feed stays open; a service that stops waits for it."""
_START_WAIT = 3.0
_BACKOFF = (0.1, 2.0)


class _KeySet(msgspec.Struct, frozen=True):
    cursor: str
    keys: list[dict[str, Any]]


class _Revoked(msgspec.Struct, frozen=True):
    session_id: str
    expires_at: datetime


class _Revocations(msgspec.Struct, frozen=True):
    cursor: str
    snapshot: bool
    revoked: list[_Revoked]


class _Revocation(msgspec.Struct, frozen=True):
    revoked: bool


class HttpPublicKeys:
    """The published keys (JWKS, RFC 7517)."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._keys: dict[str, OKPKey] = {}
        self.generation = 0
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    def find(self, kid: str) -> OKPKey | None:
        """Return the key of this id if it is known here."""
        return self._keys.get(kid)

    async def refresh(self) -> None:
        """Learn of new keys, at most every few seconds; raise `Unavailable` without any key at all."""
        async with self._asking:
            if time.monotonic() - self._asked_at < _REFRESH_EVERY and self._keys:
                return
            try:
                self._take(await self._peer.get(_KeySet, "/internal/v1/keys"))
            except (Unavailable, JoseError, KeyError) as error:
                if not self._keys:
                    raise Unavailable("Tokens cannot be checked just now.") from error
                log.warning("keys could not be refreshed", error=str(error))
            self._asked_at = time.monotonic()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the keys for as long as the block runs: one that is revoked is not good here either."""
        async with following(self._peer, _KeySet, "/internal/v1/keys", self._take):
            yield

    def _take(self, published: _KeySet) -> str:
        keys = {key["kid"]: OKPKey.import_key(key) for key in published.keys}
        if self._keys.keys() - keys.keys():
            self.generation += 1
        self._keys = keys
        return published.cursor


class HttpRevocations:
    """Follows the users service's feed of revoked sessions.

    Live, it knows by itself. Down, it asks about the one session; with the service out of reach too, the set loaded
    last decides, because then nobody can revoke either.
    """

    def __init__(self, peer: Peer, clock: Clock) -> None:
        self._peer, self._clock = peer, clock
        self._revoked: dict[str, datetime] = {}
        self._live = False
        self._lookups = Lookups(self._ask)

    async def revoked(self, session_id: str) -> bool:
        """Whether the session has been revoked; no request while the feed is live."""
        if session_id in self._revoked:
            return True
        return False if self._live else await self._lookups.revoked(session_id)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the feed for as long as the block runs."""
        async with background("revocation-poll", self._follow):
            try:
                async with asyncio.timeout(_START_WAIT):
                    await self._lookups.loaded.wait()
            except TimeoutError:
                log.warning("revocations are not loaded yet; the feed goes on trying")
            yield

    async def _follow(self) -> None:
        try:
            await self._poll()
        finally:
            self._live = False  # whatever ends it: from here on every session is looked up

    async def _poll(self) -> None:
        cursor: str | None = None
        pause = _BACKOFF[0]
        while True:
            try:
                asked = {"after": cursor, "wait": _POLL} if cursor else {}
                found = await self._peer.get(_Revocations, "/internal/v1/revocations", within=_POLL + 2.0, **asked)
            except Unavailable as error:
                self._live = False
                log.warning("the feed of revocations is down", detail=error.detail, retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _BACKOFF[1])
                continue
            pause = _BACKOFF[0]
            self._take(found)
            cursor = found.cursor

    def _take(self, found: _Revocations) -> None:
        now = self._clock.now()
        kept = {} if found.snapshot else {sid: until for sid, until in self._revoked.items() if until > now}
        self._revoked = kept | {entry.session_id: entry.expires_at for entry in found.revoked}
        self._live = True
        self._lookups.loaded.set()

    async def _ask(self, session_id: str) -> bool:
        return (await self._peer.get(_Revocation, f"/internal/v1/revocations/{session_id}")).revoked
