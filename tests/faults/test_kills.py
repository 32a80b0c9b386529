"""The application and PostgreSQL killed under those who write: nothing acknowledged is lost, nothing done twice."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from ijaa import embedded
from ijaa.settings import MODULES
from ijaa.shared.database import Database
from ijaa.shared.migrations import upgrade
from tests.builders import a_member
from tests.e2e.conftest import SignIn, signer
from tests.e2e.processes import free_port, start, stop, wait_until_ready
from tests.faults.history import History
from tests.figures import report

CLIENTS = 6


async def _app_killed(
    deployment: dict[str, str], sign_in: SignIn, users: Database, events: Database, log: Path, kills: int
) -> None:
    await a_member(users, "asha")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command, environ = ["serve", "--port", str(port)], {**deployment, "IJAA_BASE_URL": url}
    history = History(url, {"Authorization": f"Bearer {await sign_in('asha', url)}"})
    process = start(command, environ, log)
    writing = asyncio.create_task(history.writing(CLIENTS))
    try:
        for _ in range(kills):
            await asyncio.to_thread(wait_until_ready, process, url, log)
            acknowledged = history.met[201]
            while history.met[201] < acknowledged + 30:
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = start(command, environ, log)
        await asyncio.to_thread(wait_until_ready, process, url, log)
        await asyncio.sleep(0.5)
        history.going = False
        await writing
        replayed = await history.replay()
    finally:
        writing.cancel()
        await asyncio.to_thread(stop, process)
    report(f"{kills} kills of the application: {await history.check(events)}, {replayed}")
    assert set(history.met) <= {201, 409, 503}
    assert history.unannounced == 0
    assert sum(one.unknown > 0 for one in history.written) >= kills


async def test_the_application_killed_under_writers(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, events_database: Database, tmp_path: Path
) -> None:
    # mutants: keep the answer in a transaction of its own; answer before the commit; answer a replay from the row of
    # today; a replay that makes a second event
    await _app_killed(deployment, sign_in, users_database, events_database, tmp_path / "log", kills=2)


@pytest.mark.long
async def test_the_application_killed_fifty_times(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, events_database: Database, tmp_path: Path
) -> None:
    await _app_killed(deployment, sign_in, users_database, events_database, tmp_path / "log", kills=50)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """Give the environment of servers that nobody else uses, and their folder."""
    data = Path(tempfile.mkdtemp(prefix="ijaa-kills-"))  # pytest's own folder is closed to the servers' account
    given = {name: value for name, value in os.environ.items() if not name.startswith("IJAA_")}
    try:
        with embedded.provide(given, data) as environ:
            for module in MODULES:
                upgrade(module, environ[f"IJAA_{module.upper()}_MIGRATOR_URL"])
            ours = {name: value for name, value in environ.items() if name.startswith("IJAA_")}
            yield {**ours, "IJAA_MAIL_URL": f"file://{tmp_path}/mail", "IJAA_RATE_LIMITS": "off"}, data
    finally:
        shutil.rmtree(data, ignore_errors=True)


async def _postgres_killed(environ: dict[str, str], data: Path, log: Path, kills: int) -> None:
    users, events = (Database(name, environ[f"IJAA_{name.upper()}_DATABASE_URL"]) for name in MODULES)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    await a_member(users, "asha")
    token = await signer(environ["IJAA_SECRET_KEY"], users)("asha", url)
    history = History(url, {"Authorization": f"Bearer {token}"})
    process = start(["serve", "--port", str(port)], {**environ, "IJAA_BASE_URL": url}, log)
    writing = asyncio.create_task(history.writing(CLIENTS))
    back: list[float] = []
    try:
        await asyncio.to_thread(wait_until_ready, process, url, log)
        for _ in range(kills):
            acknowledged = history.met[201]
            while history.met[201] < acknowledged + 30:
                await asyncio.sleep(0.01)
            postmaster = int((data / "postgres" / "events" / "postmaster.pid").read_text().split()[0])
            os.kill(postmaster, signal.SIGKILL)
            await asyncio.sleep(0.3)
            acknowledged = history.met[201]
            async with asyncio.timeout(30):
                while await _down(events):
                    await asyncio.sleep(0.02)
                began = asyncio.get_running_loop().time()
                while history.met[201] == acknowledged:
                    await asyncio.sleep(0.01)
            back.append(asyncio.get_running_loop().time() - began)
        history.going = False
        await writing
    finally:
        writing.cancel()
        await asyncio.to_thread(stop, process)
    said = await history.check(events)
    report(f"{kills} kills of PostgreSQL: {said}, writes go on {max(back):.2f} s after it accepts")
    await asyncio.gather(users.dispose(), events.dispose())
    assert set(history.met) <= {201, 409, 503}
    assert history.unannounced == 0


async def _down(database: Database) -> bool:
    probe = Database(uuid4().hex, database.url, pool_size=1)
    try:
        await probe.ping()
    except Exception:  # noqa: BLE001 - whatever it is, it does not accept
        return True
    finally:
        await probe.dispose()
    return False


async def test_postgres_killed_under_writers(own: tuple[dict[str, str], Path], tmp_path: Path) -> None:
    # mutants: acknowledge before the commit; a 500 where the database went away; a pool that keeps dead connections
    await _postgres_killed(*own, tmp_path / "log", kills=1)


@pytest.mark.long
async def test_postgres_killed_twenty_times(own: tuple[dict[str, str], Path], tmp_path: Path) -> None:
    await _postgres_killed(*own, tmp_path / "log", kills=20)
