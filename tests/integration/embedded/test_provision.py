"""Completing an environment, and the commands that look after what it names."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from ijaa.commands.db import db
from ijaa.embedded import attach, provide
from ijaa.shared.errors import SettingError

SOURCE = Path(__file__).parents[3] / "src"
Find = Callable[[Path], dict[int, str]]
CONFIGURED = {
    "IJAA_USERS_DATABASE_URL": "postgresql://ijaa_users_app:p@db.example/ijaa_users",
    "IJAA_EVENTS_DATABASE_URL": "postgresql://ijaa_events_app:p@db.example/ijaa_events",
    "IJAA_REDIS_URL": "redis://cache.example",
}


@pytest.mark.parametrize(
    "environ",
    [
        CONFIGURED,
        {k: v for k, v in CONFIGURED.items() if "USERS" not in k} | {"IJAA_MODULES": "events"},
    ],
)
def test_nothing_starts_when_what_is_served_is_configured(data: Path, environ: dict[str, str]) -> None:
    # Kills: attaching before looking; embedding a module this process does not serve.
    with provide(environ, data) as completed:
        assert completed == environ | {"IJAA_DATA": str(data)}
    assert not list(data.iterdir())


def test_what_is_missing_alone_is_embedded(data: Path, processes_of: Find) -> None:
    # Kills: overwriting what is set; starting a cluster nobody asked for.
    external = CONFIGURED["IJAA_USERS_DATABASE_URL"]
    with provide({"IJAA_USERS_DATABASE_URL": external, "IJAA_SECRET_KEY": "given"}, data) as completed:
        assert completed["IJAA_USERS_DATABASE_URL"] == external
        assert "IJAA_USERS_MIGRATOR_URL" not in completed
        assert completed["IJAA_SECRET_KEY"] == "given"
        assert completed["IJAA_MAIL_URL"] == f"file://{data}/mail"
        assert asyncio.run(value_of(completed["IJAA_EVENTS_DATABASE_URL"], "current_user")) == "ijaa_events_app"
        assert asyncio.run(value_of(completed["IJAA_EVENTS_MIGRATOR_URL"], "current_user")) == "ijaa_events_owner"
        assert not [said for said in processes_of(data).values() if "postgres/users" in said]


def test_half_a_module_is_refused(data: Path) -> None:
    # Kills: migrating one database and serving another.
    with (
        pytest.raises(SettingError, match="IJAA_USERS_MIGRATOR_URL"),
        provide({"IJAA_USERS_MIGRATOR_URL": "postgresql://u@h/d"}, data),
    ):
        raise AssertionError


def test_the_commands_see_embedded_servers_and_those_named_by_urls_alike(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Kills: status that starts what it should only look at; a password in its output; exit 0 with a server down.
    run = CliRunner()
    for name in [name for name in os.environ if name.startswith("IJAA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IJAA_DATA", str(data))
    down = run.invoke(db, ["status", "--json"])
    assert down.exit_code == 1
    assert not list(data.iterdir())
    with provide({}, data) as environ:
        embedded = run.invoke(db, ["status", "--json"])
        assert embedded.exit_code == 0, embedded.output
        busy = run.invoke(db, ["down"])
        assert busy.exit_code == 1
        assert str(os.getpid()) in busy.output
        psql = subprocess.run(  # noqa: S603 - this very Python
            [
                sys.executable,
                *("-c", "from ijaa.commands.db import db; db()", "psql", "events", "--role", "migrator", "--"),
                *("-XAtc", "SELECT current_user, inet_server_port()"),
            ],
            env={"PATH": os.defpath, "PYTHONPATH": str(SOURCE), "IJAA_DATA": str(data)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert psql.stdout.startswith("ijaa_events_owner|")
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        by_url = run.invoke(db, ["status", "--json"])
        assert by_url.exit_code == 0, by_url.output
        for shown in (embedded.output, by_url.output):
            assert not [url for url in environ.values() if url.rpartition("@")[0] and url.rpartition("@")[0] in shown]
    ours, theirs = json.loads(embedded.output)["servers"], json.loads(by_url.output)["servers"]
    same = ("name", "reachable", "address", "version", "database", "roles", "error")
    assert [[server[key] for key in same] for server in ours] == [[server[key] for key in same] for server in theirs]
    assert ours[0]["roles"] == [f"ijaa_users_{role}" for role in ("app", "backup", "migrator", "monitor", "owner")]


def test_setup_prints_the_lines_to_keep_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Kills: generating a password that a URL already gives; printing lines that do not connect.
    run = CliRunner()
    assert "IJAA_SETUP_URL" in run.invoke(db, ["setup", "users"]).output
    with attach(data) as servers:
        monkeypatch.setenv("IJAA_SETUP_URL", servers.users.superuser_url())
        monkeypatch.setenv("IJAA_USERS_DATABASE_URL", servers.users.url("ijaa_users_app", "given-by-us", "ijaa_users"))
        first = json.loads(run.invoke(db, ["setup", "users", "--json"]).stdout)
        assert sorted(first["environment"]) == [f"IJAA_USERS_{r}_URL" for r in ("BACKUP", "MIGRATOR", "MONITOR")]
        for name, url in first["environment"].items():
            monkeypatch.setenv(name, url)
            assert asyncio.run(value_of(url, "current_database()")) == "ijaa_users"
        again = json.loads(run.invoke(db, ["setup", "users", "--json"]).stdout)
        assert again == {"done": [], "environment": {}}


async def value_of(url: str, expression: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(f"SELECT {expression}"))
    finally:
        await connection.close()
