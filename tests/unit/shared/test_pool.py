"""The line in front of a pool: whoever leaves it leaves nothing behind and takes nothing along."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.util.queue import Empty, Full

from ijaa.shared.pool import FairQueue

CONNECTION: Any = object()


async def _waiting(queue: FairQueue, timeout: float | None = 5) -> asyncio.Task[Any]:  # noqa: ASYNC109
    task = asyncio.create_task(queue.turn(timeout))
    await asyncio.sleep(0)
    return task


async def test_what_comes_as_its_taker_leaves_goes_to_the_next() -> None:
    # mutants: a connection that went to nobody; one that waits idle while somebody is in line
    queue = FairQueue(1)
    first, second = await _waiting(queue), await _waiting(queue)
    queue.put_nowait(CONNECTION)
    first.cancel()
    assert await second is CONNECTION
    assert (first.cancelled(), queue.qsize()) == (True, 0)


async def test_what_comes_as_the_last_one_leaves_is_idle() -> None:
    queue = FairQueue(1)
    only = await _waiting(queue)
    queue.put_nowait(CONNECTION)
    only.cancel()
    await asyncio.wait([only])
    assert queue.get_nowait() is CONNECTION


async def test_who_gave_up_or_was_cancelled_is_passed_over() -> None:
    # mutant: hand it to a turn that is over
    queue = FairQueue(1)
    late, gone, patient = await _waiting(queue, 0.01), await _waiting(queue), await _waiting(queue)
    gone.cancel()
    with pytest.raises(Empty):
        await late
    queue.put_nowait(CONNECTION)
    assert await patient is CONNECTION


async def test_it_keeps_no_more_than_it_should_and_gives_what_was_used_last() -> None:
    queue, other = FairQueue(2), object()
    queue.put_nowait(CONNECTION)
    queue.put_nowait(other)  # type: ignore[arg-type]  # stands for a second one
    with pytest.raises(Full):
        queue.put_nowait(CONNECTION)
    assert queue.get_nowait() is other
    assert queue.get_nowait() is CONNECTION
    with pytest.raises(Empty):
        queue.get_nowait()
