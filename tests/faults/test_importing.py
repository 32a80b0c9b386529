"""An import that is killed has nothing half done, and whoever goes on with it completes it (guarantees: faults)."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.jobs import JobQueue
from ijaa.shared.principals import Principal
from ijaa.users.imports.domain import Mode
from ijaa.users.imports.repository import ImportRepository
from ijaa.users.imports.schemas import ImportRead
from ijaa.users.imports.service import ImportService, Order
from tests.faults.importing import LEASE

ROWS, PORTION, BAD = 3_000, 50, 7
ADMIN = Principal("ADMIN_x", "x", "session", "superadmin")


def a_list(mode: Mode) -> bytes:
    """Return a file of people, a few of them in rows that cannot be taken where that keeps nobody out."""
    rows = [f"Person {number},2001,p{number}@mail.example" for number in range(ROWS)]
    if mode == "skip-bad-rows":
        for number in range(0, ROWS, ROWS // BAD + 1):
            rows[number] = f"Person {number},2001,nobody"
    return "\n".join(["Name,Batch,E-Mail", *rows]).encode()


@pytest.fixture
def imports(users_database: Database) -> ImportService:
    """Return the use cases over a fresh database."""
    clock = SystemClock()
    return ImportService(users_database, ImportRepository(users_database), JobQueue(users_database, clock), clock)


async def _start(*command: str, **environ: str) -> asyncio.subprocess.Process:
    unset = {name: value for name, value in os.environ.items() if not name.startswith("IJAA_")}
    return await asyncio.create_subprocess_exec(
        sys.executable, *command, env={**unset, **environ}, cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _records(database: Database) -> int:
    return int(await database.fetch_value("SELECT count(*) FROM member_records"))


async def _wait_for(imports: ImportService, import_id: int, line: int) -> ImportRead:
    async with asyncio.timeout(60):
        while (found := await imports.read(import_id)).line < line and found.ended_at is None:
            await asyncio.sleep(0.002)
    return found


@pytest.mark.parametrize("mode", ["all-or-nothing", "skip-bad-rows"])
async def test_an_import_whose_workers_are_killed_ends_as_if_nobody_had_been(
    imports: ImportService, users_database: Database, mode: Mode
) -> None:
    """Kills: a portion apart from its count; all-or-nothing that commits by portions; a file forgotten early."""
    chance = random.Random(3)  # noqa: S311 - chaos, no secret
    environ = {"USERS": users_database.url, "PORTION": str(PORTION)}
    import_id = (await imports.queue(ADMIN, Order(file_name="list.csv", mode=mode), a_list(mode))).id
    for line in (1, 400, 1100, 1900, ROWS - PORTION):
        worker = await _start("-m", "tests.faults.importing", **environ)
        try:
            await _wait_for(imports, import_id, line)
            await asyncio.sleep(chance.uniform(0, 0.01))
        finally:
            worker.kill()
            await worker.wait()
        await _settled(users_database)
        found = await imports.read(import_id)
        if mode == "all-or-nothing":
            assert await _records(users_database) in {0, found.created}
            assert found.created in {0, ROWS}
        else:
            assert await _records(users_database) == found.created
            assert found.created + found.refused in range(max(0, found.line - 1), found.line + 1)
    last = await _start("-m", "tests.faults.importing", **environ)
    try:
        async with asyncio.timeout(60 + LEASE.total_seconds()):
            while (done := await imports.read(import_id)).ended_at is None:
                await asyncio.sleep(0.05)
    finally:
        last.kill()
        await last.wait()
    refused = 0 if mode == "all-or-nothing" else BAD
    assert (done.state, done.created, done.updated, done.unchanged, done.refused, len(done.errors)) == (
        "DONE", ROWS - refused, 0, 0, refused, refused,
    )  # fmt: skip
    assert await _records(users_database) == ROWS - refused
    assert await users_database.fetch_value("SELECT count(DISTINCT name) FROM member_records") == ROWS - refused
    ended = "SELECT count(*) FROM audit_log WHERE action = 'members-imported'"
    assert await users_database.fetch_value(ended) == 1


@pytest.mark.parametrize("mode", ["all-or-nothing", "skip-bad-rows"])
async def test_a_command_that_is_killed_is_completed_by_running_it_again(
    servers: dict[str, str], imports: ImportService, users_database: Database, tmp_path: Path, mode: Mode
) -> None:
    """Kills: a second run that refuses, or doubles, what the first one did."""
    file = tmp_path / "list.csv"
    file.write_bytes(a_list(mode))
    names = ("IJAA_EVENTS_DATABASE_URL", "IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY")
    environ = {name: servers[name] for name in names}
    environ |= {
        "IJAA_USERS_DATABASE_URL": users_database.url, "IJAA_DATA": str(tmp_path),
        "IJAA_MAIL_URL": f"file://{tmp_path}/mail", "IJAA_BASE_URL": "http://localhost",
    }  # fmt: skip
    command = ("-m", "ijaa", "members", "import", str(file), "--mode", mode)
    for number, line in enumerate((1, 1000, 2000), 1):
        running = await _start(*command, **environ)
        async with asyncio.timeout(60):
            while not await users_database.fetch_value("SELECT count(*) FROM member_imports WHERE id = $1", number):
                await asyncio.sleep(0.01)
        before = await _wait_for(imports, number, line)
        if before.ended_at is None:
            running.kill()
        await running.wait()
        await _settled(users_database)
        assert await _records(users_database) in ({0, ROWS} if mode == "all-or-nothing" else range(ROWS + 1))
    last = await _start(*command, **environ)
    assert await last.wait() == 0
    done = await imports.read(4)
    refused = 0 if mode == "all-or-nothing" else BAD
    assert (done.state, done.created + done.unchanged, done.updated, done.refused) == (
        "DONE", ROWS - refused, 0, refused,
    )  # fmt: skip
    assert await _records(users_database) == ROWS - refused


async def _settled(database: Database) -> None:
    """Wait until the server has noticed that whoever was killed is gone."""
    async with asyncio.timeout(30):
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"
        while await database.fetch_value(others):
            await asyncio.sleep(0.02)
