"""Comments under many hands at once: counts stay right, and nothing is answered that is gone."""

import asyncio
import random
from typing import Any

import pytest

from ijaa.events.comments.thread_repository import ThreadRepository
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.integration.events.conftest import AnEvent, Api

COUNTED = """
SELECT d.comments - (SELECT count(*) FROM event_comments c WHERE c.event_id = d.event_id AND c.deleted_at IS NULL)
FROM event_discussions d
"""
"""How far the count of each event is from its comments."""
LIKED = """
SELECT count(*) FROM event_comments c
WHERE c.likes <> (SELECT count(*) FROM event_comment_likes l WHERE l.comment_id = c.id)
"""
"""Comments whose likes are counted wrong."""
BARE = """
SELECT count(*) FROM event_comments c
WHERE c.deleted_at IS NOT NULL AND NOT EXISTS (SELECT FROM event_comments r WHERE r.parent_id = c.id)
"""
"""Tombstones nothing hangs on."""


async def exact(database: Database) -> bool:
    """Whether every count agrees with the rows it counts, and no tombstone is too many."""
    wrong = [await database.fetch_value(sql) for sql in (LIKED, BARE)]
    return {*await database.fetch(int, COUNTED)} <= {0} and wrong == [0, 0]


@pytest.fixture
async def event(an_event: AnEvent) -> int:
    """Make a public event."""
    return int((await an_event())["id"])


async def test_likes_of_many_at_once_are_all_counted(api: Api, event: int, events_database: Database) -> None:
    # mutants: read the count, add one and write it; a second like of one member between look and write
    comment = await api.say("asha", event)
    names = [f"m{number:02}" for number in range(12)]
    await asyncio.gather(*(api.like(name, comment) for name in names * 2))
    assert (await api.get(None, f"/comments/{comment}"))["likes"] == 12
    await asyncio.gather(*(api(name, "DELETE", f"/comments/{comment}/like") for name in names[:8] * 2))
    assert (await api.get(None, f"/comments/{comment}"))["likes"] == 4
    assert await exact(events_database)


async def test_a_reply_and_the_end_of_what_it_answers_never_both_happen_to_a_leaf(
    api: Api, event: int, events_database: Database
) -> None:
    # mutants: decide whether it was answered before the lock; a reply under a comment that is gone; a 500
    for _ in range(15):
        first = await api.say("asha", event)
        answers = await asyncio.gather(
            api("ben", "POST", f"/events/{event}/comments", {"content": "x", "parent_id": first}),
            api("asha", "DELETE", f"/comments/{first}"),
            api("chen", "PUT", f"/comments/{first}/like"),
            api("dina", "POST", f"/events/{event}/comments", {"content": "x", "parent_id": first}),
        )
        assert [one.status_code for one in answers if one.status_code not in {200, 201, 204, 404, 422}] == []
        assert await exact(events_database)


async def test_what_is_answered_is_looked_at_again_under_the_lock(
    api: Api, event: int, an_event: AnEvent, events_database: Database, clock: FrozenClock
) -> None:
    # mutant: believe what was read before the lock, so that a tombstone, or nothing, is answered
    threads = ThreadRepository(lambda *_: None)
    elsewhere = await api.say("asha", (await an_event())["id"])
    leaf, tombstone = await api.say("asha", event), await api.say("asha", event)
    reply = await api.say("ben", event, parent=tombstone)
    for one in (leaf, tombstone):
        await api.unsay("asha", one)
    for parent, there in ((elsewhere, False), (leaf, False), (tombstone, False), (reply, True), (None, True)):
        async with events_database.transaction() as session:
            assert await threads.open(session, event)
            added = await threads.add(session, event, parent, "ben", "x", clock.now())
            assert (added is not None) == there, parent
            await session.rollback()
    async with events_database.transaction() as session:
        assert not await threads.open(session, 999_999)


async def test_everything_at_once_leaves_every_count_right(api: Api, event: int, events_database: Database) -> None:
    # mutants: locks taken in another order by some; a sweep that meets a reply under way
    rng = random.Random(7)  # noqa: S311 - nothing to guess
    comments = [await api.say("asha", event) for _ in range(4)]

    async def act() -> Any:
        who, one = rng.choice(("asha", "ben", "chen")), rng.choice(comments)
        method, path, body = rng.choice(
            (
                ("POST", f"/events/{event}/comments", {"content": "x", "parent_id": one}),
                ("POST", f"/events/{event}/comments", {"content": "x"}),
                ("DELETE", f"/comments/{one}", None), ("PATCH", f"/comments/{one}", {"content": str(rng.random())}),
                ("PUT", f"/comments/{one}/like", None), ("DELETE", f"/comments/{one}/like", None),
            )
        )  # fmt: skip
        answer = await api(who, method, path, body)
        assert answer.status_code < 500, answer.text
        if answer.status_code == 201:
            comments.append(answer.json()["id"])

    for _ in range(10):
        await asyncio.gather(*(act() for _ in range(12)))
    assert await exact(events_database)
