"""A sender and a receiver, joined by a transport."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import ClassVar, Literal

from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.inbox import Inbox, Subscription, subscriptions
from ijaa.shared.message_streams import Names, StreamOutcomes, StreamReceiver, StreamTransport
from ijaa.shared.messages import Message, Received
from ijaa.shared.outbox import Outbox
from ijaa.shared.relay import DirectTransport, Relay

KEY, NAMES = b"key of the tests", Names("tests")


class Counted(Message, frozen=True, kw_only=True):
    """Something to count."""

    TYPE: ClassVar[str] = "ijaa.users.counted.v1"

    name: str
    bad: bool = False
    slow: bool = False


class Unheard(Message, frozen=True, kw_only=True):
    """Something nobody has subscribed to."""

    TYPE: ClassVar[str] = "ijaa.users.unheard.v1"

    name: str


class Post:
    """The users module tells the events module, whose effect is a row per message."""

    def __init__(self, users: Database, events: Database, clock: FrozenClock) -> None:
        self.users, self.events, self.clock = users, events, clock
        self.outbox = Outbox(users, clock)
        self.inbox = Inbox(events, subscriptions(Subscription(Counted, self.handle)), clock)
        self.relay: Relay

    async def handle(self, session: AsyncSession, received: Sequence[Received[Counted]]) -> None:
        """Have the effect: count a name."""
        for one in received:
            await session.execute(text("INSERT INTO effects VALUES (:name)"), {"name": one.message.name})
            if one.message.bad:
                raise RuntimeError("a name of somebody that must not be stored")
            if one.message.slow:
                await session.execute(text("SET LOCAL statement_timeout = 50"))
                await session.execute(text("SELECT pg_sleep(5)"))

    async def tell(self, *messages: Message) -> None:
        """Publish in a transaction of its own."""
        async with self.users.transaction() as session:
            await self.outbox.publish(session, *messages)

    async def effects(self) -> dict[str, int]:
        """Return how often each name was counted."""
        rows = await self.events.fetch(lambda name, times: (name, times), _EFFECTS)
        return dict(rows)

    async def waiting(self) -> int:
        """Return how many messages are not done."""
        return int(await self.users.fetch_value("SELECT count(*) FROM outbox"))

    async def until(self, done: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something is so; the clock goes on meanwhile."""
        async with asyncio.timeout(30):
            while not await done():
                await asyncio.sleep(0.02)


_EFFECTS = "SELECT name, count(*) FROM effects GROUP BY name"


@asynccontextmanager
async def posted(
    transport: Literal["direct", "streams"], users: Database, events: Database, redis: Redis, clock: FrozenClock
) -> AsyncIterator[Post]:
    """Give a sender and a receiver; the relay is run by hand, what answers over Redis runs by itself."""
    post = Post(users, events, clock)
    async with AsyncExitStack() as stack:
        if transport == "direct":
            post.relay = Relay(post.outbox, DirectTransport(post.inbox))
        else:
            await redis.flushdb()
            post.relay = Relay(post.outbox, StreamTransport(redis, NAMES, "events", KEY))
            await stack.enter_async_context(StreamReceiver(redis, NAMES, "events", post.inbox, KEY).run())
            await stack.enter_async_context(StreamOutcomes(redis, NAMES, post.outbox, KEY).run())
        yield post
