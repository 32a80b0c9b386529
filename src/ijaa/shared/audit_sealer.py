"""The sealer: links new entries of the audit log to its chain, within a second of their commit."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from ijaa.shared.audit import key_id, link
from ijaa.shared.audit_anchors import Anchors
from ijaa.shared.audit_repository import AuditRepository
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.tasks import background

log = structlog.get_logger("ijaa.audit")

BATCH = 500
POLL = 0.5
_MARK_EVERY = 600.0
_ANCHOR_EVERY = 60.0


class Sealer:
    """Seals the log of one module; of several processes one at a time does."""

    def __init__(self, database: Database, key: bytes, anchors: Anchors, clock: Clock) -> None:
        self._database, self._repository = database, AuditRepository(database)
        self._key, self._anchors, self._clock = key, anchors, clock
        self._low: int | None = None
        self._mark_at = self._anchor_at = 0.0

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Seal for as long as the block runs."""
        try:
            async with background(f"audit-sealer-{self._database.name}", self._run):
                yield
        finally:
            try:
                await self.seal_due()
                await self._anchors.write()
            except Unavailable as error:
                log.warning("the audit log could not be sealed at the end", detail=error.detail)

    async def seal_due(self) -> int:
        """Seal one batch and return how many entries were."""
        if self._low is None or time.monotonic() >= self._mark_at:
            self._low, self._mark_at = await self._repository.mark(), time.monotonic() + _MARK_EVERY
        if not await self._repository.unsealed(self._low, 1):
            return 0
        async with self._database.transaction() as session:
            if not await self._repository.lock(session):
                return 0
            head, entries = await self._repository.unsealed_locked(session, self._low, BATCH)
            links, previous = [], head.hash
            for seq, entry in enumerate(entries, head.seq + 1):
                previous = link(self._key, previous, seq, entry)
                links.append((seq, entry.id, previous))
            if links:
                await self._repository.seal(session, links, key_id(self._key), self._clock.now())
        if links:
            self._anchors.note(links[-1][0], previous)
        return len(links)

    async def _run(self) -> None:
        while True:
            try:
                if await self.seal_due() == BATCH:
                    continue
                if time.monotonic() >= self._anchor_at:
                    self._anchor_at = time.monotonic() + _ANCHOR_EVERY
                    await self._anchors.write()
            except Unavailable as error:
                log.warning("the audit log waits to be sealed", module=self._database.name, detail=error.detail)
            await asyncio.sleep(POLL)
