"""The jobs that take away files nobody has any more."""

import re
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Annotated

import msgspec
import structlog
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.jobs import Claim, JobQueue, Kind, NoPayload
from ijaa.shared.storage import INCOMING, Storage

NIGHTLY = "41 3 * * *"
KEPT = timedelta(days=1)
"""How long an object may be there without a row: longer than anybody needs to write one."""
_OURS = re.compile(rf"{INCOMING}/[0-9a-f]{{32}}(#\d+)?|[0-9a-f]{{2}}/[0-9a-f]{{32}}(\.[a-z]+)?(#\d+)?")
"""Keys we make; whatever else lies in the place is somebody else's."""
_DISCARD = "discard-objects"

log = structlog.get_logger("ijaa.files")

Known = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Returns which of these object keys belong to a row."""


class Discarded(msgspec.Struct, frozen=True):
    """Objects whose rows are gone."""

    keys: list[Annotated[str, Meta(max_length=100)]]


async def discard(jobs: JobQueue, session: AsyncSession, keys: Collection[str]) -> None:
    """Have objects deleted once the transaction that takes their rows away has committed."""
    if keys:
        await jobs.put(session, _DISCARD, Discarded(sorted(keys)))


def discards(storage: Storage) -> Kind[Discarded]:
    """Return the job that deletes what was discarded."""

    async def run(claim: Claim[Discarded]) -> None:
        await storage.delete(claim.payload.keys)

    return Kind(_DISCARD, Discarded, run)


def sweep(storage: Storage, known: Known, clock: Clock) -> Kind[NoPayload]:
    """Return the job that deletes objects of ours that have had no row for a day: a crash left them behind."""

    async def run(claim: Claim[NoPayload]) -> None:  # noqa: ARG001 - deleting twice is no harm
        before = clock.now() - KEPT
        async for page in storage.pages():
            old = {one.key for one in page if one.written_at < before and _OURS.fullmatch(one.key)}
            if old and (orphans := old.difference(await known(old))):
                await storage.delete(orphans)
                log.info("swept files without a row", number=len(orphans))

    return Kind("sweep-files", NoPayload, run, cron=NIGHTLY)
