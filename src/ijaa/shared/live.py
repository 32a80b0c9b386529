"""What people watch as it changes: one state per topic and process, shown to everybody who watches it here.

A change is told after its commit and may be lost; what is told is only *that* a topic changed. Its state is read anew,
once per process and never more than ten times a second, and only if somebody watches. So order does not matter, a burst
costs one read, and whoever is slow skips what lies between.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from hashlib import blake2b
from math import ceil
from typing import Protocol

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import after_commit
from ijaa.shared.errors import Unavailable
from ijaa.shared.metrics import WATCHERS
from ijaa.shared.tasks import stop

log = structlog.get_logger("ijaa.live")

MOST = 5000
"""How many may watch in one process."""
_APART = 0.1
"""Seconds between two reads of one topic."""
_AGAIN = 1.0
_AT_ONCE = 4
"""Topics that are read at the same time: the rest of the pool is for requests."""


class State(msgspec.Struct, frozen=True):
    """What those who watch a topic are shown."""

    event: str
    """The type of the event (HTML, server-sent events)."""
    data: bytes
    """JSON."""
    sight: Hashable = None
    """What decides who may see it: when it changes, everybody who watches is asked for anew."""
    beside: "State | None" = None
    """What else is shown of the topic, as an event of its own."""

    @property
    def id(self) -> str:
        """What a client gives back to be told only of what is newer."""
        return blake2b(self.data, digest_size=8).hexdigest()

    @property
    def parts(self) -> "list[State]":
        """Everything that is shown, each an event of its own."""
        return [self, *(self.beside.parts if self.beside else ())]


class Tell(Protocol):
    """Tells, once a transaction has committed, that a topic changed."""

    def __call__(self, session: AsyncSession, topic: str, /) -> None:
        """Tell it when this transaction commits, and only then."""
        ...


class Topic:
    """One topic that somebody watches."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.watches: set[Watch] = set()
        self.loaded = False
        self.state: State | None = None
        """None, once it is loaded, is a topic that is gone."""
        self.stale = asyncio.Event()
        self.stale.set()
        self.follower: asyncio.Task[None]

    def take(self, state: State | None) -> None:
        """Show a state."""
        if self.loaded and state == self.state:
            return
        self.loaded, self.state = True, state
        for watch in self.watches:
            watch.wake.set()


class Watch:
    """Somebody who watches a topic."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.wake = asyncio.Event()
        """Set when the state changes; whoever waits for it clears it first."""


class Live:
    """The topics of one module that somebody watches in this process."""

    def __init__(self, name: str, load: Callable[[str], Awaitable[State | None]]) -> None:
        self._name, self._load = name, load
        self._topics: dict[str, Topic] = {}
        self._tellers: list[Callable[[str], None]] = []
        self._loading = asyncio.Semaphore(_AT_ONCE)
        self._due: list[str] = []
        self._watching, self._failing = 0, False

    def on_tell(self, tell: Callable[[str], None]) -> None:
        """Have other processes told as well."""
        self._tellers.append(tell)

    def tell(self, session: AsyncSession, topic: str) -> None:
        """Tell that a topic changed, once this transaction has committed."""
        after_commit(session, lambda: self._told(topic))

    def note(self, topic: str) -> None:
        """Read a topic anew, if anybody watches it here."""
        if (found := self._topics.get(topic)) is not None:
            found.stale.set()

    def note_all(self) -> None:
        """Read everything anew that is watched here: something may have been missed."""
        for topic in self._topics.values():
            topic.stale.set()

    def note_some(self, share: float) -> None:
        """Read a share of everything anew; who calls it often enough reads everything, a little at a time."""
        self._due = self._due or list(self._topics)
        number = ceil(len(self._topics) * share)
        for name in self._due[:number]:
            self.note(name)
        del self._due[:number]

    @asynccontextmanager
    async def watch(self, name: str) -> AsyncIterator[Watch]:
        """Watch a topic for as long as the block runs.

        Raises:
            Unavailable: too many watch already.

        """
        if self._watching >= MOST:
            raise Unavailable("Too many watch just now; ask again in a moment.")
        if (topic := self._topics.get(name)) is None:
            topic = self._topics[name] = Topic(name)
            topic.follower = asyncio.create_task(self._follow(topic), name=f"live-{self._name}-{name}")
        watch = Watch(topic)
        topic.watches.add(watch)
        self._count(1)
        try:
            yield watch
        finally:
            self._count(-1)
            topic.watches.discard(watch)
            if not topic.watches:
                del self._topics[name]
                await stop([topic.follower])

    def _count(self, by: int) -> None:
        self._watching += by
        WATCHERS.labels(self._name).set(self._watching)

    async def _follow(self, topic: Topic) -> None:
        while True:
            await topic.stale.wait()
            async with self._loading:
                topic.stale.clear()
                read = await self._read(topic)
            if not read:
                topic.stale.set()
            await asyncio.sleep(_APART if read else _AGAIN)

    async def _read(self, topic: Topic) -> bool:
        try:
            topic.take(await self._load(topic.name))
        except Unavailable as error:
            if not self._failing:  # one line for all topics, and for as long as it lasts
                log.warning("those who watch wait: nothing can be read", module=self._name, detail=error.detail)
            self._failing = True
            return False
        except Exception:
            log.exception("those who watch wait: a topic cannot be read", module=self._name)
            return False
        self._failing = False
        return True

    async def _told(self, topic: str) -> None:
        self.note(topic)
        for tell in self._tellers:
            tell(topic)
