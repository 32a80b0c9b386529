"""`ijaa config` says everything that is wrong at once, tries what is named, and never shows a secret."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest
import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from click.testing import CliRunner
from sqlalchemy import make_url

from ijaa.cli import ijaa
from ijaa.commands.config_checks import Finding, examine_all
from ijaa.commands.config_values import HIDDEN, hidden, look_around, values
from ijaa.embedded.provision import provided
from ijaa.shared.boot import examine, refuse_forgetful
from ijaa.shared.errors import SettingError
from ijaa.variables import VARIABLES
from tests.e2e.processes import free_port

SECRETS = ("hunter-two-hunter", "k3y-of-keys-0123456789-abcdefghijklmnop")


@pytest.fixture
def environ(servers: dict[str, str], users_dsn: str, events_dsn: str, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a deployment whose every server answers."""
    names = ("IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY")
    return {
        **{name: servers[name] for name in names},
        "IJAA_USERS_DATABASE_URL": users_dsn,
        "IJAA_EVENTS_DATABASE_URL": events_dsn,
        "IJAA_MAIL_URL": f"file://{tmp_path}/mail",
        "IJAA_DATA": str(tmp_path / "var"),
    }


async def wrong(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong, by setting."""
    return {one.name: one.says for one in await examine_all(look_around(environ)) if one.verdict == "wrong"}


def run(environ: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Run the command line; give exit code and output."""
    unset = {variable.name: None for variable in VARIABLES}
    ran = CliRunner().invoke(ijaa, ["config", *arguments], env={**unset, **environ})
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.output


async def test_a_good_deployment_has_nothing_wrong(environ: dict[str, str]) -> None:
    found = await examine_all(look_around(environ))
    assert {one.name for one in found if one.verdict == "right"} == {
        "IJAA_USERS_DATABASE_URL", "IJAA_EVENTS_DATABASE_URL", "IJAA_REDIS_URL", "IJAA_MAIL_URL",
        "IJAA_USERS_FILES_URL", "IJAA_EVENTS_FILES_URL",
    }  # fmt: skip
    assert [one for one in found if one.verdict != "right"] == []


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_a_server_that_may_lose_what_it_acknowledged_is_refused(
    setting: str, environ: dict[str, str], servers: dict[str, str]
) -> None:
    # mutants: trust whatever server there is; look at two of the three
    superuser = await asyncpg.connect(servers["TEST_EVENTS_SUPERUSER_URL"])
    database = make_url(environ["IJAA_EVENTS_DATABASE_URL"]).database
    where = f'DATABASE "{database}"' if setting == "synchronous_commit" else "SYSTEM"

    async def become(value: str) -> None:
        await superuser.execute(f"ALTER {where} SET {setting} = {value}")
        await superuser.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(30):
            while where == "SYSTEM" and await superuser.fetchval(f"SHOW {setting}") != value:
                await asyncio.sleep(0.02)

    try:
        await become("off")
        with pytest.raises(SettingError, match=f"IJAA_EVENTS_DATABASE_URL .*{setting} = off.*: switch it on"):
            await examine("events", environ["IJAA_EVENTS_DATABASE_URL"], "users")
        await become("on")
        await examine("events", environ["IJAA_EVENTS_DATABASE_URL"], "users")
    finally:
        await superuser.execute(f"ALTER {where} RESET {setting}")
        await superuser.execute("SELECT pg_reload_conf()")
        await superuser.close()


@pytest.mark.parametrize("checksums", ["on", "off"])
def test_a_server_without_checksums_is_warned_about(checksums: str) -> None:
    # mutants: refuse it; say nothing
    with structlog.testing.capture_logs() as said:
        refuse_forgetful("IJAA_USERS_DATABASE_URL", {"fsync": "on", "data_checksums": checksums})
    assert [(one["log_level"], one["setting"]) for one in said] == (
        [("warning", "IJAA_USERS_DATABASE_URL")] if checksums == "off" else []
    )


async def test_everything_wrong_is_said_in_one_go(environ: dict[str, str]) -> None:
    # mutant: stop at the first refusal of read_settings, as a start does
    environ |= {
        "IJAA_POOL_SIZE": "many",
        "IJAA_SECRET_KEY": "short",
        "IJAA_CORS_ORIGINS": "*",
        "IJAA_LOG_LEVEL": "loud",
        "IJAA_USERS_DATABASE_URL": "mysql://db/x",
        "IJAA_REDIS_URL": f"redis://127.0.0.1:{free_port()}",
    }
    said = await wrong(environ)
    assert said.keys() == {
        "IJAA_POOL_SIZE", "IJAA_SECRET_KEY", "IJAA_CORS_ORIGINS", "IJAA_LOG_LEVEL", "IJAA_USERS_DATABASE_URL",
        "IJAA_REDIS_URL",
    }  # fmt: skip


async def test_databases_that_do_not_fit_are_named(environ: dict[str, str], servers: dict[str, str]) -> None:
    # mutant: connect and be content
    superuser = make_url(servers["TEST_USERS_SUPERUSER_URL"])
    own = superuser.set(database=make_url(environ["IJAA_USERS_DATABASE_URL"]).database)
    wrong_password = make_url(environ["IJAA_EVENTS_DATABASE_URL"]).set(password=SECRETS[0])
    said = await wrong(
        environ
        | {
            "IJAA_USERS_DATABASE_URL": own.render_as_string(hide_password=False),
            "IJAA_EVENTS_DATABASE_URL": wrong_password.render_as_string(hide_password=False),
        }
    )
    assert "superuser" in said["IJAA_USERS_DATABASE_URL"]
    assert "check user and password" in said["IJAA_EVENTS_DATABASE_URL"]


async def test_a_role_of_another_database_is_named(environ: dict[str, str], servers: dict[str, str]) -> None:
    environ["IJAA_USERS_MIGRATOR_URL"] = servers["IJAA_USERS_MIGRATOR_URL"]  # of the template, not of the clone
    assert await wrong(environ) == {"IJAA_USERS_MIGRATOR_URL": "is another database than the app's"}


async def test_a_database_without_the_schema_is_named(environ: dict[str, str], servers: dict[str, str]) -> None:
    empty = make_url(servers["TEST_USERS_SUPERUSER_URL"]).set(
        database="postgres",
        username=make_url(environ["IJAA_USERS_DATABASE_URL"]).username,
        password=make_url(environ["IJAA_USERS_DATABASE_URL"]).password,
    )
    said = await wrong(environ | {"IJAA_USERS_DATABASE_URL": empty.render_as_string(hide_password=False)})
    assert said.keys() == {"IJAA_USERS_DATABASE_URL"}


async def test_a_mail_server_is_greeted(environ: dict[str, str], tmp_path: Path) -> None:
    # mutant: believe that a URL of the right form reaches a server
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        assert await wrong(environ | {"IJAA_MAIL_URL": f"smtp://127.0.0.1:{controller.port}"}) == {}
    finally:
        controller.stop()
    closed = await wrong(environ | {"IJAA_MAIL_URL": f"smtp://user:{SECRETS[0]}@127.0.0.1:{free_port()}"})
    assert closed["IJAA_MAIL_URL"].startswith("does not answer")
    (tmp_path / "file").touch()
    assert "cannot be written" in (await wrong(environ | {"IJAA_MAIL_URL": f"file://{tmp_path}/file"}))["IJAA_MAIL_URL"]


async def test_the_place_of_files_is_tried(environ: dict[str, str], tmp_path: Path) -> None:
    # mutant: believe that a URL of the right form is a place to write to
    bucket = f"s3://key:{SECRETS[0]}@photos?endpoint=http://127.0.0.1:{free_port()}"
    said = await wrong(environ | {"IJAA_USERS_FILES_URL": bucket})
    assert said.keys() == {"IJAA_USERS_FILES_URL"}
    assert said["IJAA_USERS_FILES_URL"].startswith("does not answer")
    assert SECRETS[0] not in said["IJAA_USERS_FILES_URL"]
    (tmp_path / "file").touch()
    said = await wrong(environ | {"IJAA_EVENTS_FILES_URL": f"file://{tmp_path}/file"})
    assert "cannot be written" in said["IJAA_EVENTS_FILES_URL"]
    misread = await wrong(environ | {"IJAA_USERS_FILES_URL": "ftp://files"})
    assert misread["IJAA_USERS_FILES_URL"].startswith("must look like")


async def test_a_setting_nobody_knows_is_noted(environ: dict[str, str]) -> None:
    found = await examine_all(look_around(environ | {"IJAA_REDIS_UR": "x"}))
    assert Finding(name="IJAA_REDIS_UR", verdict="note", says="is no setting: did you mean IJAA_REDIS_URL?") in found


async def test_every_server_a_setting_names_is_tried(environ: dict[str, str]) -> None:
    # mutant: forget the ones a module has to itself
    closed = dict.fromkeys(("IJAA_USERS_REDIS_URL", "IJAA_EVENTS_REDIS_URL"), "redis://127.0.0.1:1")
    found = await examine_all(look_around(environ | closed))
    assert {one.name for one in found if one.verdict == "wrong"} == closed.keys()
    apart = {name: value for name, value in environ.items() if not name.startswith("IJAA_EVENTS")}
    found = await examine_all(look_around(apart | {"IJAA_MODULES": "users", "IJAA_EVENTS_PEER": "http://127.0.0.1:1"}))
    assert [one.name for one in found if one.verdict == "wrong"] == ["IJAA_EVENTS_PEER"]


def test_the_command_answers_by_its_exit_code(environ: dict[str, str]) -> None:
    assert run(environ, "check")[0] == 0
    code, said = run(environ | {"IJAA_SECRET_KEY": "short", "IJAA_POOL_SIZE": "0"}, "check", "--json")
    answer = json.loads(said)
    assert (code, answer["ok"]) == (1, False)
    assert {one["name"] for one in answer["findings"] if one["verdict"] == "wrong"} == {
        "IJAA_SECRET_KEY", "IJAA_POOL_SIZE",
    }  # fmt: skip


def test_nothing_set_is_nothing_wrong(tmp_path: Path) -> None:
    # what has no URL is embedded: looking at it starts nothing
    code, said = run({"IJAA_DATA": str(tmp_path / "var")}, "check")
    assert (code, said.count("is embedded")) == (0, 3), said
    assert not (tmp_path / "var").exists()


def test_where_a_value_comes_from_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    def sources(given: dict[str, str]) -> dict[str, str]:
        return {value.name: value.source for value in values(look_around(given))}

    ours = sources(environ)
    assert ours.keys() == {variable.name for variable in VARIABLES}
    assert ours["IJAA_USERS_DATABASE_URL"] == "environment"
    assert ours["IJAA_LOG_LEVEL"] == "default"
    assert ours["IJAA_USERS_PEER"] == "not set"
    assert sources({"IJAA_DATA": str(tmp_path)})["IJAA_USERS_MIGRATOR_URL"] == "embedded"


def test_what_is_said_to_be_embedded_is_what_gets_embedded(servers: dict[str, str]) -> None:
    # mutant: forget a name that `provide` fills in
    assert provided({}) == {name for name in servers if name.startswith("IJAA_")} - {"IJAA_DATA", "IJAA_POSTGRES_BIN"}


def test_no_secret_is_shown(environ: dict[str, str]) -> None:
    # mutant: trust the flag `secret` alone, or urlsplit with a password that is not quoted
    password, key = SECRETS
    environ |= {
        "IJAA_SECRET_KEY": key,
        "IJAA_USERS_BACKUP_URL": f"postgresql://ijaa_users_backup:{password}@127.0.0.1:1/ijaa_users",
        "IJAA_MAIL_URL": f"smtp://user:{password}@127.0.0.1:1",
        "IJAA_BASE_URL": f"https://someone:{password}@alumni.example",
        "IJAA_REDIS_URL": f"redis://:{password}@127.0.0.1:1",
    }
    for arguments in (("show",), ("show", "--json"), ("check",), ("check", "--json")):
        _, said = run(environ, *arguments)
        assert password not in said
        assert key not in said
    assert "ijaa_users_backup" in run(environ, "show")[1]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://app:s3cret@db:5432/ijaa", f"postgresql://app:{HIDDEN}@db:5432/ijaa"),
        ("postgresql://app@db/ijaa", "postgresql://app@db/ijaa"),
        ("postgresql://app:s3/cret@db/ijaa", HIDDEN),
        ("postgresql://app:12/s3cret@db/ijaa", HIDDEN),
        ("postgresql://app:1?s3cret@db/ijaa", HIDDEN),
        ("postgresql://app:1#s3cret@db/ijaa", HIDDEN),
        ("postgresql://app@db/ijaa?password=s3cret", f"postgresql://app@db/ijaa?{HIDDEN}"),
        ("redis://:s3cret@cache", f"redis://:{HIDDEN}@cache"),
        ("smtp://s3cret@mail", f"smtp://{HIDDEN}@mail"),
        ("s3cret", HIDDEN),
        ("file:///var/mail", "file:///var/mail"),
        ("s3://key:s3cret@photos/a?endpoint=https://s3", f"s3://key:{HIDDEN}@photos/a?{HIDDEN}"),
        ("s3://key:s3/cret@photos/a", HIDDEN),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    variable = next(one for one in VARIABLES if one.name == "IJAA_REDIS_URL")
    assert hidden(variable, url) == shown
