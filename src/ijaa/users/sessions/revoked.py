"""The sessions that were revoked, as one process knows them, and what changed since another looked."""

import asyncio
import secrets
from collections import deque
from datetime import datetime

import msgspec

CHANNEL = "ijaa_revocations"
"""Of NOTIFY; its payload is the session id and when its last access token expires (seconds since 1970)."""

_LOG_SIZE = 10_000


class Revoked(msgspec.Struct, frozen=True):
    """A session whose access tokens are refused until the last of them has expired."""

    session_id: str
    expires_at: datetime


class Revocations(msgspec.Struct, frozen=True, kw_only=True):
    """What was revoked after a cursor; a snapshot holds everything and replaces what was known."""

    cursor: str
    snapshot: bool
    revoked: list[Revoked]


class RevokedSessions:
    """A set with a history: `epoch:n` names a place in it, and no other process shares the epoch."""

    def __init__(self) -> None:
        self._expiry: dict[str, datetime] = {}
        self._log: deque[Revoked] = deque(maxlen=_LOG_SIZE)
        self._added = 0
        self._epoch = secrets.token_hex(8)
        self._changed = asyncio.Event()

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._expiry

    def add(self, entry: Revoked) -> None:
        """Take one in; what is known already changes nothing."""
        if entry.session_id in self._expiry:
            return
        self._expiry[entry.session_id] = entry.expires_at
        self._log.append(entry)
        self._added += 1
        self.wake()

    def prune(self, now: datetime) -> None:
        """Forget those whose tokens have all expired."""
        for session_id in [known for known, expires_at in self._expiry.items() if expires_at <= now]:
            del self._expiry[session_id]

    def since(self, cursor: str | None) -> Revocations:
        """Return what came after a cursor; one of another process, or too far behind, gets a snapshot."""
        here = f"{self._epoch}:{self._added}"
        epoch, _, place = (cursor or "").partition(":")
        missed = self._added - int(place) if epoch == self._epoch and place.isdecimal() else -1
        if 0 <= missed <= len(self._log):
            return Revocations(cursor=here, snapshot=False, revoked=list(self._log)[len(self._log) - missed :])
        everything = [Revoked(known, expires_at) for known, expires_at in self._expiry.items()]
        return Revocations(cursor=here, snapshot=True, revoked=everything)

    async def change(self, seconds: float) -> None:
        """Return when something is added, or after this long."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        """Let everybody who waits for a change look again."""
        self._changed.set()
        self._changed = asyncio.Event()
