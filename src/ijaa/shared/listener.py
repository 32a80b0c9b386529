"""What PostgreSQL pushes (LISTEN/NOTIFY): one connection per process and database, for every channel of a module."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, TypeAlias

import asyncpg
import structlog

from ijaa.shared.tasks import background

log = structlog.get_logger("ijaa.listener")

CONNECT_WAIT = 1.5
PING_EVERY = 1.0
PING_WAIT = 0.5
START_WAIT = 2.0
_BACKOFF = (0.1, 2.0)

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Subscriber(Protocol):
    """Keeps in memory what a channel tells of."""

    channel: str

    async def load(self, connection: Connection) -> None:
        """Take in what there is; whatever is told from now on came after it, or is in it already."""
        ...

    def told(self, payload: str) -> None:
        """Take in one notification."""
        ...

    def lost(self) -> None:
        """Know that nothing is told until the next `load`."""
        ...

    async def tend(self, connection: Connection) -> None:
        """Do what is due every second."""
        ...


class Listener:
    """Follows one database for its subscribers, connecting again whenever the connection is lost."""

    def __init__(self, name: str, url: str, subscribers: Sequence[Subscriber]) -> None:
        self._name, self._url, self._subscribers = name, url, subscribers
        self._loaded = asyncio.Event()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Follow for as long as the block runs; a database that is down only delays being told."""
        try:
            async with background(f"listener-{self._name}", self._follow):
                try:
                    async with asyncio.timeout(START_WAIT):
                        await self._loaded.wait()
                except TimeoutError:
                    log.warning("nothing is loaded yet; the listener goes on trying", database=self._name)
                yield
        finally:
            self._lost()

    async def _follow(self) -> None:
        wait = _BACKOFF[0]
        while True:
            try:
                connection = await asyncpg.connect(
                    self._url,
                    timeout=CONNECT_WAIT,
                    command_timeout=CONNECT_WAIT,
                    server_settings={"application_name": "ijaa-listener"},
                )
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self._lost()
                self._warn("the listener cannot connect", error)
            else:
                wait = _BACKOFF[0]
                try:
                    await self._listen(connection)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                    self._warn("the listener lost its connection", error)
                finally:
                    self._lost()
                    connection.terminate()
            await asyncio.sleep(wait)
            wait = min(wait * 2, _BACKOFF[1])

    async def _listen(self, connection: Connection) -> None:
        gone = asyncio.Event()

        def ended(_: object) -> None:
            self._lost()
            gone.set()

        connection.add_termination_listener(ended)
        for subscriber in self._subscribers:
            # before loading: nothing falls between
            await connection.add_listener(
                subscriber.channel, lambda _c, _p, _n, said, to=subscriber: to.told(str(said))
            )
            await subscriber.load(connection)
        if gone.is_set():
            self._lost()
        self._loaded.set()
        while not gone.is_set():
            try:
                async with asyncio.timeout(PING_EVERY):
                    await gone.wait()
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=PING_WAIT)
                for subscriber in self._subscribers:
                    await subscriber.tend(connection)

    def _lost(self) -> None:
        for subscriber in self._subscribers:
            subscriber.lost()

    def _warn(self, what: str, error: Exception) -> None:
        log.warning(what, database=self._name, error=type(error).__name__)
