"""Real servers for every test: the embedded default, and per test a database cloned from a migrated template."""

import asyncio
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from ijaa import embedded
from ijaa.settings import MODULES
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.migrations import upgrade
from tests.figures import FIGURE, FIGURES


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001 - pytest asks for it by its name
    call: pytest.CallInfo[None],  # noqa: ARG001
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let what a test measured go with its report, from whichever process ran it."""
    made = yield
    made.user_properties += [(FIGURE, one) for one in FIGURES]
    FIGURES.clear()
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report what was measured."""
    reports = [one for kind in terminalreporter.stats.values() for one in kind if isinstance(one, pytest.TestReport)]
    if found := [str(said) for one in reports for name, said in one.user_properties if name == FIGURE]:
        terminalreporter.section("figures")
        for figure in found:
            terminalreporter.line(figure)


def pytest_collection_finish() -> None:
    """Leave what was imported to itself, as a server does: to look at it for cycles takes half a second, or two."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 5, 1_000_000)


_ENDED = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Look at the rest between tests, now and then: in the middle of a request that time would be its deadline's."""
    if next(_ENDED) % 25 == 0:
        gc.collect()
        gc.freeze()  # what stays is not looked at again: that took five seconds in the end


DEFAULT_DATA = Path(__file__).parents[1] / "var"
ROOM = 4 * 1024**3
"""Bytes the servers of a run may need."""


@pytest.fixture(scope="session", autouse=True)
def _checkout_is_left_alone() -> Iterator[None]:
    """Fail a run that makes var/, the default of IJAA_DATA: it belongs to `make run`."""
    # kills: `provide` that does not name its folder; an environment of a test without IJAA_DATA
    made_before = DEFAULT_DATA.exists()
    yield
    assert made_before or not DEFAULT_DATA.exists()


def _in_memory() -> str | None:
    """Return a folder in memory if there is a roomy one: a database a test is made there in a tenth of the time."""
    folder = "/dev/shm"  # noqa: S108 - a folder of our own is made in it
    if not (os.path.isdir(folder) and os.access(folder, os.W_OK)):  # noqa: PTH112
        return None
    for left in Path(folder).glob("ijaa-tests-*"):  # by a run that was killed: it would stay for as long as the machine
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    return folder if shutil.disk_usage(folder).free > ROOM else None


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """Two clusters and a Valkey for the whole run, migrated, as an environment of IJAA_* variables."""
    # pytest's own folder is closed to the servers' account
    data = Path(tempfile.mkdtemp(prefix=f"ijaa-tests-{os.getpid()}-", dir=_in_memory()))
    given = {name: value for name, value in os.environ.items() if not name.startswith("IJAA_")}
    given |= {name: os.environ[name] for name in ("IJAA_POSTGRES_BIN",) if name in os.environ}
    try:
        with embedded.attach(data) as running, embedded.provide(given, data) as environ:
            for module in MODULES:
                upgrade(module, environ[f"IJAA_{module.upper()}_MIGRATOR_URL"])
            environ |= {f"TEST_{m.upper()}_SUPERUSER_URL": running.postgres[m].superuser_url() for m in MODULES}
            yield environ
    finally:
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def clock() -> FrozenClock:
    """Return a clock that stands at the moment the test began."""
    return FrozenClock(datetime.now(UTC))


@pytest.fixture
async def users_dsn(servers: dict[str, str]) -> AsyncIterator[str]:
    """Give the app role's URL of a fresh users database."""
    async with _clone(servers, "users") as dsn:
        yield dsn


@pytest.fixture
async def events_dsn(servers: dict[str, str]) -> AsyncIterator[str]:
    """Give the app role's URL of a fresh events database."""
    async with _clone(servers, "events") as dsn:
        yield dsn


@pytest.fixture
async def users_database(users_dsn: str) -> AsyncIterator[Database]:
    """Give a fresh users database."""
    database = Database("users", users_dsn)
    yield database
    await database.dispose()


@pytest.fixture
async def events_database(events_dsn: str) -> AsyncIterator[Database]:
    """Give a fresh events database."""
    database = Database("events", events_dsn)
    yield database
    await database.dispose()


@asynccontextmanager
async def _clone(servers: dict[str, str], module: str) -> AsyncIterator[str]:
    """Clone the migrated template; reads use connections of their own, so a savepoint would hide the data."""
    name = f"test_{uuid4().hex}"
    superuser = await asyncpg.connect(servers[f"TEST_{module.upper()}_SUPERUSER_URL"])
    try:
        await superuser.execute(f'CREATE DATABASE "{name}" TEMPLATE ijaa_{module} OWNER ijaa_{module}_owner')
        app = make_url(servers[f"IJAA_{module.upper()}_DATABASE_URL"]).set(database=name)
        try:
            yield app.render_as_string(hide_password=False)
        finally:
            async with asyncio.timeout(30):
                await superuser.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await superuser.close()
