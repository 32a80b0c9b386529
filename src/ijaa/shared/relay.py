"""The relay: hands a module's messages to a transport as soon as they are committed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog

from ijaa.shared.errors import Unavailable
from ijaa.shared.messages import Outcome, Outgoing, Receiver, Transport
from ijaa.shared.metrics import MESSAGE_LAG, MESSAGES
from ijaa.shared.outbox import Outbox, Settled
from ijaa.shared.tasks import background

log = structlog.get_logger("ijaa.messages")

BATCH = 200
POLL = 0.5
"""Seconds between looks when nothing wakes the relay: another process may have published."""
_WAIT = (0.2, 2.0)


class DirectTransport:
    """Carries messages to a receiver in the same process."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def carry(self, outgoing: Sequence[Outgoing]) -> list[Outcome]:
        """Hand messages over and return what became of each."""
        return [*await self._receiver.receive([one.envelope for one in outgoing])]


class Relay:
    """Empties one outbox; of several relays each takes other messages."""

    def __init__(self, outbox: Outbox, transport: Transport, *, batch: int = BATCH) -> None:
        self._outbox, self._transport, self._batch = outbox, transport, batch
        self._name = outbox.database.name
        self._wake = asyncio.Event()
        outbox.on_published(self._wake.set)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Relay for as long as the block runs."""
        async with background(f"relay-{self._name}", self._run):
            yield

    async def relay_due(self) -> int:
        """Hand over one batch and return how many messages it had.

        The rows stay locked meanwhile: a relay that dies gives them free, one that was frozen finds its transaction
        ended by the server, and whatever was handed over twice is known to the receiver.
        """
        if not await self._outbox.is_due():
            return 0
        async with self._outbox.database.transaction() as session:
            taken = await self._outbox.take(session, self._batch)
            if not taken:
                return 0
            outcomes = await self._transport.carry(taken)
            carried = [one.envelope for one in taken[: len(outcomes)]]
            settled = await self._outbox.settle(session, carried, outcomes)
        count(self._name, settled)
        return len(taken)

    async def _run(self) -> None:
        wait = _WAIT[0]
        while True:
            self._wake.clear()
            try:
                if await self.relay_due():
                    wait = _WAIT[0]
                    continue
            except Unavailable as error:
                log.warning("messages wait", module=self._name, detail=error.detail)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _WAIT[1])
                continue
            try:
                async with asyncio.timeout(POLL):
                    await self._wake.wait()
            except TimeoutError:
                continue


def count(module: str, settled: Settled) -> None:
    """Add what became of a batch to the figures."""
    now = datetime.now(UTC)
    for one in settled.done:
        MESSAGE_LAG.labels(module).observe(max(0.0, (now - one.time).total_seconds()))
    for outcome, number in (
        ("delivered", len(settled.done)),
        ("failed", settled.failed - settled.parked),
        ("parked", settled.parked),
    ):
        if number:
            MESSAGES.labels(module, outcome).inc(number)
    if settled.parked:
        log.error("messages are parked: see `ijaa messages parked`", module=module, number=settled.parked)
