"""The ledger of erased members, and what it is for: databases that were put back."""

import asyncio
import json
import os
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from ijaa.cli import ijaa
from ijaa.settings import ModuleName
from ijaa.users.erasures.service import ledger_in
from tests.integration.erasure.conftest import House
from tests.integration.erasure.test_both import an_event

BOTH: tuple[ModuleName, ...] = ("users", "events")

NAMED = {
    "users": "SELECT username FROM users UNION SELECT username FROM profiles",
    "events": """
        SELECT participant_username FROM event_participations UNION SELECT invited_username FROM event_invitations
        UNION SELECT created_by_username FROM events WHERE created_by_username IS NOT NULL
    """,
}


async def command(house: House, *arguments: str, **changed: str | None) -> Result:
    """Run `ijaa members replay-erasures`; `changed` are variables of the environment."""
    unset = {name: None for name in os.environ if name.startswith("IJAA_")}
    given = ["members", "replay-erasures", "--data", str(house.data), *arguments]
    return await asyncio.to_thread(CliRunner(env={**unset, **house.environ, **changed}).invoke, ijaa, given)


async def replayed(house: House, *arguments: str) -> Any:
    """Return what the command says it did."""
    result = await command(house, *arguments, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


async def names(house: House) -> dict[str, set[str]]:
    """Return who is where."""
    found = {}
    for module, sql in NAMED.items():
        connection = await house.superuser(module)
        found[module] = {row[0] for row in await connection.fetch(sql)}
        await connection.close()
    return found


async def erase(house: House, *usernames: str) -> None:
    """Let members go, and wait until nothing of it is under way any more."""
    async with house.running():
        users = house.modules["users"].database
        for username in usernames:
            await house.call(await house.sign_in(username), "DELETE", "/me")
        house.clock.at += timedelta(days=30, minutes=11)
        await house.modules["users"].worker.run_due()
        async with asyncio.timeout(20):
            while await users.fetch_value(
                "SELECT (SELECT count(*) FROM users WHERE erase_after IS NOT NULL) + (SELECT count(*) FROM outbox)"
                " + (SELECT count(*) FROM jobs WHERE name IN ('note-erasure', 'mail'))"
            ):
                await asyncio.sleep(0.02)


@pytest.fixture
async def peopled(house: House) -> dict[str, str]:
    """Put three members into the house, one of whom organises, and copy both databases."""
    async with house.running():
        asha, ben, olu = [await house.member(name) for name in ("asha", "ben", "olu")]
        path = await an_event(house, olu)
        await an_event(house, asha)
        for who in (asha, ben):
            await house.call(who, "PUT", f"{path}/rsvp", {"status": "GOING"})
    return {module: await house.back_up(module) for module in BOTH}


@pytest.mark.parametrize("restored", [("users",), ("events",), BOTH])
async def test_who_was_erased_is_so_again_after_a_restore(
    house: House, peopled: dict[str, str], restored: tuple[str, ...]
) -> None:
    """Kills: a ledger in the backup; one database forgotten; a replay that runs once, or erases who is there."""
    await erase(house, "asha")
    gone = {"users": {"ben", "olu"}, "events": {"ben", "olu"}}
    assert await names(house) == gone
    for module in restored:
        await house.restore(module, peopled[module])
    back = {module: gone[module] | ({"asha"} if module in restored else set()) for module in BOTH}
    assert await names(house) == back

    planned = await replayed(house, "--dry-run")
    assert await names(house) == back
    done = await replayed(house)
    assert done == planned | {"dry_run": False}
    assert (done["ledger"], {module: done[module]["erased"] for module in BOTH}) == (
        1, {module: int(module in restored) for module in BOTH},
    )  # fmt: skip
    assert await names(house) == gone
    again = await replayed(house)
    assert {module: (again[module]["erased"], again[module]["untouched"]) for module in BOTH} == dict.fromkeys(
        BOTH, (0, 1)
    )

    async with house.running():
        users = house.modules["users"].database
        async with asyncio.timeout(20):
            while await users.fetch_value("SELECT count(*) FROM outbox"):
                await asyncio.sleep(0.02)
        body = {"username": "asha", "email": "new@mail.example", "password": "nine quiet rivers at dawn", "name": "A"}
        assert (await house.client.post("/api/v1/auth/register", json=body)).status_code == 409
        ben = await house.sign_in("ben")
        assert (await house.call(ben, "GET", "/events/1/rsvp"))["status"] == "GOING"
        if "users" in restored:
            entry = "SELECT count(*) FROM audit_log WHERE action = 'user-erased-again' AND subject = 'USER_asha'"
            assert await users.fetch_value(entry) == 1
    assert len([one for one in house.mailbox.messages("asha@mail.example") if "erased" in str(one["Subject"])]) == 1
    assert await names(house) == gone


async def test_a_name_that_came_after_the_backup_is_still_nobodys(house: House, peopled: dict[str, str]) -> None:
    """Kills: a ledger that only erases, so that somebody else gets a name that rows elsewhere may still have."""
    async with house.running():
        await house.member("late")
    await erase(house, "late")
    await house.restore("users", peopled["users"])
    assert (await replayed(house, "users"))["users"] == {"erased": 0, "reserved": 1, "untouched": 0, "others": []}
    async with house.running():
        body = {"username": "late", "email": "new@mail.example", "password": "nine quiet rivers at dawn", "name": "A"}
        assert (await house.client.post("/api/v1/auth/register", json=body)).status_code == 409


async def test_who_has_the_old_spelling_of_an_erased_name_stays(house: House) -> None:
    """Kills: a ledger of names alone, where the old spelling of one is the name of another, who is there by right."""
    async with house.running():
        for username in ("rafi", "rafi-2"):
            await house.member(username)
        async with house.modules["users"].database.transaction() as session:
            await session.execute(text("UPDATE users SET login_alias = 'Rafi' WHERE username = 'rafi-2'"))
        path = await an_event(house, await house.sign_in("rafi"))
    copy = await house.back_up("users")
    await erase(house, "rafi-2")
    await house.restore("users", copy)
    assert [one.username for one in ledger_in(house.data).read()] == ["rafi-2"]
    await replayed(house)
    assert await names(house) == {"users": {"rafi"}, "events": {"rafi"}}
    async with house.running():
        await house.call(await house.sign_in("rafi"), "GET", path)


async def reserved(house: House) -> dict[str, str | None]:
    """Return the names nobody is given, each with the public id of whoever had it."""
    connection = await house.superuser("users")
    found = {row[0]: row[1] for row in await connection.fetch("SELECT username, user_id FROM erased_usernames")}
    await connection.close()
    return found


def a_ledger(house: House, **ids: str | None) -> str:
    """Write a ledger of another installation, of usernames and public ids; return its path."""
    at = house.clock.now().isoformat()
    lines = [json.dumps({"username": name, "user_id": user_id, "erased_at": at}) for name, user_id in ids.items()]
    path = house.data / "other.jsonl"
    path.write_text("\n".join([*lines, ""]))
    return str(path)


@pytest.mark.parametrize("user_id", ["USER_other", None])
@pytest.mark.parametrize("modules", [(), ("users",), ("events",)])
async def test_somebody_else_of_that_name_is_left_alone(
    house: House, peopled: dict[str, str], user_id: str | None, modules: tuple[str, ...]
) -> None:
    """Kills: a ledger of another installation that erases whoever has the names in it here, or keeps them as gone.

    Of the module events, too: a replay there that goes by the names alone, after users or by itself.
    """
    del peopled
    before = await names(house)
    ledger = a_ledger(house, ben=user_id, olu="USER_olu")
    result = await command(house, *modules, "--ledger", ledger)
    assert (result.exit_code, "ben is somebody else now" in result.output) == (1, True), result.output
    gone = {module: {"olu"} if module in (modules or BOTH) else set() for module in BOTH}
    assert await names(house) == {module: before[module] - gone[module] for module in BOTH}
    assert "ben" not in await reserved(house)


async def test_events_alone_is_not_replayed_by_names(house: House, peopled: dict[str, str]) -> None:
    """Kills: whoever has a name erased where nobody can be asked whose it is."""
    del peopled
    before, ledger = await names(house), a_ledger(house, ben="USER_other")
    alone = {"IJAA_MODULES": "events", "IJAA_USERS_PEER": "http://127.0.0.1", "IJAA_USERS_DATABASE_URL": None,
             "IJAA_USERS_LISTEN_URL": None}  # fmt: skip
    for modules in ((), ("events",)):
        result = await command(house, *modules, "--ledger", ledger, **alone)
        said = str(result.exception)
        assert (result.exit_code, "IJAA_USERS_DATABASE_URL" in said, "whose a name is" in said) == (1, True, True), said
    assert await names(house) == before


async def test_a_name_kept_under_another_id_is_his_who_is_erased(house: House, peopled: dict[str, str]) -> None:
    """Kills: the public id of somebody else in the ledger, so that no replay erases a member again."""
    connection = await house.superuser("users")
    await connection.execute("INSERT INTO erased_usernames VALUES ('ben', now(), 'USER_other')")
    await connection.close()
    await erase(house, "ben")
    assert await reserved(house) == {"ben": "USER_ben"}
    assert "USER_ben" in {one.user_id for one in ledger_in(house.data).read()}
    await house.restore("users", peopled["users"])
    assert (await replayed(house, "users"))["users"]["erased"] == 1


async def test_a_ledger_that_cannot_be_read_is_no_empty_one(house: House, peopled: dict[str, str]) -> None:
    """Kills: a broken ledger taken for one that names nobody."""
    del peopled
    ledger = house.data / "broken.jsonl"
    ledger.write_text("{]\n")
    result = await command(house, "--ledger", str(ledger))
    assert (result.exit_code, "line 1 of" in result.output) == (1, True)
    assert (await command(house)).output == "The ledger names nobody.\n"


async def test_the_ledger_is_written_though_its_writer_was_killed(house: House, peopled: dict[str, str]) -> None:
    """Kills: a ledger written before or beside the commit, and never again: whoever dies between loses an erasure."""
    del peopled
    await erase(house, "asha")
    path = ledger_in(house.data).path
    whole = path.read_bytes()
    for left in (b"", whole[:20], None):
        path.unlink() if left is None else path.write_bytes(left)
        async with house.running():
            house.clock.at += timedelta(minutes=11)
            await house.modules["users"].worker.run_due()
            async with asyncio.timeout(30):
                while not path.exists() or path.read_bytes() != whole:
                    await asyncio.sleep(0.02)
