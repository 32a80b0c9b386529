"""Leaving by oneself, and coming back while the grace lasts (behaviours: Leaving)."""

import asyncio
from datetime import datetime, timedelta

import httpx
import msgspec
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.integration.users.admins import AnAdmin, audited
from tests.integration.users.conftest import (
    AMember,
    App,
    Mailbox,
    Member,
    Start,
    refresh,
    sign_in,
    sign_up,
    token_in,
)
from tests.integration.users.test_members import BECAUSE, USERS
from tests.integration.users.test_second_factor import codes

ASHA = "asha@mail.example"


async def leave(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    """Ask to be erased."""
    return await client.delete("/api/v1/me", headers=member.bearer)


async def come_back(client: httpx.AsyncClient, token: str) -> httpx.Response:
    """Think better of it."""
    return await client.post("/api/v1/auth/return", json={"token": token})


async def told(database: Database) -> list[str]:
    """Return what other modules are told of asha, in order."""
    rows = await database.fetch(str, "SELECT data::text FROM outbox WHERE type LIKE '%standing%' ORDER BY seq")
    return [one["standing"] for one in map(msgspec.json.decode, rows) if one["username"] == "asha"]


@pytest.fixture
async def left(app: App, a_member: AMember, mailbox: Mailbox) -> str:
    """Let asha leave; give the token of her mail."""
    asha = await a_member("asha")
    assert (await leave(app[0], asha)).status_code == 202
    return token_in((await mailbox.last(ASHA))[1], "return")


async def test_who_leaves_is_out_at_once_and_not_seen(
    app: App, start: Start, a_member: AMember, clock: FrozenClock, mailbox: Mailbox
) -> None:
    """Kills: sessions left here or elsewhere; the password still good; the profile shown; no date; nobody told."""
    client, module = app
    asha, bina = await a_member("asha"), await a_member("bina")
    other = (await sign_in(client, "asha")).json()
    due = clock.now() + timedelta(days=30)
    async with start() as (elsewhere, _):
        answer = await leave(client, asha)
        assert (answer.status_code, datetime.fromisoformat(answer.json()["erase_after"])) == (202, due)
        async with asyncio.timeout(3):
            while (await elsewhere.get("/api/v1/me", headers=asha.bearer)).status_code != 401:
                await asyncio.sleep(0.01)
    for token in (asha.refresh, other["refresh_token"]):
        assert codes(await refresh(client, token)) == [(401, "session-ended")]
    assert codes(await sign_in(client, "asha")) == [(401, "login-failed")]
    assert codes(await client.get("/api/v1/users/asha", headers=bina.bearer)) == [(404, "not-found")]
    assert await module.public.standings(["asha"]) == {"asha": "suspended"}
    assert (await told(module.database))[-1:] == ["suspended"]
    subject, said = await mailbox.last(ASHA)
    assert (subject, f"{due:%Y-%m-%d at %H:%M} UTC" in said) == ("You are leaving: until when you can come back", True)
    details = {"erase_after": due.isoformat()}
    assert await audited(module.database) == [("leave-begun", "USER_asha", "USER_asha", details)]


async def test_leaving_asks_for_a_fresh_proof(client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock) -> None:
    """Kills: a token somebody found in a browser that erases."""
    asha = await a_member("asha")
    clock.at += timedelta(minutes=5, seconds=1)
    assert codes(await leave(client, asha)) == [(401, "step-up-required")]
    assert (await client.get("/api/v1/me", headers=asha.bearer)).status_code == 200


async def test_who_leaves_twice_at_once_leaves_once(app: App, a_member: AMember, mailbox: Mailbox) -> None:
    """Kills: an account looked at before it is locked; a second token, or another date."""
    client, module = app
    asha = await a_member("asha")
    answers = await asyncio.gather(*(leave(client, asha) for _ in range(5)))
    assert {one.status_code for one in answers} <= {202, 401}
    assert len({one.text for one in answers if one.status_code == 202}) == 1
    assert await module.database.fetch_value("SELECT count(*) FROM email_tokens WHERE purpose = 'return'") == 1
    await mailbox.last(ASHA)
    assert len(mailbox.texts(ASHA)) == 1


async def test_who_comes_back_is_as_before(app: App, left: str, mailbox: Mailbox, clock: FrozenClock) -> None:
    """Kills: an account that is erased all the same; sessions of before come to life; a token good twice."""
    client, module = app
    assert [(await come_back(client, left)).status_code for _ in range(2)] == [204, 422]
    assert (await told(module.database))[-2:] == ["suspended", "active"]
    assert (await mailbox.last(ASHA, 2))[0] == "You are back"
    assert (await client.get("/api/v1/users/asha")).status_code == 200
    assert [entry[0] for entry in await audited(module.database)] == ["leave-begun", "leave-undone"]
    clock.at += timedelta(days=31)
    await module.worker.run_due()
    assert (await sign_in(client, "asha")).status_code == 200


async def test_the_token_is_good_as_long_as_the_grace(app: App, left: str, clock: FrozenClock) -> None:
    """Kills: the hour of a password reset; a moment too many."""
    client, module = app
    start = clock.at
    clock.at = start + timedelta(days=30)
    refused = await come_back(client, left)
    assert codes(refused) == [(422, "token-not-valid")]
    clock.at = start + timedelta(days=30, microseconds=-1)
    assert (await come_back(client, left)).status_code == 204
    assert await module.public.standings(["asha"]) == {"asha": "active"}


async def test_every_token_that_is_not_good_is_answered_alike(
    client: httpx.AsyncClient, left: str, clock: FrozenClock, mailbox: Mailbox, a_member: AMember
) -> None:
    """Kills: an answer that tells spent from unknown; the token of a password reset that brings back."""
    await a_member("bina")
    await client.post("/api/v1/auth/password-reset", json={"email": "bina@mail.example"})
    resets = token_in((await mailbox.last("bina@mail.example"))[1], "reset-password")
    assert (await come_back(client, left)).status_code == 204
    said = [await come_back(client, token) for token in (left, resets, "x" * 43, "x")]
    clock.at += timedelta(days=31)
    said.append(await come_back(client, left))
    told = {(one.status_code, one.json()["code"], one.json()["detail"], one.json()["title"]) for one in said}
    assert [one[:2] for one in told] == [(422, "token-not-valid")]


async def test_what_an_admin_did_meanwhile_is_not_undone(
    app: App, a_member: AMember, an_admin: AnAdmin, mailbox: Mailbox, clock: FrozenClock
) -> None:
    """Kills: a way around a deletion, or a suspension; a token that comes alive after a reinstatement."""
    client, module = app
    mo = await an_admin("mo", "moderator")
    names = ("deleted", "suspended", "for-a-day", "reinstated")
    tokens = {}
    for name in names:
        due = clock.now() + timedelta(days=30)
        assert (await leave(client, await a_member(name))).status_code == 202
        tokens[name] = token_in((await mailbox.last(f"{name}@mail.example"))[1], "return")
    clock.at += timedelta(minutes=1)
    for_a_day = BECAUSE | {"until": (clock.now() + timedelta(days=1)).isoformat()}
    deleted = await client.delete(f"{USERS}/deleted", headers=mo.bearer)
    assert datetime.fromisoformat(deleted.json()["erase_after"]) == due
    assert (await mailbox.last("deleted@mail.example", 2))[0] == "Your account is going to be erased"
    await client.post(f"{USERS}/suspended/suspend", json=BECAUSE, headers=mo.bearer)
    await client.post(f"{USERS}/for-a-day/suspend", json=for_a_day, headers=mo.bearer)
    back = await client.post(f"{USERS}/reinstated/reinstate", headers=mo.bearer)
    assert back.json()["status"] == "active"
    for name in names:
        assert codes(await come_back(client, tokens[name])) == [(422, "token-not-valid")], name
    clock.at += timedelta(days=1)
    assert (await come_back(client, tokens["for-a-day"])).status_code == 204
    for name in ("deleted", "suspended", "reinstated"):
        assert codes(await come_back(client, tokens[name])) == [(422, "token-not-valid")], name
    assert await module.database.fetch_value("SELECT count(*) FROM users WHERE erase_after IS NULL") == 2


async def test_who_does_not_come_back_is_erased(app: App, left: str, clock: FrozenClock, mailbox: Mailbox) -> None:
    """Kills: a leave that is never carried out; a token that outlives its account."""
    client, module = app
    clock.at += timedelta(days=30)
    await module.worker.run_due()
    async with asyncio.timeout(5):
        while await module.database.fetch_value("SELECT count(*) FROM users"):
            await asyncio.sleep(0.01)
    assert (await mailbox.last(ASHA, 2))[0] == "Your account was erased"
    assert (await told(module.database))[-1] == "erased"
    assert codes(await come_back(client, left)) == [(422, "token-not-valid")]
    assert codes(await sign_up(client, "asha")) == [(409, "username-taken")]
    rows = "SELECT json_agg(json_build_array(username, user_id))::text FROM erased_usernames"
    assert msgspec.json.decode(await module.database.fetch_value(rows)) == [["asha", "USER_asha"]]
