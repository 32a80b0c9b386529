"""The drill of a full disk, within a mount namespace of its own; `test_disk_full` runs it."""

import asyncio
import ctypes
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ijaa import embedded
from ijaa.settings import MODULES
from ijaa.shared.database import Database
from ijaa.shared.migrations import upgrade
from tests.builders import a_member
from tests.e2e.conftest import signer
from tests.e2e.processes import free_port, start, stop, wait_until_ready
from tests.faults.history import History

_PRIVATE = 1 << 18 | 1 << 14  # MS_PRIVATE | MS_REC
_SIZE = "size=400m,mode=711"


@pytest.fixture
def disk() -> Iterator[Path]:
    """Give a disk of 400 MB; it goes with the namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = Path(tempfile.mkdtemp(prefix="ijaa-disk-"))
    for arguments in ((None, b"/", None, _PRIVATE, None), (b"tmpfs", bytes(folder), b"tmpfs", 0, _SIZE.encode())):
        if libc.mount(*arguments):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    yield folder
    libc.umount2(bytes(folder), 2)
    folder.rmdir()


@pytest.fixture
def environ(disk: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give the environment of servers on that disk."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("IJAA_")}
    with embedded.provide(given, disk / "data") as environ:
        for module in MODULES:
            upgrade(module, environ[f"IJAA_{module.upper()}_MIGRATOR_URL"])
        ours = {name: value for name, value in environ.items() if name.startswith("IJAA_")}
        yield {**ours, "IJAA_MAIL_URL": f"file://{tmp_path}/mail", "IJAA_RATE_LIMITS": "off"}


async def test_a_full_disk(environ: dict[str, str], disk: Path, tmp_path: Path) -> None:
    users, events = (Database(name, environ[f"IJAA_{name.upper()}_DATABASE_URL"]) for name in MODULES)
    port, log = free_port(), tmp_path / "log"
    url = f"http://127.0.0.1:{port}"
    await a_member(users, "asha")
    token = await signer(environ["IJAA_SECRET_KEY"], users)("asha", url)
    history = History(url, {"Authorization": f"Bearer {token}"})
    process = start(["serve", "--port", str(port)], {**environ, "IJAA_BASE_URL": url}, log)
    writing = asyncio.create_task(history.writing(4))
    filler = disk / "filler"
    loop = asyncio.get_running_loop()
    try:
        await asyncio.to_thread(wait_until_ready, process, url, log)
        while history.met[201] < 30:
            await asyncio.sleep(0.01)
        for _ in range(3):
            refused = history.met[503]
            await asyncio.to_thread(_fill, filler)
            until = loop.time() + 20
            while history.met[503] < refused + 20 and loop.time() < until:
                await asyncio.sleep(0.05)
            full_for = history.met[503] - refused
            filler.unlink()
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


def _fill(filler: Path) -> None:
    with suppress(OSError), filler.open("wb") as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
                    file.flush()
