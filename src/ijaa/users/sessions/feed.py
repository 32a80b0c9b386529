"""The feed of revocations: pushed by PostgreSQL, so that a revocation holds everywhere within milliseconds."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import structlog

from ijaa.shared.clock import Clock
from ijaa.shared.errors import Unavailable
from ijaa.users.sessions.revocation_repository import RevocationRepository, load, prune
from ijaa.users.sessions.revoked import CHANNEL, Revocations, Revoked, RevokedSessions

log = structlog.get_logger("ijaa.users.revocations")

CONNECT_WAIT = 1.5
PING_EVERY = 1.0
PING_WAIT = 0.5
LOOKUP_WAIT = 0.3
"""Seconds a request waits for the database while the feed is down."""
LAST_WORD = 1.0
"""Seconds the loaded set decides alone once the database did not answer."""
START_WAIT = 2.0
_BACKOFF = (0.1, 2.0)
_PRUNE_EVERY = 60


class RevocationFeed:
    """Tells whether a session was revoked.

    Live, it knows by itself and asks nobody. Down, it looks the session up; with the database out of reach, too, the
    set loaded last decides, because then nobody can revoke either.
    """

    def __init__(self, url: str, repository: RevocationRepository, clock: Clock) -> None:
        self._url, self._repository, self._clock = url, repository, clock
        self._sessions = RevokedSessions()
        self._live = False
        self._loaded = asyncio.Event()
        self._unreachable_until = 0.0

    @property
    def live(self) -> bool:
        """Whether every revocation reaches this process just now."""
        return self._live

    async def revoked(self, session_id: str) -> bool:
        """Whether the session has been revoked; no statement while the feed is live."""
        if session_id in self._sessions:
            return True
        return False if self._live else await self._look_up(session_id)

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

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Follow the database for as long as the block runs; a database that is down only delays being live."""
        task = asyncio.create_task(self._follow(), name="revocation-feed")
        try:
            try:
                async with asyncio.timeout(START_WAIT):
                    await self._loaded.wait()
            except TimeoutError:
                log.warning("revocations are not loaded yet; the feed goes on trying")
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._down()

    async def _follow(self) -> None:
        wait = _BACKOFF[0]
        while True:
            try:
                connection = await asyncpg.connect(
                    self._url,
                    timeout=CONNECT_WAIT,
                    command_timeout=CONNECT_WAIT,
                    server_settings={"application_name": "ijaa-revocations"},
                )
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self._out_of_reach()
                log.warning("revocation feed cannot connect", error=type(error).__name__, retry_in=wait)
            else:
                wait = _BACKOFF[0]
                try:
                    await self._listen(connection)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                    if isinstance(error, TimeoutError):
                        self._out_of_reach()
                    log.warning("revocation feed lost its connection", error=type(error).__name__)
                finally:
                    self._down()
                    connection.terminate()
            await asyncio.sleep(wait)
            wait = min(wait * 2, _BACKOFF[1])

    async def _listen(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        lost = asyncio.Event()

        def gone(_: object) -> None:
            self._down()
            lost.set()

        connection.add_termination_listener(gone)
        await connection.add_listener(CHANNEL, self._told)  # before loading: nothing falls between
        self.add(await load(connection, self._clock.now()))
        self._live = not lost.is_set()
        self._loaded.set()
        pings = 0
        while not lost.is_set():
            try:
                async with asyncio.timeout(PING_EVERY):
                    await lost.wait()
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=PING_WAIT)
                pings += 1
                self._sessions.prune(self._clock.now())
                if pings % _PRUNE_EVERY == 0:
                    await prune(connection, self._clock.now())

    def _told(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        session_id, _, expires = str(payload).partition(" ")
        self._sessions.add(Revoked(session_id, datetime.fromtimestamp(float(expires), UTC)))

    async def _look_up(self, session_id: str) -> bool:
        if time.monotonic() < self._unreachable_until:
            return self._last_word()
        try:
            async with asyncio.timeout(LOOKUP_WAIT):
                return await self._repository.known(session_id)
        except (Unavailable, TimeoutError):
            self._out_of_reach()
            return self._last_word()

    def _last_word(self) -> bool:
        if not self._loaded.is_set():
            raise Unavailable("Whether this session was revoked cannot be known just now.")
        return False

    def _out_of_reach(self) -> None:
        self._unreachable_until = time.monotonic() + LAST_WORD

    def _refuse_down(self) -> None:
        if not self._live:
            raise Unavailable("The feed of revocations is down; look sessions up one by one.")

    def _down(self) -> None:
        self._live = False
        self._sessions.wake()
