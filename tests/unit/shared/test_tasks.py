"""What runs in the background fails, says so, and goes on."""

import asyncio

import pytest
import structlog

from ijaa.shared import tasks
from ijaa.shared.tasks import background


async def test_work_that_fails_is_written_down_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # mutants: give up after a failure; say nothing of it; begin again what had come to its end
    monkeypatch.setattr(tasks, "PAUSE", 0.0)
    begun, idle = 0, asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise ZeroDivisionError
        idle.set()

    with structlog.testing.capture_logs() as said:
        async with background("sums", work), asyncio.timeout(5):
            await idle.wait()
            await asyncio.sleep(0.05)
    assert begun == 3
    assert [(one["work"], one["log_level"], one["exc_info"]) for one in said] == [("sums", "error", True)] * 2


async def test_nothing_goes_on_once_the_block_is_left() -> None:
    # mutant: take a cancellation for a failure
    before = asyncio.all_tasks()
    async with background("waiting", asyncio.Event().wait, asyncio.Event().wait):  # type: ignore[arg-type]
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
