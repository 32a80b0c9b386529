"""Messages between modules that run apart: Redis Streams with consumer groups.

Redis carries, the outbox remembers. A message goes as an entry into the stream of its receiver, which answers with its
outcome in the stream of the sender's outcomes; only then does the outbox let go of it. So Redis may lose everything it
holds: what has no outcome after a while and is no longer in the stream is sent again, and the inbox knows it if it had
arrived. An entry is deleted by whoever has dealt with it and by nobody else, so nothing unread is ever trimmed.
"""

import asyncio
import hmac
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Generic, Literal, TypeVar

import msgspec
import structlog
from redis import RedisError, ResponseError
from redis.asyncio import Redis

from ijaa.shared.errors import Unavailable
from ijaa.shared.messages import Done, Envelope, Failed, Outcome, Outgoing, Queued, Receiver
from ijaa.shared.metrics import MESSAGES_UNREADABLE
from ijaa.shared.outbox import Outbox
from ijaa.shared.redis import BLOCK
from ijaa.shared.relay import count
from ijaa.shared.tasks import background

log = structlog.get_logger("ijaa.messages")

GROUP = "ijaa"
BATCH = 200
_CLAIM_AFTER_MS = 30_000
"""Longer than any batch takes: what a consumer has had for as long, it will not finish."""
_CLAIM_EVERY = 10.0
_GONE_AFTER_MS = 3_600_000
"""Longer than any consumer is silent that may come back: its name is taken off the group."""
_FAILURES = (RedisError, OSError)

T = TypeVar("T")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver answers."""

    envelope: Envelope
    why: str | None
    """Why it failed; None when it had its effect."""


class Names:
    """The streams of one installation."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def messages(self, module: str) -> str:
        """Return the stream of what is told to a module."""
        return f"{self._namespace}:messages:{module}"

    def outcomes(self, module: str) -> str:
        """Return the stream of what became of what a module told."""
        return f"{self._namespace}:outcomes:{module}"


class StreamTransport:
    """Carries messages to a receiver in another process."""

    def __init__(self, redis: Redis, names: Names, to: str, key: bytes) -> None:
        self._redis, self._stream, self._key = redis, names.messages(to), key

    async def carry(self, outgoing: Sequence[Outgoing]) -> list[Outcome]:
        """Put messages into the stream of their receiver, except those that are still there."""
        try:
            held = await self._held([one.entry for one in outgoing if one.entry])
            new = [one for one in outgoing if one.entry not in held]
            async with self._redis.pipeline(transaction=False) as pipe:
                for one in new:
                    pipe.xadd(self._stream, _signed(self._key, self._stream, msgspec.json.encode(one.envelope)))  # type: ignore[arg-type]
                added = iter(await pipe.execute())
        except _FAILURES as error:
            raise Unavailable("The messages cannot be handed to Redis just now.") from error
        return [Queued(one.entry if one.entry in held and one.entry else next(added).decode()) for one in outgoing]

    async def _held(self, entries: Sequence[str]) -> set[str | None]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for entry in entries:
                pipe.xrange(self._stream, entry, entry)
            return {entry for entry, found in zip(entries, await pipe.execute(), strict=True) if found}


class _Consumer(Generic[T]):
    """Reads one stream as one of its group, for as long as it runs."""

    def __init__(self, redis: Redis, stream: str, key: bytes, kind: type[T]) -> None:
        self._redis, self._stream, self._key, self._kind = redis, stream, key, kind
        self._name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"

    async def follow(self, deal: Callable[[Sequence[T]], Awaitable[int]]) -> None:
        """Give `deal` what there is; it tells how many of the first it dealt with.

        What it leaves, or all when it raises, is for the next try, here or elsewhere.
        """
        claim_at, unfinished = 0.0, True
        while True:
            try:
                if claim_at <= asyncio.get_running_loop().time():
                    await self._join()
                    await self._claim()
                    claim_at, unfinished = asyncio.get_running_loop().time() + _CLAIM_EVERY, True
                entries = await self._read("0" if unfinished else ">")
                unfinished = unfinished and bool(entries)
                if entries and await self._deal(entries, deal):
                    unfinished = True
            except Unavailable as error:
                log.warning("messages wait to be taken in", stream=self._stream, detail=error.detail)
                unfinished = True
                await asyncio.sleep(1)
            except _FAILURES as error:
                log.warning("the stream cannot be read; it is tried again", error=type(error).__name__)
                claim_at = 0.0
                await asyncio.sleep(1)

    async def leave(self) -> None:
        """Leave the group; what was not dealt with is claimed by another consumer first."""
        with suppress(*_FAILURES):
            if not await self._redis.xpending_range(self._stream, GROUP, "-", "+", 1, consumername=self._name):
                await self._redis.xgroup_delconsumer(self._stream, GROUP, self._name)

    async def _join(self) -> None:
        try:
            await self._redis.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _claim(self) -> None:
        """Take over what another consumer will not finish, and its place once it has nothing left."""
        await self._redis.xautoclaim(self._stream, GROUP, self._name, _CLAIM_AFTER_MS, count=BATCH, justid=True)
        for one in await self._redis.xinfo_consumers(self._stream, GROUP):
            if not one["pending"] and one["idle"] > _GONE_AFTER_MS:
                await self._redis.xgroup_delconsumer(self._stream, GROUP, one["name"])

    async def _read(self, since: Literal["0", ">"]) -> list[tuple[bytes, dict[bytes, bytes]]]:
        block = int(BLOCK * 1000) if since == ">" else None
        found: Any = await self._redis.xreadgroup(GROUP, self._name, {self._stream: since}, count=BATCH, block=block)
        if isinstance(found, dict):  # RESP3
            return [entry for entries in found.values() for batch in entries for entry in batch]
        return [entry for _, entries in found for entry in entries]

    async def _deal(
        self, entries: Sequence[tuple[bytes, dict[bytes, bytes]]], deal: Callable[[Sequence[T]], Awaitable[int]]
    ) -> bool:
        """Have entries dealt with and delete them; return whether some are left."""
        said = {id_: body for id_, fields in entries if (body := self._said(fields)) is not None}
        dealt = await deal([*said.values()]) if said else 0
        left = set([*said][dealt:])
        ids = [id_ for id_, _ in entries if id_ not in left]
        async with self._redis.pipeline(transaction=True) as pipe:  # an entry deleted and not acknowledged comes again
            pipe.xack(self._stream, GROUP, *ids)
            pipe.xdel(self._stream, *ids)
            await pipe.execute()
        return bool(left)

    def _said(self, fields: dict[bytes, bytes]) -> T | None:
        """Return what an entry says; of one that says nothing to us its sender hears nothing, and keeps his message."""
        body, mac = fields.get(b"body", b""), fields.get(b"mac", b"")
        why = "no module of this installation wrote it"
        if hmac.compare_digest(mac, _mac(self._key, self._stream, body)):
            try:
                return msgspec.json.decode(body, type=self._kind)
            except msgspec.DecodeError as error:
                why = str(error)  # names fields, not values
        log.error("an entry was thrown away", stream=self._stream, why=why)
        MESSAGES_UNREADABLE.labels(self._stream).inc()
        return None


class StreamReceiver:
    """Takes in what another process sends to a module."""

    def __init__(self, redis: Redis, names: Names, module: str, receiver: Receiver, key: bytes) -> None:
        self._redis, self._names, self._receiver, self._key = redis, names, receiver, key
        self._consumer = _Consumer(redis, names.messages(module), key, Envelope)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Take messages in for as long as the block runs."""
        async with _following(self._consumer, self._deal):
            yield

    async def _deal(self, envelopes: Sequence[Envelope]) -> int:
        outcomes = await self._receiver.receive(envelopes)
        async with self._redis.pipeline(transaction=False) as pipe:
            for envelope, outcome in zip(envelopes, outcomes, strict=False):
                stream = self._names.outcomes(envelope.source.removeprefix("/"))
                why = outcome.why if isinstance(outcome, Failed) else None
                said = msgspec.json.encode(
                    Report(envelope=msgspec.structs.replace(envelope, data=msgspec.Raw(b"null")), why=why)
                )
                pipe.xadd(stream, _signed(self._key, stream, said))  # type: ignore[arg-type]
            await pipe.execute()
        return len(outcomes)


class StreamOutcomes:
    """Settles what became of a module's messages, as their receiver tells."""

    def __init__(self, redis: Redis, names: Names, outbox: Outbox, key: bytes) -> None:
        self._outbox = outbox
        self._consumer = _Consumer(redis, names.outcomes(outbox.database.name), key, Report)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Settle outcomes for as long as the block runs."""
        async with _following(self._consumer, self._deal):
            yield

    async def _deal(self, told: Sequence[Report]) -> int:
        reports = {report.envelope.id: report for report in told}
        outcomes: list[Outcome] = [Done() if one.why is None else Failed(one.why) for one in reports.values()]
        async with self._outbox.database.transaction() as session:
            settled = await self._outbox.settle(session, [one.envelope for one in reports.values()], outcomes)
        count(self._outbox.database.name, settled)
        return len(told)


@asynccontextmanager
async def _following(consumer: _Consumer[T], deal: Callable[[Sequence[T]], Awaitable[int]]) -> AsyncIterator[None]:
    try:
        async with background("message-streams", partial(consumer.follow, deal)):
            yield
    finally:
        await consumer.leave()


def _signed(key: bytes, stream: str, body: bytes) -> dict[bytes, bytes]:
    """Return the fields of an entry; whoever can write to Redis still cannot make a module believe him."""
    return {b"body": body, b"mac": _mac(key, stream, body)}


def _mac(key: bytes, stream: str, body: bytes) -> bytes:
    return hmac.digest(key, stream.encode() + b"\0" + body, "sha256")
