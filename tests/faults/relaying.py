"""A process that carries messages until it is killed: `python -m tests.faults.relaying direct|deadly|send|receive`."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import message_streams, outbox
from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.inbox import Inbox, Subscription, subscriptions
from ijaa.shared.message_streams import Names, StreamOutcomes, StreamReceiver, StreamTransport
from ijaa.shared.messages import Envelope, Message, Outcome, Outgoing, Received
from ijaa.shared.outbox import Outbox
from ijaa.shared.redis import connect_blocking
from ijaa.shared.relay import DirectTransport, Relay

KEY, NAMES = b"key of the drills", Names("drills")
TABLE = "CREATE TABLE effects (name text NOT NULL); GRANT ALL ON effects TO ijaa_events_app"


class Counted(Message, frozen=True, kw_only=True):
    """Something to count."""

    TYPE: ClassVar[str] = "ijaa.users.counted.v1"

    name: str


class Forgetful(Inbox):
    """An inbox that remembers nothing: what shows that the real one is needed."""

    async def _note(self, session: AsyncSession, envelopes: Sequence[Envelope]) -> set[tuple[str, UUID]]:  # noqa: ARG002
        return {(one.source, one.id) for one in envelopes}


class Deadly(DirectTransport):
    """Kills its process at the worst moment: the receiver has committed, and the sender knows nothing of it."""

    async def carry(self, outgoing: Sequence[Outgoing]) -> list[Outcome]:
        outcomes = await super().carry(outgoing)
        os.kill(os.getpid(), signal.SIGKILL)
        return outcomes


async def count(session: AsyncSession, received: Sequence[Received[Counted]]) -> None:
    """Have the effect: a row per message."""
    names = [one.message.name for one in received]
    await session.execute(text("INSERT INTO effects SELECT unnest(CAST(:names AS text[]))"), {"names": names})


@asynccontextmanager
async def carrying(role: str) -> AsyncIterator[None]:
    """Do one part of the way, or all of it, while inside."""
    clock = SystemClock()
    sender = Outbox(Database("users", os.environ["USERS"]), clock)
    kind = Forgetful if os.environ.get("INBOX") == "none" else Inbox
    inbox = kind(Database("events", os.environ["EVENTS"]), subscriptions(Subscription(Counted, count)), clock)
    redis = connect_blocking(os.environ["REDIS"])
    match role:
        case "direct":
            async with Relay(sender, DirectTransport(inbox), batch=50).run():
                yield
        case "deadly":
            async with Relay(sender, Deadly(inbox), batch=50).run():
                yield
        case "send":
            relay = Relay(sender, StreamTransport(redis, NAMES, "events", KEY), batch=50)
            async with relay.run(), StreamOutcomes(redis, NAMES, sender, KEY).run():
                yield
        case "receive":
            async with StreamReceiver(redis, NAMES, "events", inbox, KEY).run():
                yield


async def main() -> None:
    """Carry until the end; what a machine waits for, a drill cannot."""
    outbox.ASK_AGAIN = (timedelta(seconds=1), timedelta(seconds=2))
    message_streams._CLAIM_AFTER_MS, message_streams._CLAIM_EVERY = 1500, 0.5
    async with carrying(sys.argv[1]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
