"""The drills of a full disk, within a mount namespace of its own where there may be one; `test_disk_full` runs them.

Who may mount nothing (a container without rights) has servers that say they are full, of which the application cannot
tell the difference; how a real server behaves as its disk fills is then not seen.
"""

import asyncio
import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import asyncpg
import httpx
import pytest

from ijaa import embedded
from ijaa.settings import MODULES
from ijaa.shared.database import Database
from ijaa.shared.migrations import upgrade
from tests.builders import a_member
from tests.e2e.conftest import signer
from tests.e2e.processes import free_port, serving, start, stop, wait_until_ready
from tests.faults.history import History

REAL = os.environ["DRILL_DISK"] == "real"
TIMES = int(os.environ["DRILL_TIMES"])
_PRIVATE = 1 << 18 | 1 << 14  # MS_PRIVATE | MS_REC
_SIZE = "400m"
_SAY = """
CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION disk_full()
"""


@dataclass
class Disk:
    """A disk that can be filled, or a server that says it is."""

    folder: Path
    saying: dict[str, str] = field(default_factory=dict)
    """Whose tables are said to be full, where nothing may be mounted: a table by the URL of its migrator."""

    async def fill(self) -> None:
        """Leave no room."""
        if REAL:
            await asyncio.to_thread(_fill, self.folder / "filler")
        for url, table in self.saying.items():
            await _run(url, _SAY.format(table=table))

    async def free(self) -> None:
        """Give room again."""
        if REAL:
            (self.folder / "filler").unlink()
        for url in self.saying:
            await _run(url, "DROP FUNCTION disk_full CASCADE")


@pytest.fixture
def disk() -> Iterator[Disk]:
    """Give a disk of 400 MB; it goes with the namespace."""
    folder = Path(tempfile.mkdtemp(prefix="ijaa-disk-"))
    folder.chmod(0o711)
    if REAL:
        _mount(None, Path("/"), None, _PRIVATE, None)
        _mount("tmpfs", folder, "tmpfs", 0, f"size={_SIZE},mode=711")
    yield Disk(folder)
    if REAL:
        ctypes.CDLL(None).umount2(bytes(folder), 2)
    shutil.rmtree(folder)


def _environment(data: Path, given: dict[str, str]) -> Iterator[dict[str, str]]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("IJAA_")}
    with embedded.provide(outside, data) as environ:
        for module in MODULES:
            upgrade(module, environ[f"IJAA_{module.upper()}_MIGRATOR_URL"])
        yield {name: value for name, value in environ.items() if name.startswith("IJAA_")} | given


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """Return what every deployment of these drills is given."""
    return {"IJAA_MAIL_URL": f"file://{tmp_path}/mail", "IJAA_RATE_LIMITS": "off"}


@pytest.fixture
def environ(disk: Disk, given: dict[str, str]) -> Iterator[dict[str, str]]:
    """Give the environment of servers on that disk."""
    yield from _environment(disk.folder / "data", given)


@pytest.fixture
def users_alone(disk: Disk, given: dict[str, str]) -> Iterator[dict[str, str]]:
    """Give the environment of servers of which users alone is on that disk."""
    data = Path(tempfile.mkdtemp(prefix="ijaa-beside-"))
    data.chmod(0o711)
    cluster = data / "postgres" / "users"
    for _ in _environment(data, given):  # makes both, and stops them again
        pass
    subprocess.run(["cp", "-a", cluster, disk.folder / "users"], check=True)  # noqa: S603, S607 - with its owner
    shutil.rmtree(cluster)
    cluster.symlink_to(disk.folder / "users")
    yield from _environment(data, given)
    shutil.rmtree(data)


async def test_a_full_disk(environ: dict[str, str], disk: Disk, tmp_path: Path) -> None:
    users, events = (Database(name, environ[f"IJAA_{name.upper()}_DATABASE_URL"]) for name in MODULES)
    disk.saying = {} if REAL else {environ["IJAA_EVENTS_MIGRATOR_URL"]: "events"}
    port, log = free_port(), tmp_path / "log"
    url = f"http://127.0.0.1:{port}"
    await a_member(users, "asha")
    token = await signer(environ["IJAA_SECRET_KEY"], users)("asha", url)
    history = History(url, {"Authorization": f"Bearer {token}"})
    process = start(["serve", "--port", str(port)], {**environ, "IJAA_BASE_URL": url}, log)
    writing = asyncio.create_task(history.writing(4))
    loop = asyncio.get_running_loop()
    try:
        await asyncio.to_thread(wait_until_ready, process, url, log)
        while history.met[201] < 30:
            await asyncio.sleep(0.01)
        for _ in range(TIMES):
            refused = history.met[503]
            await disk.fill()
            until = loop.time() + 20
            while history.met[503] < refused + 20 and loop.time() < until:
                await asyncio.sleep(0.05)
            full_for = history.met[503] - refused
            await disk.free()
            before, began = history.met[201], loop.time()
            async with asyncio.timeout(60):
                while history.met[201] == before:
                    await asyncio.sleep(0.01)
            print(f"disk full: {full_for} × 503, resumed {loop.time() - began:.2f} s after there was room")  # noqa: T201
            assert full_for >= 20
        history.going = False
        await writing
    finally:
        writing.cancel()
        await asyncio.to_thread(stop, process)
    print("disk full:", await history.check(events))  # noqa: T201 - a figure
    await asyncio.gather(users.dispose(), events.dispose())
    assert set(history.met) <= {201, 409, 503, 507}
    assert history.unannounced == 0


async def test_the_disk_of_users_is_full_and_events_go_on(
    users_alone: dict[str, str], disk: Disk, tmp_path: Path
) -> None:
    environ = users_alone
    users, events = (Database(name, environ[f"IJAA_{name.upper()}_DATABASE_URL"]) for name in MODULES)
    disk.saying = {} if REAL else {environ["IJAA_USERS_MIGRATOR_URL"]: "experiences"}
    await a_member(users, "asha")
    with serving([], environ, tmp_path / "log") as url:
        headers = {"Authorization": f"Bearer {await signer(environ['IJAA_SECRET_KEY'], users)('asha', url)}"}
        history, loop = History(url, headers), asyncio.get_running_loop()
        writing = asyncio.create_task(history.writing(2))
        told: set[str] = set()
        async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=10) as client:
            await _add(client, told)
            for _ in range(TIMES):
                await disk.fill()
                until, refused, before = loop.time() + 30, 0, history.met[201]
                while refused < 20 and loop.time() < until:
                    refused += await _add(client, told) == httpx.codes.SERVICE_UNAVAILABLE
                acknowledged = history.met[201] - before
                await disk.free()
                async with asyncio.timeout(60):
                    while await _add(client, told) != httpx.codes.CREATED:
                        await asyncio.sleep(0.01)
                print(f"disk full of users: {refused} × 503 there, {acknowledged} acknowledged by events")  # noqa: T201
                assert refused >= 20
                assert acknowledged > 0
            assert told <= set(await users.fetch(str, "SELECT title FROM experiences"))
        history.going = False
        await writing
    print("disk full of users, events beside it:", await history.check(events))  # noqa: T201 - a figure
    await asyncio.gather(users.dispose(), events.dispose())
    assert set(history.met) == {201}


async def _add(client: httpx.AsyncClient, told: set[str]) -> int:
    """Add a long post to a profile, note it if it was acknowledged, and return how it was answered."""
    title = token_hex(20)
    answer = await client.post("/me/experiences", json={"title": title, "description": token_hex(480)})
    assert answer.status_code in {201, 503}, answer.text
    if answer.status_code == httpx.codes.CREATED:
        told.add(title)
    else:
        assert "retry-after" in answer.headers
    return answer.status_code


async def _run(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


def _mount(source: str | None, target: Path, kind: str | None, flags: int, options: str | None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    source_, kind_, options_ = (None if one is None else one.encode() for one in (source, kind, options))
    if libc.mount(source_, bytes(target), kind_, flags, options_):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _fill(filler: Path) -> None:
    with suppress(OSError), filler.open("wb") as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
                    file.flush()
