"""Tasks that run in the background, and their end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger("ijaa.tasks")

PAUSE = 1.0
"""Seconds until work that failed is begun again."""


@asynccontextmanager
async def background(name: str, *work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Do work beside the block until it is left; what failed is written down and begun again, not given up."""
    tasks = [asyncio.create_task(_insist(one, name), name=name) for one in work]
    try:
        yield
    finally:
        await stop(tasks)


async def _insist(work: Callable[[], Awaitable[None]], name: str) -> None:
    while True:
        try:
            return await work()
        except Exception:
            log.exception("what runs in the background failed; it goes on", work=name)
            await asyncio.sleep(PAUSE)


async def stop(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they have ended, however.

    A call of redis-py whose time is up at this very moment takes the cancellation for its own: so it is repeated.
    """
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=1)
