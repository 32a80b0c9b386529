"""Settings that make no sense stop the start within seconds, by name, and never show a secret."""

import time
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from tests.e2e.processes import free_port, start


def refusal(environ: dict[str, str], log: Path, *arguments: str) -> str:
    """Return what `ijaa serve` says when it refuses to start."""
    began = time.monotonic()
    process = start(["serve", *arguments, "--port", str(free_port())], environ, log)
    assert process.wait(timeout=30) == 2, log.read_text()
    assert time.monotonic() - began < 30  # the promise is 5 s; these machines are shared
    said = " ".join(log.read_text().split())
    for name, value in environ.items():
        if name.endswith("_URL") and (password := make_url(value).password if "://" in value else None):
            assert str(password) not in said
    return said


def test_a_superuser_is_refused(deployment: dict[str, str], servers: dict[str, str], tmp_path: Path) -> None:
    # mutant: look at the name of the user alone
    superuser = make_url(servers["TEST_USERS_SUPERUSER_URL"])
    own = superuser.set(database=make_url(deployment["IJAA_USERS_DATABASE_URL"]).database)
    environ = deployment | {"IJAA_USERS_DATABASE_URL": own.render_as_string(hide_password=False)}
    assert "IJAA_USERS_DATABASE_URL names a superuser" in refusal(environ, tmp_path / "log")


@pytest.mark.parametrize("role", ["LISTEN", "MIGRATOR", "BACKUP", "MONITOR"])
def test_a_superuser_is_refused_in_every_role(
    deployment: dict[str, str], servers: dict[str, str], tmp_path: Path, role: str
) -> None:
    # mutant: look at the app's URL alone
    superuser = make_url(servers["TEST_USERS_SUPERUSER_URL"])
    own = superuser.set(database=make_url(deployment["IJAA_USERS_DATABASE_URL"]).database)
    environ = deployment | {f"IJAA_USERS_{role}_URL": own.render_as_string(hide_password=False)}
    assert f"IJAA_USERS_{role}_URL names a superuser" in refusal(environ, tmp_path / "log")


def test_swapped_urls_are_refused(deployment: dict[str, str], tmp_path: Path) -> None:
    swapped = {
        "IJAA_USERS_DATABASE_URL": deployment["IJAA_EVENTS_DATABASE_URL"],
        "IJAA_EVENTS_DATABASE_URL": deployment["IJAA_USERS_DATABASE_URL"],
    }
    assert "swap" in refusal(deployment | swapped, tmp_path / "log")


def test_the_same_database_twice_is_refused(deployment: dict[str, str], tmp_path: Path) -> None:
    same = {"IJAA_EVENTS_DATABASE_URL": deployment["IJAA_USERS_DATABASE_URL"]}
    assert "IJAA_EVENTS_DATABASE_URL" in refusal(deployment | same, tmp_path / "log")


def test_a_wrong_password_is_refused(deployment: dict[str, str], tmp_path: Path) -> None:
    wrong = make_url(deployment["IJAA_EVENTS_DATABASE_URL"]).set(password="not-the-one")
    environ = deployment | {"IJAA_EVENTS_DATABASE_URL": wrong.render_as_string(hide_password=False)}
    assert "IJAA_EVENTS_DATABASE_URL is refused by the server" in refusal(environ, tmp_path / "log")


def test_a_database_that_is_not_there_is_refused(deployment: dict[str, str], tmp_path: Path) -> None:
    missing = make_url(deployment["IJAA_EVENTS_DATABASE_URL"]).set(database="ijaa_nowhere")
    environ = deployment | {"IJAA_EVENTS_DATABASE_URL": missing.render_as_string(hide_password=False)}
    assert "ijaa db setup" in refusal(environ, tmp_path / "log")


async def test_another_schema_is_refused(deployment: dict[str, str], servers: dict[str, str], tmp_path: Path) -> None:
    url = make_url(servers["TEST_EVENTS_SUPERUSER_URL"])
    own = url.set(database=make_url(deployment["IJAA_EVENTS_DATABASE_URL"]).database)
    connection = await asyncpg.connect(own.render_as_string(hide_password=False))
    await connection.execute("UPDATE alembic_version SET version_num = '0000'")
    await connection.close()
    assert "ijaa db upgrade events" in refusal(deployment, tmp_path / "log")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("IJAA_SECRET_KEY", "admin123", "IJAA_SECRET_KEY is too weak"),
        ("IJAA_EVENTS_DATABASE_URL", "postgresql://ijaa_events_app:Admin%40123@db/ijaa_events", "published default"),
        ("IJAA_CORS_ORIGINS", "*", "IJAA_CORS_ORIGINS takes exact origins"),
    ],
)
def test_leaked_defaults_and_wildcards_are_refused(
    deployment: dict[str, str], tmp_path: Path, name: str, value: str, said: str
) -> None:
    assert said in refusal(deployment | {name: value}, tmp_path / "log")


def test_events_alone_asks_for_its_peer(deployment: dict[str, str], tmp_path: Path) -> None:
    environ = {name: value for name, value in deployment.items() if "USERS" not in name}
    assert "IJAA_USERS_PEER" in refusal(environ, tmp_path / "log", "events")
