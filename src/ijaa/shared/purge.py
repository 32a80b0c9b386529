"""Rows that nobody needs any more: which, after how long, and the job that deletes them at night."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import inbox
from ijaa.shared.clock import Clock
from ijaa.shared.jobs import Claim, Kind, NoPayload

log = structlog.get_logger("ijaa.jobs")

NIGHTLY = "17 3 * * *"
PORTION = 1000
"""Rows of one transaction: a short one, so that nobody waits for it."""


@dataclass(frozen=True)
class Purge:
    """A table, the moment of a row that counts, and how long it is kept after it."""

    table: str
    moment: str
    """A column, or an expression over columns; rows for which it is NULL stay."""
    kept: timedelta


COMMON = (
    Purge("idempotency_keys", "expires_at", timedelta()),
    Purge("inbox", "received_at", inbox.KEPT),
    Purge("jobs", "parked_at", timedelta(days=90)),  # a mail nobody could deliver is personal, too
)
"""What every module has."""


def purge(purges: Sequence[Purge], clock: Clock) -> Kind[NoPayload]:
    """Return the job that deletes, portion by portion, what has been kept for long enough."""

    async def run(claim: Claim[NoPayload]) -> None:
        for one in purges:
            number = PORTION
            while number == PORTION:
                async with claim.effect() as session:
                    number = await _delete(session, one, clock)
                if number:
                    log.info("purged", table=one.table, rows=number)

    return Kind("purge", NoPayload, run, cron=NIGHTLY)


async def _delete(session: AsyncSession, one: Purge, clock: Clock) -> int:
    # the names are those of the code above, never a caller's
    sql = f"""
    DELETE FROM {one.table} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM {one.table} WHERE {one.moment} < :before LIMIT :portion FOR UPDATE SKIP LOCKED
    ))
    """
    result = await session.execute(text(sql), {"before": clock.now() - one.kept, "portion": PORTION})
    return int(result.rowcount)  # type: ignore[attr-defined]
