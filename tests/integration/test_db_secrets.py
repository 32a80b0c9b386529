"""`ijaa db` never shows a password, whatever is wrong with the URL it stands in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ijaa.cli import ijaa
from ijaa.variables import VARIABLES
from tests.e2e.processes import free_port

NAMES = {
    "setup": "IJAA_SETUP_URL",
    "upgrade": "IJAA_USERS_MIGRATOR_URL",
    "status": "IJAA_USERS_DATABASE_URL",
    "psql": "IJAA_USERS_DATABASE_URL",
}
UNQUOTED = ("Sekret9/x", "9/Sekret9", "9?Sekret9", "9#Sekret9", "Sekret9[")


def run(environ: dict[str, str], command: str) -> str:
    """Run `ijaa db`; give all it says, and fail on anything that is no sentence."""
    unset = {variable.name: None for variable in VARIABLES}
    others = {
        f"IJAA_{module}_DATABASE_URL": f"postgresql://ijaa_{module.lower()}_app@127.0.0.1:1/ijaa_{module.lower()}"
        for module in ("USERS", "EVENTS")
    }
    arguments = ["db", command, *([] if command == "status" else ["users"])]
    full = {**unset, **(others if command != "setup" else {}), "IJAA_REDIS_URL": "redis://127.0.0.1:1", **environ}
    ran = CliRunner(env=full).invoke(ijaa, arguments)
    assert ran.exit_code != 0
    said = " ".join(f"{ran.output}{ran.exception}".replace("│", " ").split())
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize("password", UNQUOTED)
@pytest.mark.parametrize("command", NAMES)
def test_a_password_that_is_not_quoted_is_not_shown(command: str, password: str) -> None:
    # mutant: hand the URL to a driver, which repeats what it took for a port or a host
    said = run({NAMES[command]: f"postgresql://someone:{password}@127.0.0.1:1/ijaa_users"}, command)
    assert "Sekret9" not in said
    assert f"{NAMES[command]} is not a URL" in said


@pytest.mark.parametrize("password", UNQUOTED)
def test_nor_is_that_of_redis(password: str) -> None:
    said = run({"IJAA_REDIS_URL": f"redis://:{password}@127.0.0.1:1"}, "status")
    assert "Sekret9" not in said
    assert "IJAA_REDIS_URL is not a URL" in said


@pytest.mark.parametrize("command", NAMES)
def test_what_is_no_url_at_all_is_named(command: str) -> None:
    assert f"{NAMES[command]} must look like postgresql://" in run({NAMES[command]: "Sekret9"}, command)


@pytest.mark.parametrize("command", ["setup", "upgrade", "status"])
def test_a_server_that_does_not_answer_is_said_in_a_sentence(command: str) -> None:
    # mutant: let OSError of the driver through
    url = f"postgresql://ijaa_users_x:Sekret9@127.0.0.1:{free_port()}/ijaa_users"
    said = run({NAMES[command]: url}, command)
    assert "Connect call failed" in said
    assert "Sekret9" not in said


def test_a_parameter_the_driver_does_not_know_is_said_without_its_value() -> None:
    url = "postgresql://ijaa_users_x:Sekret9@127.0.0.1:1/ijaa_users?sslmode=Sekret9"
    for command in ("setup", "upgrade", "status"):
        said = run({NAMES[command]: url}, command)
        assert "is not understood by the driver" in said
        assert "Sekret9" not in said


@pytest.mark.parametrize(
    "where", ["someone:Sekret9@127.0.0.1:1/ijaa_users?", "someone@127.0.0.1:1/ijaa_users?password=Sekret9&"]
)
def test_the_list_of_processes_does_not_show_the_password_of_psql(where: str, tmp_path: Path) -> None:
    # mutant: hand psql the URL as it is
    for name, said in {
        "postgres": "echo 'postgres (PostgreSQL) 18.0'",
        "initdb": "",
        "psql": 'echo "$@"; echo "$PGPASSWORD"',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{said}\n")
        (tmp_path / name).chmod(0o755)
    settings = {
        "IJAA_USERS_DATABASE_URL": f"postgresql://{where}sslmode=disable",
        "IJAA_EVENTS_DATABASE_URL": "postgresql://other@127.0.0.1:1/ijaa_events",
        "IJAA_REDIS_URL": "redis://127.0.0.1:1",
        "IJAA_POSTGRES_BIN": str(tmp_path),
    }
    environ = {name: value for name, value in os.environ.items() if not name.startswith("IJAA_")}
    command = [sys.executable, "-m", "ijaa", "db", "psql", "users"]
    ran = subprocess.run(command, env=environ | settings, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    arguments, password = ran.stdout.splitlines()
    assert arguments == "postgresql://someone@127.0.0.1:1/ijaa_users?sslmode=disable"
    assert password == "Sekret9"
