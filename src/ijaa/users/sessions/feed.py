"""The feed of revocations: pushed by PostgreSQL, so that a revocation holds everywhere within milliseconds."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime

from ijaa.shared.clock import Clock
from ijaa.shared.errors import Unavailable
from ijaa.shared.listener import Connection
from ijaa.shared.lookups import Lookups
from ijaa.users.sessions.revocation_repository import RevocationRepository, load, prune
from ijaa.users.sessions.revoked import CHANNEL, Revocations, Revoked, RevokedSessions

_PRUNE_EVERY = 60.0


class RevocationFeed:
    """Tells whether a session was revoked.

    Live, it knows by itself and asks nobody. Down, it looks the session up; with the database out of reach, too, the
    set loaded last decides, because then nobody can revoke either.
    """

    channel = CHANNEL

    def __init__(self, repository: RevocationRepository, clock: Clock) -> None:
        self._repository, self._clock = repository, clock
        self._sessions = RevokedSessions()
        self._live = False
        self._lookups = Lookups(repository.known)
        self._prune_at = time.monotonic() + _PRUNE_EVERY

    @property
    def live(self) -> bool:
        """Whether every revocation reaches this process just now."""
        return self._live

    async def revoked(self, session_id: str) -> bool:
        """Whether the session has been revoked; no statement while the feed is live."""
        if session_id in self._sessions:
            return True
        return False if self._live else await self._lookups.revoked(session_id)

    async def known(self, session_id: str) -> bool:
        """Whether the session has been revoked, for certain; raise `Unavailable` where only a guess is to be had."""
        if session_id in self._sessions:
            return True
        return False if self._live else await self._repository.known(session_id)

    def add(self, revoked: Iterable[Revoked]) -> None:
        """Take in what this process has just revoked, without waiting to be told."""
        for entry in revoked:
            self._sessions.add(entry)

    async def since(self, cursor: str | None, seconds: float) -> Revocations:
        """Return what was revoked after a cursor, waiting up to `seconds` for something.

        Raises `Unavailable` while the feed is down: an empty answer would claim that nothing was revoked.
        """
        self._refuse_down()
        found = self._sessions.since(cursor)
        if not found.revoked and not found.snapshot and seconds:
            await self._sessions.change(seconds)
            self._refuse_down()
            found = self._sessions.since(cursor)
        return found

    async def load(self, connection: Connection) -> None:
        """Take in every revocation on record; from now on, being told is enough."""
        self.add(await load(connection, self._clock.now()))
        self._live = True
        self._lookups.loaded.set()

    def told(self, payload: str) -> None:
        """Take in one revocation."""
        session_id, _, expires = payload.partition(" ")
        self._sessions.add(Revoked(session_id, datetime.fromtimestamp(float(expires), UTC)))

    def lost(self) -> None:
        """Look sessions up one by one from now on: that nobody can be listened to tells nothing of who can be asked."""
        self._live = False
        self._sessions.wake()

    async def tend(self, connection: Connection) -> None:
        """Forget what has expired, in memory now and on record every minute."""
        now = self._clock.now()
        self._sessions.prune(now)
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + _PRUNE_EVERY
            await prune(connection, now)

    def _refuse_down(self) -> None:
        if not self._live:
            raise Unavailable("The feed of revocations is down; look sessions up one by one.")
