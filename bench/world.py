"""What is measured on: the embedded servers in a temporary folder, migrated and full of made-up people and events."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from bench.processes import clean_environment

from ijaa import embedded
from ijaa.events import demo as events_demo
from ijaa.settings import MODULES
from ijaa.shared.database import COMMAND_DEADLINE, Database
from ijaa.shared.migrations import upgrade
from ijaa.users import demo as users_demo

_SEED = 2009
_IDS = """
SELECT id FROM events WHERE status = 'PUBLISHED' AND privacy = 'PUBLIC' ORDER BY id LIMIT $1
"""
_NAMES = """
SELECT username FROM users WHERE active AND email_verified_at IS NOT NULL ORDER BY user_id LIMIT $1
"""


@dataclass(frozen=True)
class World:
    """Two seeded databases and who can sign in to them."""

    folder: Path
    """Temporary: logs and whatever a benchmark needs."""
    environ: dict[str, str] = field(repr=False)
    """The IJAA_* settings of an installation."""
    superuser: dict[str, str] = field(repr=False)
    """The superuser's URL of each module's database."""
    postgres_version: str
    login: str
    password: str = field(repr=False)

    async def some_events(self, count: int) -> list[int]:
        """Return ids of events everybody may see."""
        return [row[0] for row in await self._fetch("events", _IDS, count)]

    async def some_members(self, count: int) -> list[str]:
        """Return usernames of members everybody may see."""
        return [row[0] for row in await self._fetch("users", _NAMES, count)]

    async def _fetch(self, module: str, sql: str, *args: object) -> "list[asyncpg.Record]":
        connection = await asyncpg.connect(self.superuser[module])
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *args)
            return rows
        finally:
            await connection.close()


@contextmanager
def world(*, members: int, events: int, progress: Callable[[str], None]) -> Iterator[World]:
    """Keep a world up while inside; nothing of it is left behind."""
    folder = Path(tempfile.mkdtemp(prefix="ijaa-bench-"))
    folder.chmod(0o711)  # under root the servers run as another account, which has to get in
    data = folder / "data"
    try:
        progress("Starting PostgreSQL ×2 and Valkey")
        with (
            embedded.attach(data, progress=progress) as servers,
            embedded.provide(clean_environment(), data) as environ,
        ):
            progress("Migrating both databases")
            for module in MODULES:
                upgrade(module, environ[f"IJAA_{module.upper()}_MIGRATOR_URL"])
            progress(f"Seeding {members:,} members and {events:,} events")
            credentials = asyncio.run(_seed(environ, members, events))
            superuser: dict[str, str] = {
                module: servers.postgres[module].superuser_url(f"ijaa_{module}") for module in MODULES
            }
            progress("Vacuuming, so that no autovacuum changes a plan half-way")
            asyncio.run(_settle(superuser))
            yield World(
                folder,
                environ,
                superuser,
                servers.postgres_version,
                credentials["username"],
                credentials["password"],
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _seed(environ: dict[str, str], members: int, events: int) -> dict[str, str]:
    users_database = Database("users", environ["IJAA_USERS_DATABASE_URL"], deadline=COMMAND_DEADLINE)
    events_database = Database("events", environ["IJAA_EVENTS_DATABASE_URL"], deadline=COMMAND_DEADLINE)
    try:
        people = await users_demo.seed(users_database, seed=_SEED, count=members)
        await events_demo.seed(events_database, people.usernames, seed=_SEED, now=datetime.now(UTC), count=events)
    finally:
        await users_database.dispose()
        await events_database.dispose()
    assert people.credentials is not None
    return people.credentials.members[0]


async def _settle(superuser: dict[str, str]) -> None:
    for url in superuser.values():
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("VACUUM (ANALYZE)")
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()
