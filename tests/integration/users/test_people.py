"""People who come from the command line: the demo's, and the first admin."""

import asyncio
import json
import os
import sys
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from ijaa.settings import Settings
from ijaa.shared.clock import SystemClock
from ijaa.shared.database import COMMAND_DEADLINE, Database
from ijaa.users.commands import admin
from ijaa.users.demo import renew, seed
from ijaa.users.directory.repository import DirectoryRepository
from tests.builders import a_member
from tests.integration.users.admins import AnAdmin, audited, sign_in_admin
from tests.integration.users.conftest import App, sign_in
from tests.integration.users.test_second_factor import codes


async def test_the_demo_is_the_same_for_the_same_seed_and_made_once(app: App, client: httpx.AsyncClient) -> None:
    """Kills: people made twice; credentials that do not work; the seed not used."""
    database = app[1].database
    made = await seed(database, seed=7, count=60)
    assert made.credentials is not None
    assert (len(made.usernames), len(made.credentials.members)) == (60, 12)
    again = await seed(database, seed=8, count=60)
    assert (again.usernames, again.credentials) == (made.usernames, None)
    who = made.credentials.members[11]
    assert (await sign_in(client, who["username"], who["password"])).status_code == 200
    assert (await client.post("/api/v1/admin/auth/login", json=made.credentials.admin)).status_code == 200
    assert await database.fetch_value("SELECT count(*) FROM users WHERE password_hash IS NULL") == 48
    lives, doings = await database.fetch(tuple_of, _LIVES), await database.fetch(tuple_of, _DOINGS)

    async with database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute("DELETE FROM users; DELETE FROM admins")
        await driver.execute("DELETE FROM connections; DELETE FROM announcements; DELETE FROM reports")
    assert (await seed(database, seed=7, count=60)).usernames == made.usernames
    assert await database.fetch(tuple_of, _LIVES) == lives
    assert await database.fetch(tuple_of, _DOINGS) == doings


async def test_people_are_made_all_together_or_not_at_all(
    users_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: what the driver copies before a transaction has begun."""

    async def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(DirectoryRepository, "renew", fail)
    with pytest.raises(RuntimeError):
        await seed(users_database, seed=7, count=60)
    assert await users_database.fetch_value("SELECT count(*) FROM users") == 0


async def test_making_people_looks_for_each_by_his_key(users_dsn: str) -> None:
    """Kills: a plan that reads all accounts for each, as the planner takes for tables it knows nothing of yet."""
    database = Database("users", users_dsn, deadline=COMMAND_DEADLINE)
    await seed(database, seed=7, count=300)
    read = text("SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'users'")
    async with database.transaction() as session:
        await DirectoryRepository(database, SystemClock()).renew(session, range(1, 301))
        rows = (await session.scalars(read)).one()
    await database.dispose()
    assert rows <= 300 * 10


async def test_the_lives_of_the_demo_are_believable(app: App, client: httpx.AsyncClient) -> None:
    """Kills: a post that begins before school ends or tomorrow; two at present; a page with nothing on it."""
    database = app[1].database
    made = await seed(database, seed=7, count=200)
    for wrong in (
        (
            "SELECT count(*) FROM experiences JOIN profiles USING (user_id)"
            " WHERE extract(year FROM start_date) <= batch::int"
        ),
        "SELECT count(*) FROM experiences WHERE start_date > now() OR end_date > now()",
        "SELECT count(*) FROM (SELECT FROM experiences WHERE end_date IS NULL GROUP BY user_id HAVING count(*) > 1) x",
    ):
        assert await database.fetch_value(wrong) == 0, wrong
    assert await database.fetch_value("SELECT count(DISTINCT user_id) FROM experiences") > 190
    assert await database.fetch_value("SELECT count(*) FROM profiles WHERE former_name IS NOT NULL") > 5
    assert made.credentials is not None
    token = (await sign_in(client, **_login(made.credentials.members[0]))).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    answer = await client.get("/api/v1/interests/suggestions?q=co", headers=bearer)
    assert answer.json()["items"] == ["Cooking"]


async def test_the_demo_shows_what_people_do_with_each_other(app: App, client: httpx.AsyncClient) -> None:
    """Kills: connections the directory does not count; a request nobody can answer; everybody told of old news anew."""
    database = app[1].database
    made = await seed(database, seed=7, count=200)
    assert made.credentials is not None
    token = (await sign_in(client, **_login(made.credentials.members[0]))).json()["access_token"]

    async def read(path: str) -> Any:
        answer = await client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    counts = await read("/connections/counts")
    assert min(counts.values()) > 0
    reasons = {
        reason for one in (await read("/connections/suggestions?limit=100"))["items"] for reason in one["reasons"]
    }
    assert {"company", "profession"} <= reasons  # the first one cares for nothing
    assert {one["category"] for one in (await read("/announcements"))["items"]} >= {"GENERAL", "URGENT", "NEWS"}
    assert await database.fetch_value("SELECT count(*) FROM reports") == 3
    assert len((await read("/me/reports"))["items"]) == 1
    stored = "SELECT connections FROM directory d JOIN users u ON u.id = d.user_id WHERE username = $1 AND level = 1"
    first = made.credentials.members[0]["username"]
    assert await database.fetch_value(stored, first) == counts["connections"]
    assert await database.fetch_value("SELECT count(*) FROM announcements WHERE told_at IS NULL") == 0


def tuple_of(*values: object) -> tuple[object, ...]:
    """Return a row as it is."""
    return values


def _login(credentials: dict[str, str]) -> dict[str, str]:
    return {"login": credentials["username"], "password": credentials["password"]}


_DOINGS = """
SELECT requester_username, receiver_username, status FROM connections
UNION ALL SELECT title, content, category FROM announcements
UNION ALL SELECT title, reporter_username, target_id FROM reports ORDER BY 1, 2, 3
"""
_LIVES = """
SELECT p.username, p.former_name, p.nickname, e.title, e.company, e.start_date, e.end_date, i.interest
FROM profiles p LEFT JOIN experiences e USING (user_id) LEFT JOIN interests i USING (user_id) ORDER BY 1, 4, 5, 6, 8
"""


async def test_the_people_of_the_demo_get_new_passwords_when_theirs_are_lost(
    app: App, client: httpx.AsyncClient
) -> None:
    """Kills: other people chosen than at first; the admin forgotten; everybody given a password."""
    database = app[1].database
    made = await seed(database, seed=7, count=60)
    again = await renew(database)
    assert made.credentials is not None
    assert again is not None
    assert [one["username"] for one in again.members] == [one["username"] for one in made.credentials.members]
    old, new = made.credentials.members[3], again.members[3]
    assert (await sign_in(client, new["username"], new["password"])).status_code == 200
    assert (await sign_in(client, old["username"], old["password"])).status_code == 401
    assert (await client.post("/api/v1/admin/auth/login", json=again.admin)).status_code == 200
    assert await database.fetch_value("SELECT count(*) FROM users WHERE password_hash IS NULL") == 48


async def test_nobody_but_the_demos_people_gets_a_new_password(users_database: Database) -> None:
    """Kills: a demo on a folder in which people are that `ijaa serve` let in."""
    await a_member(users_database, "asha")
    before = await users_database.fetch_value("SELECT password_hash FROM users")
    assert (await seed(users_database, seed=7, count=20)).usernames == ["asha"]
    assert await renew(users_database) is None
    assert await users_database.fetch_value("SELECT password_hash FROM users") == before


async def test_people_can_register_after_the_demo_was_copied(app: App, client: httpx.AsyncClient) -> None:
    """Kills: keys copied past the sequence."""
    await seed(app[1].database, seed=7, count=20)
    body = {"username": "new.one", "email": "n@mail.example", "password": "a long passphrase", "name": "New"}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 202


@pytest.fixture
def environment(settings: Settings, users_dsn: str) -> dict[str, str]:
    """Return the variables the command reads."""
    return {
        "IJAA_USERS_DATABASE_URL": users_dsn,
        "IJAA_SECRET_KEY": settings.secret_key,
        "IJAA_SERVICE_KEY": settings.service_key,
        "IJAA_MAIL_URL": settings.mail_url,
        "IJAA_REDIS_URL": settings.redis_url,
        "IJAA_DATA": str(settings.data),
    }


async def _create(environment: dict[str, str], *arguments: str, typed: str = "") -> tuple[int, str]:
    return await _command(environment, "create", *arguments, typed=typed)


async def _command(environment: dict[str, str], *arguments: str, typed: str = "") -> tuple[int, str]:
    result = await asyncio.to_thread(CliRunner(env=environment).invoke, admin, arguments, input=typed)
    return result.exit_code, result.output


async def test_the_first_admin_is_made_from_the_command_line(
    client: httpx.AsyncClient, environment: dict[str, str], users_database: Database
) -> None:
    """Kills: a published default taken in any spelling; a typed password printed; two admins with one address."""
    for refused, why in (("Admin@123", "published default"), ("ADMIN123", "published default"), ("short", "12")):
        given = f"{refused}\n{refused}\n"
        code, said = await _create(environment, "--email", "ada@mail.example", typed=given)
        assert (code, why in said, refused in said) == (1, True, False)
    assert (await _create(environment, "--email", "no mail"))[0] == 2

    typed = "a typed passphrase"
    code, said = await _create(environment, "--email", "Ada@mail.example", typed=f"{typed}\n{typed}\n")
    assert (code, typed in said) == (0, False)
    login = {"email": "ada@mail.example", "password": typed}
    assert (await client.post("/api/v1/admin/auth/login", json=login)).status_code == 200

    code, said = await _create(environment, "--email", "bob@mail.example", "--json")
    made = json.loads(said)
    login = {"email": made["email"], "password": made["password"]}
    assert (await client.post("/api/v1/admin/auth/login", json=login)).status_code == 200
    assert (await _create(environment, "--email", "ada@mail.example", "--json"))[0] == 1
    audited = await users_database.fetch_value("SELECT count(*) FROM audit_log WHERE action = 'admin-created'")
    assert audited == 2


async def test_what_a_script_reads_holds_no_log_line(client: httpx.AsyncClient, environment: dict[str, str]) -> None:
    """Kills: warnings written to stdout; an admin who cannot be made while the other module's database is away."""
    away = {"IJAA_EVENTS_DATABASE_URL": "postgresql://ijaa_events_app@127.0.0.1:1/ijaa_events"}
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ijaa", "admin", "create", "--email", "bob@mail.example", "--json"),
        env={**os.environ, **environment, **away},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, logged = await ran.communicate()
    made = json.loads(said)
    assert b"not reachable" in logged
    login = {"email": "bob@mail.example", "password": made["password"]}
    assert (await client.post("/api/v1/admin/auth/login", json=login)).status_code == 200


async def test_an_admin_can_be_made_with_any_role(client: httpx.AsyncClient, environment: dict[str, str]) -> None:
    """Kills: `--role` taken and forgotten."""
    _, said = await _create(environment, "--email", "au@mail.example", "--role", "auditor", "--json")
    signed_in = await sign_in_admin(client, "au@mail.example", password=json.loads(said)["password"])
    bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    assert (await client.get("/api/v1/admin/users", headers=bearer)).status_code == 200
    assert (await _create(environment, "--email", "x@mail.example", "--role", "member", "--json"))[0] == 2


async def test_the_command_line_is_the_way_out_of_a_lock_out(
    app: App, an_admin: AnAdmin, environment: dict[str, str]
) -> None:
    """Kills: a factor or sessions left behind; the serving process not told that they ended."""
    client, module = app
    ada = await an_admin("ada")
    assert (await client.get("/api/v1/admin/admins", headers=ada.bearer)).status_code == 200
    code, said = await _command(environment, "totp-reset", "--email", "Ada@admin.example")
    assert (code, "no second factor" in said) == (0, True)
    await _ended(client, ada.bearer)
    again = await sign_in_admin(client, ada.email)
    assert again.status_code == 200

    code, said = await _command(environment, "password", "--email", ada.email, "--generate")
    assert code == 0
    password = said.splitlines()[-1]
    await _ended(client, {"Authorization": f"Bearer {again.json()['access_token']}"})
    assert codes(await sign_in_admin(client, ada.email)) == [(401, "login-failed")]
    assert (await sign_in_admin(client, ada.email, password=password)).status_code == 200
    typed = "a typed passphrase"
    code, said = await _command(environment, "password", "--email", ada.email, typed=f"{typed}\n{typed}\n")
    assert (code, typed in said) == (0, False)
    assert (await sign_in_admin(client, ada.email, password=typed)).status_code == 200

    for command in (["totp-reset"], ["password", "--generate"]):
        code, said = await _command(environment, *command, "--email", "nobody@admin.example")
        assert (code, "No admin has this address" in said) == (1, True)
    refused = await _command(environment, "password", "--email", ada.email, typed="short\nshort\n")
    assert refused[0] == 1
    entries = [entry for entry in await audited(module.database) if entry[1] is None]
    assert [action for action, *_ in entries] == ["admin-totp-reset", *["admin-password-reset"] * 2]


async def _ended(client: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    async with asyncio.timeout(30):
        while (await client.get("/api/v1/auth/sessions", headers=bearer)).status_code != 401:
            await asyncio.sleep(0.01)
