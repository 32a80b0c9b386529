"""The roles PostgreSQL itself enforces the modules' borders with."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ijaa.embedded import PostgresServer, Servers, attach
from ijaa.embedded.binaries import find_postgres
from ijaa.shared.roles import LOGIN_ROLES, RolePlan, RoleSetupError, password_variable, render_sql, set_up
from ijaa.shared.scram import is_verifier_of, scram_verifier

PLANS = [
    RolePlan(module, passwords={kind: f"{module}-{kind}-quote'd" for kind in LOGIN_ROLES})
    for module in ("users", "events")
]
DEPLOY = Path(__file__).parents[2] / "deploy"
CATALOG = {
    "roles": "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,"
    " rolbypassrls, rolconnlimit FROM pg_roles WHERE rolname LIKE 'ijaa%' ORDER BY 1",
    "members": "SELECT roleid::regrole::text, member::regrole::text, admin_option FROM pg_auth_members"
    " WHERE member::regrole::text LIKE 'ijaa%' ORDER BY 1, 2",
    "databases": "SELECT datname, datdba::regrole::text, datacl::text, pg_encoding_to_char(encoding), datcollate,"
    " datctype FROM pg_database ORDER BY 1",
    "settings": "SELECT setrole::regrole::text, d.datname, setconfig FROM pg_db_role_setting"
    " LEFT JOIN pg_database d ON d.oid = setdatabase ORDER BY 1, 2",
}
INSIDE = {
    "schema": "SELECT nspname, nspowner::regrole::text, nspacl::text FROM pg_namespace WHERE nspname = 'public'",
    "defaults": "SELECT defaclrole::regrole::text, defaclobjtype, defaclacl::text FROM pg_default_acl ORDER BY 1, 2",
    "extensions": "SELECT extname FROM pg_extension ORDER BY 1",
}


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Start two bare clusters: one for `set_up`, one for the SQL file; each gets both databases."""
    data = Path(tempfile.mkdtemp(prefix="ijaa-roles-"))
    try:
        with attach(data) as running:
            yield running
    finally:
        shutil.rmtree(data)


@pytest.fixture(scope="module")
def by_code(servers: Servers) -> PostgresServer:
    for plan in PLANS:
        assert asyncio.run(set_up(servers.users.superuser_url(), plan))
    return servers.users


@pytest.fixture(scope="module")
def by_sql(servers: Servers) -> PostgresServer:
    environ = {
        password_variable(plan, kind).upper(): password for plan in PLANS for kind, password in plan.passwords.items()
    }
    for _ in range(2):
        done = psql(servers.events, environ)
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr
    return servers.events


def psql(server: PostgresServer, environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own psql
        [find_postgres().bin / "psql", "-X", "-q", "-f", DEPLOY / "database-setup.sql", server.superuser_url()],
        env={"PATH": os.defpath, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def url_of(server: PostgresServer, plan: RolePlan, kind: str, database: str | None = None) -> str:
    return server.url(plan.role(kind), plan.passwords[kind], database or plan.database)


async def catalog(server: PostgresServer) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with connected(server.superuser_url()) as connection:
        for name, query in CATALOG.items():
            found[name] = [tuple(row) for row in await connection.fetch(query)]
    for plan in PLANS:
        async with connected(server.superuser_url(plan.database)) as connection:
            for name, query in INSIDE.items():
                found[f"{name} of {plan.database}"] = [tuple(row) for row in await connection.fetch(query)]
    return found


def test_the_sql_file_is_the_rendering() -> None:
    # Kills: changing a step without `ijaa db setup --dry-run > deploy/database-setup.sql`; a password in the file.
    assert (DEPLOY / "database-setup.sql").read_text(encoding="utf-8") == render_sql(PLANS)
    assert "quote" not in render_sql(PLANS)


async def test_the_sql_file_makes_what_set_up_makes(by_code: PostgresServer, by_sql: PostgresServer) -> None:
    # Kills: a step rendered wrongly, or left out of either way.
    assert await catalog(by_code) == await catalog(by_sql)
    for plan in PLANS:
        for kind in LOGIN_ROLES:
            async with connected(url_of(by_sql, plan, kind)) as connection:
                assert await connection.fetchval("SELECT session_user") == plan.role(kind)


def test_the_sql_file_does_nothing_while_a_password_is_missing(by_sql: PostgresServer) -> None:
    # Kills: leaving out the line that reads every password first.
    done = psql(by_sql, {"USERS_APP_PASSWORD": "x"})
    assert done.returncode == 3
    assert "users_migrator_password" in done.stderr


async def test_setting_up_twice_changes_nothing(by_code: PostgresServer) -> None:
    # Kills: a condition that never holds; setting passwords whether or not they are right.
    before = await catalog(by_code)
    for plan in PLANS:
        assert await set_up(by_code.superuser_url(), plan) == []
    assert await catalog(by_code) == before


async def test_a_changed_password_alone_is_set(by_code: PostgresServer) -> None:
    # Kills: comparing verifiers as text; leaving the password of an existing role alone.
    plan = RolePlan("users", passwords={**PLANS[0].passwords, "backup": "another-one"})
    assert await set_up(by_code.superuser_url(), plan) == ["password of ijaa_users_backup set"]
    assert await set_up(by_code.superuser_url(), PLANS[0]) == ["password of ijaa_users_backup set"]


@pytest.mark.parametrize(("own", "other"), [(0, 1), (1, 0)])
@pytest.mark.parametrize("kind", LOGIN_ROLES)
async def test_no_role_enters_the_other_modules_database(
    by_code: PostgresServer, kind: str, own: int, other: int
) -> None:
    # Kills: leaving out REVOKE ALL ON DATABASE … FROM PUBLIC.
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(url_of(by_code, PLANS[own], kind, PLANS[other].database))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine ()",
        "CREATE TEMPORARY TABLE mine ()",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
        "DROP EXTENSION pg_trgm",
        "DROP TABLE things",
        "ALTER TABLE things ADD COLUMN mine int",
        "TRUNCATE things",
        "CREATE ROLE mine",
        "SET ROLE ijaa_users_owner",
        "ALTER DATABASE ijaa_users SET jit = on",
        "COPY things FROM PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
    ],
)
async def test_the_app_role_changes_rows_and_nothing_else(by_code: PostgresServer, statement: str) -> None:
    # Kills: granting the app role membership in the owner, CREATE on the schema, TEMPORARY on the database.
    plan = PLANS[0]
    async with connected(url_of(by_code, plan, "migrator")) as connection:
        await connection.execute("DROP TABLE IF EXISTS things")
        await connection.execute("CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY, name text, n serial)")
        owner = await connection.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = 'things'")
        assert owner == plan.role("owner")
    async with connected(url_of(by_code, plan, "app")) as connection:
        await connection.execute("INSERT INTO things (name) VALUES ('a')")
        await connection.execute("UPDATE things SET name = 'b'")
        assert await connection.fetchval("DELETE FROM things RETURNING name") == "b"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_the_app_role_runs_under_its_limits(by_code: PostgresServer) -> None:
    # Kills: leaving out one of APP_SETTINGS.
    async with connected(url_of(by_code, PLANS[1], "app")) as connection:
        shown = [
            await connection.fetchval(f"SHOW {name}")
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone")
        ]
        assert shown == ["5s", "2s", "10s", "UTC"]
        assert not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


async def test_backup_reads_everything_and_monitor_reads_figures(by_code: PostgresServer) -> None:
    # Kills: leaving out pg_read_all_data, REPLICATION or pg_monitor; giving either of them more.
    async with connected(url_of(by_code, PLANS[0], "migrator")) as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS things (id int, name text)")
    async with connected(url_of(by_code, PLANS[0], "backup")) as connection:
        assert await connection.fetchval("SELECT count(*) FROM things") is not None
        assert await connection.fetchval("SELECT rolreplication FROM pg_roles WHERE rolname = current_user")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM things")
    async with connected(url_of(by_code, PLANS[0], "monitor")) as connection:
        assert await connection.fetchval("SELECT count(*) FROM pg_stat_statements") is not None
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM things")


async def test_a_cluster_of_our_own_is_closed_altogether(by_code: PostgresServer) -> None:
    # Kills: leaving the maintenance databases open in the embedded default.
    plan = RolePlan("users", passwords=PLANS[0].passwords, whole_cluster=True)
    assert await set_up(by_code.superuser_url(), plan)
    for database in ("postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(url_of(by_code, plan, "app", database))


async def test_a_managed_server_is_set_up_without_a_superuser(by_sql: PostgresServer) -> None:
    # Kills: needing a superuser; failing on what only a superuser may give.
    async with connected(by_sql.superuser_url()) as connection:
        await connection.execute("CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD 'managed-admin'")
    plan = RolePlan("managed", passwords={kind: f"managed-{kind}" for kind in LOGIN_ROLES})
    done = await set_up(by_sql.url("admin", "managed-admin", "postgres"), plan)
    left_out = [what for what in done if what.startswith("left out")]
    assert {what.rpartition(": ")[2] for what in left_out} == {
        "ijaa_managed_backup may replicate",
        "ijaa_managed_backup made a member of pg_read_all_data",
        "ijaa_managed_monitor made a member of pg_monitor",
        "extension pg_stat_statements created in ijaa_managed",
    }
    async with connected(url_of(by_sql, plan, "app")) as connection:
        assert await connection.fetchval("SELECT true")


async def test_refusals_say_why_and_keep_the_password(by_code: PostgresServer) -> None:
    # Kills: letting the driver's errors through; repeating the URL in them.
    for url in (by_code.url("ijaa", "wrong-secret", "postgres"), "postgresql://ijaa:wrong-secret@127.0.0.1:1/postgres"):
        with pytest.raises(RoleSetupError, match="ijaa_users failed") as caught:
            await set_up(url, PLANS[0])
        assert "wrong-secret" not in str(caught.value)


async def test_our_verifiers_are_those_of_the_server(by_code: PostgresServer) -> None:
    # Kills: a slip in the derivation of RFC 5803.
    async with connected(by_code.superuser_url()) as connection:
        await connection.execute("CREATE ROLE probe PASSWORD 'a password'")
        stored = await connection.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = 'probe'")
        await connection.execute("DROP ROLE probe")
    assert is_verifier_of(stored, "a password")
    assert not is_verifier_of(stored, "another")
    assert not is_verifier_of(None, "a password")
    assert scram_verifier("a password") != scram_verifier("a password")
