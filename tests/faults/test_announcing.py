"""Everybody is told of an announcement once, whatever becomes of those who tell (guarantees: faults)."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.jobs import JobQueue
from ijaa.users.announcements.service import TELL, Telling
from tests.figures import report

_MEMBERS = text("""
WITH accounts AS (
    INSERT INTO users (user_id, username, email, active, email_verified_at, created_at, updated_at, version)
    SELECT 'USER_' || n, 'm' || n, 'm' || n || '@mail.example', true, now(), now(), now(), 1
    FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n RETURNING id, username
)
INSERT INTO profiles (user_id, username, name, name_key, visibility, created_at, updated_at, version)
SELECT id, username, username, username, '{}', now(), now(), 1 FROM accounts
""")
_ANNOUNCEMENT = text("""
INSERT INTO announcements (title, content, urgent, author_name, visible_from, created_at, updated_at, version)
VALUES ('Flood', 'Stay at home.', :urgent, 'Mo', now() - interval '1 minute', now(), now(), 1) RETURNING id
""")
_AT_ONCE = 2_000
_PASSED = "SELECT coalesce(max(id), 0) FROM notifications"
_TOLD = "SELECT count(*), count(DISTINCT user_id), coalesce(max(count), 0) FROM notifications"
_MAILED = "SELECT count(*) FROM jobs WHERE name = 'mail'"


async def _told(users: Database, *, members: int, kills: int, portion: int, urgent: bool) -> tuple[int, ...]:
    """Have members told by processes of which one after the other is killed; return what came of it."""
    queue, chance = JobQueue(users, SystemClock()), random.Random(7)  # noqa: S311 - chaos, no secret
    for first in range(1, members, _AT_ONCE):
        async with users.transaction() as session:
            await session.execute(_MEMBERS, {"first": first, "last": min(first + _AT_ONCE - 1, members)})
    async with users.transaction() as session:
        id_ = (await session.execute(_ANNOUNCEMENT, {"urgent": urgent})).scalar_one()
        await queue.put(session, TELL, Telling(id_), key=str(id_))
    environ = {**os.environ, "USERS": users.url, "PORTION": str(portion)}
    for life in range(kills + 1):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.announcing",
            env=environ, cwd=Path(__file__).parents[2], stderr=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(600):
                before = await users.fetch_value(_PASSED)
                while await users.fetch_value(_PASSED) == before:
                    await asyncio.sleep(0.002)
                if life < kills:
                    await asyncio.sleep(chance.uniform(0, 0.02))
                    continue
                while await users.fetch_value("SELECT count(*) FROM jobs WHERE name = $1", TELL):
                    await asyncio.sleep(0.05)
        finally:
            worker.kill()
            await worker.wait()
    rows = await users.fetch(lambda *row: row, _TOLD)
    return (*rows[0], await users.fetch_value(_MAILED))


async def test_a_killed_worker_leaves_nobody_out_and_tells_nobody_twice(users_database: Database) -> None:
    """Kills: who was passed noted apart from telling them; a portion begun from the start; the rest forgotten."""
    found = await _told(users_database, members=800, kills=3, portion=10, urgent=True)
    assert found == (800, 800, 1, 800)


@pytest.mark.long
async def test_fifty_thousand_members_are_told_in_portions(users_database: Database) -> None:
    began = asyncio.get_running_loop().time()
    found = await _told(users_database, members=50_000, kills=10, portion=200, urgent=False)
    report(f"50,000 members told in {asyncio.get_running_loop().time() - began:.1f} s, 10 kills included")
    assert found == (50_000, 50_000, 1, 0)
