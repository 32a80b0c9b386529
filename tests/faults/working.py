"""A process that does jobs until it is killed: `python -m tests.faults.working`."""

import asyncio
import os
from datetime import timedelta

from sqlalchemy import text

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import Claim, JobQueue, Kind
from tests.faults.relaying import Counted

LEASE = timedelta(seconds=1)


async def count(claim: Claim[Counted]) -> None:
    """Have the effect: a row per job."""
    async with claim.finish() as session:
        await session.execute(text("INSERT INTO effects VALUES (:name)"), {"name": claim.payload.name})


async def count_apart(claim: Claim[Counted]) -> None:
    """Have the effect in a transaction of its own: what shows that it must be that of the end."""
    async with claim.effect() as session:
        await session.execute(text("INSERT INTO effects VALUES (:name)"), {"name": claim.payload.name})


async def main() -> None:
    """Work until the end."""
    run = count if os.environ["FENCED"] == "1" else count_apart
    queue = JobQueue(Database("events", os.environ["EVENTS"]), SystemClock())
    async with JobRunner(queue, [Kind("count", Counted, run, tries=100)], lease=LEASE).run():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
