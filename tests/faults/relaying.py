"""A process that relays messages until it is killed: `python -m tests.faults.relaying`."""

import asyncio
import os
from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.inbox import Inbox, Subscription, subscriptions
from ijaa.shared.messages import Envelope, Message, Received
from ijaa.shared.outbox import Outbox
from ijaa.shared.relay import DirectTransport, Relay

TABLE = "CREATE TABLE effects (name text NOT NULL); GRANT ALL ON effects TO ijaa_events_app"


class Counted(Message, frozen=True, kw_only=True):
    """Something to count."""

    TYPE: ClassVar[str] = "ijaa.users.counted.v1"

    name: str


class Forgetful(Inbox):
    """An inbox that remembers nothing: what shows that the real one is needed."""

    async def _note(self, session: AsyncSession, envelopes: Sequence[Envelope]) -> set[tuple[str, UUID]]:  # noqa: ARG002
        return {(one.source, one.id) for one in envelopes}


async def count(session: AsyncSession, received: Sequence[Received[Counted]]) -> None:
    """Have the effect: a row per message."""
    names = [one.message.name for one in received]
    await session.execute(text("INSERT INTO effects SELECT unnest(CAST(:names AS text[]))"), {"names": names})


async def main() -> None:
    """Relay until the end."""
    clock = SystemClock()
    outbox = Outbox(Database("users", os.environ["USERS"]), clock)
    kind = Inbox if os.environ["INBOX"] == "real" else Forgetful
    inbox = kind(Database("events", os.environ["EVENTS"]), subscriptions(Subscription(Counted, count)), clock)
    async with Relay(outbox, DirectTransport(inbox), batch=50).run():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
