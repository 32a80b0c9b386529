"""Changing a password that is known, replacing one that is forgotten."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from tests.integration.users.conftest import (
    PASSWORD,
    AMember,
    App,
    Mailbox,
    Member,
    an_account,
    counted,
    refresh,
    sign_in,
    sign_up,
    token_in,
)
from tests.integration.users.test_registration import said
from tests.integration.users.test_step_up import admin, step_up

__all__ = ["admin"]

NEW = "another violet passphrase"
PAGE = "reset-password"


async def change(client: httpx.AsyncClient, member: Member, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    """Change a password."""
    body = {"current_password": current, "new_password": new}
    return await client.post("/api/v1/auth/password", json=body, headers=member.bearer)


async def forget(client: httpx.AsyncClient, email: str) -> httpx.Response:
    """Ask for a new password."""
    return await client.post("/api/v1/auth/password-reset", json={"email": email})


async def choose(client: httpx.AsyncClient, token: str, new: str = NEW) -> httpx.Response:
    """Choose a new password with the token of a mail."""
    return await client.post("/api/v1/auth/password-reset/confirm", json={"token": token, "new_password": new})


async def test_a_change_ends_the_other_sessions_and_tells_the_owner(
    app: App, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: other sessions left open, or this one ended; the old password still good; no notice; no audit."""
    client, module = app
    here = await a_member("asha")
    other = (await sign_in(client, "asha")).json()
    assert (await change(client, here)).status_code == 204
    assert (await client.get("/api/v1/me", headers=here.bearer)).status_code == 200
    assert (await refresh(client, here.refresh)).status_code == 200
    stale = {"Authorization": f"Bearer {other['access_token']}"}
    assert (await client.get("/api/v1/me", headers=stale)).status_code == 401
    assert (await refresh(client, other["refresh_token"])).status_code == 401
    assert (await sign_in(client, "asha")).status_code == 401
    assert (await sign_in(client, "asha", NEW)).status_code == 200
    assert (await mailbox.last("asha@mail.example"))[0] == "Your password was changed"
    recorded = "SELECT count(*) FROM audit_log WHERE action = 'password-changed' AND actor = 'USER_asha'"
    assert await module.database.fetch_value(recorded) == 1


async def test_a_change_asks_for_the_current_password_and_for_a_good_one(
    client: httpx.AsyncClient, a_member: AMember
) -> None:
    """Kills: the current password not checked; the new one not judged, or judged without the account's words."""
    asha = await a_member("asha")
    wrong = await change(client, asha, current="a wrong passphrase")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "login-failed")
    for weak in ("password1234", "asha@mail.example", "Admin@123456"):
        answer = await change(client, asha, new=weak)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/new_password")
    assert (await sign_in(client, "asha")).status_code == 200


async def test_an_admin_changes_his_password_the_same_way(
    client: httpx.AsyncClient, admin: Member, mailbox: Mailbox
) -> None:
    """Kills: the members' table asked for admins."""
    assert (await change(client, admin, new="Ada and ada@admin")).status_code == 422
    assert (await change(client, admin)).status_code == 204
    assert (await step_up(client, admin)).status_code == 401
    assert (await step_up(client, admin, NEW)).status_code == 200
    assert (await mailbox.last("ada@admin.example"))[0] == "Your password was changed"


async def test_of_two_changes_at_once_one_holds(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: the hash replaced without a look at the one that was checked."""
    asha = await a_member("asha")
    answers = await asyncio.gather(change(client, asha, new=NEW + " one"), change(client, asha, new=NEW + " two"))
    assert sorted(a.status_code for a in answers) == [204, 401]
    good = [(await sign_in(client, "asha", NEW + end)).status_code for end in (" one", " two")]
    assert sorted(good) == [200, 401]


async def test_a_forgotten_password_is_replaced_once(app: App, a_member: AMember, mailbox: Mailbox) -> None:
    """Kills: a token good twice; sessions that outlive a reset; a weak password that costs the token; no audit."""
    client, module = app
    asha = await a_member("asha")
    assert (await forget(client, "ASHA@mail.example")).json() == {"status": "reset-sent"}
    token = token_in((await mailbox.last("asha@mail.example"))[1], PAGE)
    assert (await choose(client, token, "asha@mail.example")).status_code == 422
    assert (await choose(client, token)).status_code == 204
    again = await choose(client, token, NEW + " again")
    assert (again.status_code, again.json()["code"]) == (422, "token-not-valid")
    assert (await client.get("/api/v1/me", headers=asha.bearer)).status_code == 401
    assert (await refresh(client, asha.refresh)).status_code == 401
    assert (await sign_in(client, "asha", NEW)).status_code == 200
    assert (await mailbox.last("asha@mail.example", 2))[0] == "Your password was changed"
    recorded = "SELECT subject FROM audit_log WHERE action = 'password-reset'"
    assert await module.database.fetch_value(recorded) == "USER_asha"


async def test_the_latest_token_is_the_good_one_and_for_an_hour(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox, clock: FrozenClock
) -> None:
    """Kills: tokens mailed before it still good; `expires_at` not looked at; a token of another purpose taken."""
    await a_member("asha")
    await forget(client, "asha@mail.example")
    first = token_in((await mailbox.last("asha@mail.example"))[1], PAGE)
    await forget(client, "asha@mail.example")
    second = token_in((await mailbox.last("asha@mail.example", 2))[1], PAGE)
    assert (await choose(client, first)).status_code == 422
    clock.at += timedelta(hours=1)
    assert (await choose(client, second)).status_code == 422
    await sign_up(client, "bina")
    verify = token_in((await mailbox.last("bina@mail.example"))[1])
    assert (await choose(client, verify)).status_code == 422
    assert (await client.post("/api/v1/auth/verify-email", json={"token": second})).status_code == 422


async def test_a_change_makes_a_mailed_token_worthless(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: whoever read an old mail undoing the change."""
    asha = await a_member("asha")
    await forget(client, "asha@mail.example")
    token = token_in((await mailbox.last("asha@mail.example"))[1], PAGE)
    assert (await change(client, asha)).status_code == 204
    assert (await choose(client, token)).status_code == 422


async def test_asking_for_a_reset_never_tells(
    app: App, a_member: AMember, mailbox: Mailbox, password_hash: str, clock: FrozenClock
) -> None:
    """Kills: another answer, or fewer statements, for an address without an account; a mail to one."""
    client, module = app
    await a_member("asha")
    await an_account(module.database, "bina", password_hash, clock.now(), active=False)
    await an_account(module.database, "chitra", None, clock.now())
    await sign_up(client, "dina")
    answers, statements = [], []
    for name in ("asha", "bina", "chitra", "dina", "nobody"):
        with counted(module.database) as ran:
            answers.append(said(await forget(client, f"{name}@mail.example")))
            statements.append(len([s for s in ran if "tries" not in s and "WHERE id =" not in s]))
    assert all(answer == answers[0] for answer in answers)
    assert set(statements) == {3}
    await mailbox.last("chitra@mail.example")  # whoever was imported without a password gets one this way
    assert [len(mailbox.texts(f"{name}@mail.example")) for name in ("asha", "bina", "dina", "nobody")] == [1, 0, 1, 0]


@pytest.mark.parametrize("_", range(3))
async def test_no_session_opened_with_the_old_password_outlives_a_reset(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox, _: int
) -> None:
    """Kills: the hash not looked at again in the sign-in's transaction; sessions ended before the hash is replaced."""
    await a_member("asha")
    await forget(client, "asha@mail.example")
    token = token_in((await mailbox.last("asha@mail.example"))[1], PAGE)
    reset, *logins = await asyncio.gather(choose(client, token), *(sign_in(client, "asha") for _ in range(8)))
    assert reset.status_code == 204
    for login in logins:
        assert login.status_code in {200, 401}
        if login.status_code == 200:
            assert (await refresh(client, login.json()["refresh_token"])).status_code == 401


async def test_of_many_resets_at_once_one_holds(client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox) -> None:
    """Kills: a token spent twice; a circle of locks between asking again and choosing."""
    await a_member("asha")
    await forget(client, "asha@mail.example")
    token = token_in((await mailbox.last("asha@mail.example"))[1], PAGE)
    chosen = await asyncio.gather(
        *(choose(client, token, f"{NEW} {n}") for n in range(4)),
        *(forget(client, "asha@mail.example") for _ in range(4)),
    )
    assert {a.status_code for a in chosen[4:]} == {202}
    statuses = sorted(a.status_code for a in chosen[:4])
    assert statuses in ([204, 422, 422, 422], [422] * 4)  # all are late when another mail was asked for first
