"""Both histories go up, match the models, go down and come back."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from alembic import command
from sqlalchemy import make_url

from ijaa.events.seats.ledger_repository import LedgerRepository
from ijaa.events.seats.proof import differing
from ijaa.settings import MODULES
from ijaa.shared.database import Database
from ijaa.shared.migrations import configuration, current, head, upgrade

ROOT = Path(__file__).parents[2]

FOUNDING_INDEXES = {
    "users": {
        "idx_users_username": ("users", "username"),
        "idx_profiles_username": ("profiles", "username"),
        "idx_connections_requester": ("connections", "requester_username"),
    },
    "events": {
        "idx_events_created_by": ("events", "created_by_username"),
        "idx_events_start_date": ("events", "start_date"),
        "idx_event_participations_event_id": ("event_participations", "event_id"),
    },
}


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest) -> str:
    """Name one module after the other."""
    name: str = request.param
    return name


@pytest.fixture
def empty(servers: dict[str, str], module: str) -> Iterator[str]:
    """Give the migrator's URL of a database with extensions and owner but no table."""
    name = f"test_{uuid4().hex}"

    async def run(*statements: str, database: str | None = None) -> None:
        url = make_url(servers[f"TEST_{module.upper()}_SUPERUSER_URL"])
        connection = await asyncpg.connect(
            (url.set(database=database) if database else url).render_as_string(hide_password=False)
        )
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run(f'CREATE DATABASE "{name}" OWNER ijaa_{module}_owner'))
    extensions = [f"CREATE EXTENSION {name}" for name in ("pg_trgm", "unaccent", "btree_gin")]
    owner = f'ALTER ROLE ijaa_{module}_migrator IN DATABASE "{name}" SET role = ijaa_{module}_owner'
    asyncio.run(run(*extensions, owner, f"ALTER SCHEMA public OWNER TO ijaa_{module}_owner", database=name))
    migrator = make_url(servers[f"IJAA_{module.upper()}_MIGRATOR_URL"]).set(database=name)
    yield migrator.render_as_string(hide_password=False)
    asyncio.run(run(f'DROP DATABASE "{name}" WITH (FORCE)'))


def test_up_check_down_up(module: str, empty: str) -> None:
    # mutant: a column, index or constraint in the models that no migration makes, or the reverse
    upgrade(module, empty)
    command.check(configuration(module, empty))
    command.downgrade(configuration(module, empty), "base")
    assert tables(empty) == {"alembic_version"}
    upgrade(module, empty)
    assert asyncio.run(current(empty)) == head(module)


@pytest.mark.parametrize("module", ["users"], indirect=True)
def test_who_waits_to_be_confirmed_waits_on(module: str, empty: str) -> None:
    """Kills: a registration under way lost by the upgrade, or the link in its mail; a barred account let go."""
    alembic = configuration(module, empty)
    command.upgrade(alembic, "0012")
    account = """
    WITH made AS (
        INSERT INTO users (user_id, username, email, password_hash, active, email_verified_at, created_at, updated_at,
                           version)
        VALUES ('USER_' || $1, $1, $1 || '@mail.example', 'h', $2, $3, now(), now(), 1) RETURNING id
    ), profile AS (
        INSERT INTO profiles (user_id, username, name, name_key, created_at, updated_at, version)
        SELECT id, $1, 'N', 'n', now(), now(), 1 FROM made
    )
    INSERT INTO email_tokens (hash, user_id, purpose, created_at, expires_at)
    SELECT sha256($1::bytea), id, 'verify-email', now(), now() + $4 FROM made
    """
    day, ago, now = timedelta(days=1), timedelta(days=-1), datetime.now(UTC)

    async def fill() -> None:
        connection = await asyncpg.connect(empty)
        for name, active, verified, good in (
            ("waits", True, None, day), ("late", True, None, ago), ("member", True, now, day), ("off", False, None, day)
        ):  # fmt: skip
            await connection.execute(account, name, active, verified, good)
        await connection.close()

    async def look() -> tuple[list[str], list[tuple[str, bool]]]:
        connection = await asyncpg.connect(empty)
        users = [row[0] for row in await connection.fetch("SELECT username FROM users ORDER BY username")]
        waiting = await connection.fetch("SELECT username, token_hash = sha256('waits') FROM registrations")
        await connection.close()
        return users, [tuple(row) for row in waiting]

    asyncio.run(fill())
    command.upgrade(alembic, "0017")
    assert asyncio.run(look()) == (["member", "off"], [("waits", True)])


@pytest.mark.parametrize("module", ["events"], indirect=True)
def test_the_ledger_of_seats_begins_with_what_everybody_has(module: str, empty: str) -> None:
    """Kills: an answer, or the seats of who was erased, that the ledger does not know of; an order of its own."""
    alembic = configuration(module, empty)
    command.upgrade(alembic, "0006")
    event = """
    INSERT INTO events (title, start_date, end_date, timezone, privacy, is_online, going, waiting, waitlist_seq,
        capacity, requires_approval, waitlist_mode, max_guests, tags, status, search_key, created_at, updated_at,
        version)
    SELECT 'Tea', now(), now() + interval '1 hour', 'UTC', 'PUBLIC', false, going, waiting, waiting, 5, false, 'auto',
        5, '{}', 'PUBLISHED', 'tea', now(), now(), 1 FROM (VALUES (5, 2), (0, 0)) AS one (going, waiting)
    """
    answers = """
    INSERT INTO event_participations (event_id, participant_username, status, guests, seq, priority, responded_at)
    SELECT 1, name, status, guests, seq, priority, now() FROM (VALUES
        ('asha', 'GOING', 2, NULL, 0), ('ben', 'WAITLISTED', 0, 1, 0), ('chen', 'MAYBE', 0, NULL, 0),
        ('dina', 'WAITLISTED', 1, 2, 3)) AS one (name, status, guests, seq, priority)
    """

    async def fill() -> None:
        connection = await asyncpg.connect(empty)
        for statement in (event, answers, "INSERT INTO erased_answers VALUES (1, 'GOING', 1, 2), (1, 'MAYBE', 1, 0)"):
            await connection.execute(statement)
        await connection.close()

    async def look() -> tuple[list[int], list[str], list[int | None]]:
        connection = await asyncpg.connect(empty)
        places = await connection.fetch("SELECT position FROM seat_ledger ORDER BY entry")
        await connection.close()
        database = Database("events", empty)
        ledger = LedgerRepository(database)
        proved = [one for number in (1, 2) if (one := await ledger.proof(number))]
        await database.dispose()
        wrong = [said for one in proved for said in differing(one)]
        return [len(one.entries) for one in proved], wrong, [row["position"] for row in places]

    asyncio.run(fill())
    command.upgrade(alembic, "head")
    assert asyncio.run(look()) == ([5, 0], [], [None, None, 2, None, 1])


def test_the_indexes_of_the_founding_document_exist(module: str, servers: dict[str, str]) -> None:
    async def look() -> dict[str, str]:
        connection = await asyncpg.connect(servers[f"IJAA_{module.upper()}_MIGRATOR_URL"])
        rows = await connection.fetch("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        await connection.close()
        return {row["indexname"]: row["indexdef"] for row in rows}

    found = asyncio.run(look())
    for name, (table, column) in FOUNDING_INDEXES[module].items():
        assert f"ON public.{table} USING btree ({column}" in found[name]


def test_the_app_role_can_neither_change_the_schema_nor_the_audit_log(module: str, servers: dict[str, str]) -> None:
    # mutant: grant the app role ALL, or forget the REVOKE of the audit log's migration
    async def refused(statement: str) -> bool:
        connection = await asyncpg.connect(servers[f"IJAA_{module.upper()}_DATABASE_URL"])
        try:
            await connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            return True
        finally:
            await connection.close()
        return False

    for statement in (
        "CREATE TABLE intruder (id int)",
        f"DROP TABLE {'users' if module == 'users' else 'events'} CASCADE",
        "UPDATE audit_log SET action = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
    ):
        assert asyncio.run(refused(statement)), statement


def test_alembic_itself_finds_both_histories() -> None:
    ini = (ROOT / "alembic.ini").read_text()
    for name in MODULES:
        assert f"[{name}]" in ini
        assert (ROOT / "alembic" / name).is_dir()
    assert not list((ROOT / "alembic").rglob("__init__.py"))


def tables(url: str) -> set[str]:
    """Return the names of the tables of a database."""

    async def look() -> set[str]:
        connection = await asyncpg.connect(url)
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        await connection.close()
        return {row["tablename"] for row in rows}

    return asyncio.run(look())
