"""A process that imports members until it is killed: `python -m tests.faults.importing`."""

import asyncio
import os
from datetime import timedelta

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import JobQueue
from ijaa.users.imports import service
from ijaa.users.imports.jobs import imports
from ijaa.users.imports.repository import ImportRepository
from ijaa.users.imports.service import ImportService

LEASE = timedelta(seconds=1)


async def main() -> None:
    """Work until the end."""
    service.PORTION = int(os.environ["PORTION"])
    database, clock = Database("users", os.environ["USERS"]), SystemClock()
    queue = JobQueue(database, clock)
    taken_in = ImportService(database, ImportRepository(database), queue, clock)
    async with JobRunner(queue, [imports(taken_in)], lease=LEASE).run():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
