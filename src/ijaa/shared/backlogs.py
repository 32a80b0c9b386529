"""How far messages and jobs have piled up, as figures of every process: also where nobody carries or works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import structlog

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.job_repository import JobRepository
from ijaa.shared.metrics import (
    JOBS_LATE,
    JOBS_PARKED,
    JOBS_WAITING,
    MESSAGES_AGE,
    MESSAGES_PARKED,
    MESSAGES_WAITING,
)
from ijaa.shared.outbox_repository import OutboxRepository
from ijaa.shared.tasks import background

log = structlog.get_logger("ijaa.backlogs")

EVERY = 10.0
"""Seconds between two measurements."""


class Backlogs:
    """Measures the outbox and the queue of one module."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._name, self._clock = database.name, clock
        self._outbox, self._jobs = OutboxRepository(database, clock), JobRepository(database, clock)

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        """Measure for as long as the block runs."""
        async with background(f"backlogs-{self._name}", self._run):
            yield

    async def _run(self) -> None:
        while True:
            try:
                await self._measure()
            except Unavailable as error:
                log.warning("the backlogs cannot be measured", module=self._name, detail=error.detail)
            await asyncio.sleep(EVERY)

    async def _measure(self) -> None:
        messages, jobs = await self._outbox.backlog(), await self._jobs.backlog()
        MESSAGES_WAITING.labels(self._name).set(messages.waiting)
        MESSAGES_PARKED.labels(self._name).set(messages.parked)
        MESSAGES_AGE.labels(self._name).set(self._seconds_since(messages.oldest))
        JOBS_WAITING.labels(self._name).set(jobs.waiting)
        JOBS_PARKED.labels(self._name).set(jobs.parked)
        JOBS_LATE.labels(self._name).set(self._seconds_since(jobs.oldest_due))

    def _seconds_since(self, moment: datetime | None) -> float:
        return max(0.0, (self._clock.now() - moment).total_seconds()) if moment else 0.0
