"""Messages that arrive: the id of each is noted in the transaction of its effect, so it has its effect once."""

import time
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import Column, DateTime, Index, MetaData, String, Table, Uuid, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import TooSlow, Unavailable
from ijaa.shared.messages import Done, Envelope, Failed, Message, Received

M = TypeVar("M", bound=Message)

log = structlog.get_logger("ijaa.messages")

KEPT = timedelta(days=30)
"""How long an id is remembered; no relay tries for as long."""
PATIENCE = 5.0
"""Seconds after which no more is begun; the sender holds a transaction open meanwhile, which may idle for ten."""
_PORTION = 32_768
"""Bytes of messages that share a transaction: long ones tell many, and would make it long."""

# in the order of the ids: two relays with the same messages wait for each other instead of dying in a deadlock
_NOTE = text("""
INSERT INTO inbox (source, id, received_at)
SELECT :source, id, :now FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id
ON CONFLICT DO NOTHING RETURNING id
""")


def inbox_table(metadata: MetaData) -> Table:
    """Declare the inbox in a module's database: what arrived, by sender and its id (CloudEvents §3.1)."""
    return Table(
        "inbox",
        metadata,
        Column("source", String(20), primary_key=True),
        Column("id", Uuid, primary_key=True),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Index("idx_inbox_received_at", "received_at"),
    )


class Handler(Protocol[M]):
    """Does what a receiver does about messages of one type; a batch is one transaction."""

    def __call__(self, session: AsyncSession, received: Sequence[Received[M]], /) -> Awaitable[None]:
        """Have the effect of each, in `session`; raising undoes the batch, and each is tried again by itself."""
        ...


@dataclass(frozen=True)
class Subscription(Generic[M]):
    """What a module does about one type of message."""

    message: type[M]
    handler: Handler[M]


def subscriptions(*wanted: Subscription[Any]) -> Mapping[str, Subscription[Any]]:
    """Return subscriptions by type of message."""
    return {one.message.TYPE: one for one in wanted}


class Inbox:
    """Takes in what other modules tell, and does what the module's subscriptions say."""

    def __init__(self, database: Database, subscriptions: Mapping[str, Subscription[Any]], clock: Clock) -> None:
        self._database, self.subscriptions, self._clock = database, subscriptions, clock

    async def receive(self, envelopes: Sequence[Envelope]) -> list[Done | Failed]:
        """Have the effect of each message once; what one of them breaks is undone, and then each is taken by itself.

        A message whose handling takes too long has failed; how long is `Database`'s to say.
        """
        return await self._receive(_portions(envelopes), time.monotonic() + PATIENCE)

    async def _receive(self, portions: Iterable[Sequence[Envelope]], until: float) -> list[Done | Failed]:
        outcomes: list[Done | Failed] = []
        for portion in portions:
            outcomes += await self._receive_portion(portion, until)
            if time.monotonic() > until:
                break
        return outcomes

    async def _receive_portion(self, envelopes: Sequence[Envelope], until: float) -> list[Done | Failed]:
        try:
            await self._take(envelopes)
        except Exception as error:
            if isinstance(error, Unavailable) and not isinstance(error, TooSlow):
                raise
            if len(envelopes) > 1:
                return await self._receive(([one] for one in envelopes), until)
            log.warning(
                "a message failed",
                type=envelopes[0].type,
                message=str(envelopes[0].id),
                why=_named(error),
                exc_info=not isinstance(error, msgspec.ValidationError | _UnknownTypeError | TooSlow),
            )
            return [Failed(_named(error))]
        return [Done()] * len(envelopes)

    async def _take(self, envelopes: Sequence[Envelope]) -> None:
        async with self._database.transaction() as session:
            fresh = await self._note(session, envelopes)
            batches: dict[str, list[Envelope]] = {}
            for one in envelopes:
                if (one.source, one.id) in fresh:
                    fresh.discard((one.source, one.id))  # twice in one batch is once
                    batches.setdefault(one.type, []).append(one)
            for kind, batch in batches.items():
                if (subscription := self.subscriptions.get(kind)) is None:
                    raise _UnknownTypeError(kind)
                received = [Received(msgspec.json.decode(one.data, type=subscription.message), one) for one in batch]
                await subscription.handler(session, received)

    async def _note(self, session: AsyncSession, envelopes: Sequence[Envelope]) -> set[tuple[str, UUID]]:
        fresh = set()
        for source in sorted({one.source for one in envelopes}):
            ids = [one.id for one in envelopes if one.source == source]
            rows = await session.execute(_NOTE, {"source": source, "ids": ids, "now": self._clock.now()})
            fresh |= {(source, id_) for id_ in rows.scalars()}
        return fresh


class _UnknownTypeError(Exception):
    """Nobody here has subscribed to it: the sender is of a later release, or parked until this one is upgraded."""


def _portions(envelopes: Sequence[Envelope]) -> Iterator[Sequence[Envelope]]:
    portion: list[Envelope] = []
    size = 0
    for one in envelopes:
        size += len(bytes(one.data))
        if portion and size > _PORTION:
            yield portion
            portion, size = [], len(bytes(one.data))
        portion.append(one)
    yield portion


def _named(error: Exception) -> str:
    """Return what may be stored of an error: its kind; the text of a validation names fields, not values."""
    if isinstance(error, msgspec.ValidationError | _UnknownTypeError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__
