"""How the processes of a module tell each other which topics changed: over Redis, or PostgreSQL while it is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from ijaa.shared.breaker import FAILURES, Breaker
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.listener import Connection
from ijaa.shared.live import Live
from ijaa.shared.tasks import background

log = structlog.get_logger("ijaa.live")

_AT_ONCE = 100
"""Topics of one notification: PostgreSQL takes 8000 bytes."""
_WAIT = 1.0
_PING_EVERY = 5.0
_AGAIN = 2.0
_RESYNC, _SLICE = 30.0, 1.0
"""Seconds in which everything that is watched is read anew while Redis tells us nothing, a slice at a time: others may
reach it, and tell over it alone what NOTIFY would have told."""


class LiveBus:
    """Tells the others, and is told by them; a `Subscriber` of the module's listener as well."""

    channel = "ijaa_live"

    def __init__(self, name: str, live: Live, redis: Redis, database: Database, *, namespace: str) -> None:
        self._live, self._redis, self._database = live, redis, database
        self._name, self._on_redis = name, f"{namespace}:live:{name}"
        self._me = uuid4().hex[:12]
        self._breaker = Breaker(redis.ping)
        self._topics: set[str] = set()
        self._wake = asyncio.Event()
        self._hears = False
        live.on_tell(self._tell)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell and listen for as long as the block runs."""
        work = (self._breaker.watch, self._publish, self._subscribe, self._resync)
        async with background(f"live-{self._name}", *work):
            yield

    async def load(self, connection: Connection) -> None:  # noqa: ARG002 - a Subscriber
        """Read everything anew: what was told meanwhile was missed."""
        self._live.note_all()

    def told(self, payload: str) -> None:
        """Take in topics another process told of."""
        sender, *topics = payload.split("\n")
        if sender != self._me:
            for topic in topics:
                self._live.note(topic)

    def lost(self) -> None:
        """Do nothing: `load` follows."""

    async def tend(self, connection: Connection) -> None:
        """Do nothing: there is nothing to tend."""

    def _tell(self, topic: str) -> None:
        self._topics.add(topic)
        self._wake.set()

    async def _publish(self) -> None:
        while True:
            while self._topics:
                batch = [self._topics.pop() for _ in range(min(_AT_ONCE, len(self._topics)))]
                await self._send("\n".join([self._me, *batch]))
            self._wake.clear()
            await self._wake.wait()

    async def _send(self, payload: str) -> None:
        if self._breaker.closed:
            try:
                await self._redis.publish(self._on_redis, payload)
            except FAILURES as error:
                self._breaker.trip(error)
            else:
                return
        try:
            await self._database.fetch_value("SELECT pg_notify($1, $2)", self.channel, payload)
        except Unavailable as error:
            log.warning("those who watch elsewhere are not told", module=self._name, detail=error.detail)

    async def _subscribe(self) -> None:
        while True:
            async with self._redis.pubsub() as told:
                try:
                    await told.subscribe(self._on_redis)
                    self._live.note_all()  # what was told meanwhile was missed
                    self._hears = True
                    await self._listen(told)
                except FAILURES as error:
                    log.debug("nothing is told over redis", module=self._name, error=type(error).__name__)
                finally:
                    if self._hears:
                        self._live.note_all()
                    self._hears = False
            await asyncio.sleep(_AGAIN)

    async def _resync(self) -> None:
        while True:
            await asyncio.sleep(_SLICE)
            if not self._hears:
                self._live.note_some(_SLICE / _RESYNC)

    async def _listen(self, told: PubSub) -> None:
        """Take in what is told until the connection fails, or a ping has no answer."""
        loop = asyncio.get_running_loop()
        heard = pinged = loop.time()
        while True:
            message = await told.get_message(timeout=_WAIT)
            now = loop.time()
            if message is not None:
                heard = now
                if message["type"] == "message":
                    self.told(message["data"].decode())
            elif pinged > heard and now - pinged > _WAIT:
                raise TimeoutError
            elif now - max(heard, pinged) > _PING_EVERY:
                pinged = now
                await told.ping()
