"""Moving an account to another address, which both addresses confirm."""

import asyncio
from datetime import timedelta

import httpx

from ijaa.shared.clock import FrozenClock
from tests.integration.users.conftest import AMember, App, Mailbox, Member, counted, refresh, sign_in, sign_up, token_in
from tests.integration.users.test_registration import said

OLD, NEW = "asha@mail.example", "new@mail.example"
PAGE = "confirm-email"


async def ask(client: httpx.AsyncClient, member: Member, email: str = NEW) -> httpx.Response:
    """Ask for another address."""
    return await client.post("/api/v1/me/email", json={"email": email}, headers=member.bearer)


async def confirm(client: httpx.AsyncClient, token: str) -> httpx.Response:
    """Confirm from one address."""
    return await client.post("/api/v1/me/email/confirm", json={"token": token})


async def tokens(mailbox: Mailbox, number: int = 1, new: str = NEW) -> tuple[str, str]:
    """Return the newest tokens mailed to the old and to the new address."""
    old_text = (await mailbox.last(OLD, number))[1]
    return token_in(old_text, PAGE), token_in((await mailbox.last(new, number if new == NEW else 1))[1], PAGE)


async def test_an_address_changes_once_both_have_confirmed(app: App, a_member: AMember, mailbox: Mailbox) -> None:
    """Kills: one confirmation enough; a token good twice; other sessions left; no notice to the old address."""
    client, module = app
    asha = await a_member("asha", email=OLD)
    other = (await sign_in(client, "asha")).json()
    assert (await ask(client, asha, NEW.upper())).status_code == 202
    old, new = await tokens(mailbox)
    assert (await confirm(client, new)).json() == {"status": "waiting"}
    again = await confirm(client, new)
    assert (again.status_code, again.json()["code"]) == (422, "token-not-valid")
    assert (await client.get("/api/v1/me", headers=asha.bearer)).json()["email"] == OLD

    assert (await confirm(client, old)).json() == {"status": "changed"}
    assert (await client.get("/api/v1/me", headers=asha.bearer)).json()["email"] == NEW
    assert (await refresh(client, other["refresh_token"])).status_code == 401
    assert (await sign_in(client, OLD)).status_code == 401
    assert (await sign_in(client, NEW)).status_code == 200
    assert (await mailbox.last(OLD, 2))[0] == "Your account has another address now"
    assert {(await confirm(client, token)).status_code for token in (old, new)} == {422}
    recorded = "SELECT subject || details::text FROM audit_log WHERE action = 'email-changed'"
    assert await module.database.fetch_value(recorded) == "USER_asha{}"


async def test_both_confirming_at_once_change_it_once(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: two confirmations that each see the other missing, or both apply the change."""
    asha = await a_member("asha")
    await ask(client, asha)
    old, new = await tokens(mailbox)
    answers = await asyncio.gather(*(confirm(client, token) for token in (old, new, old, new)))
    assert sorted(a.json().get("status") for a in answers if a.status_code == 200) == ["changed", "waiting"]
    assert sorted(a.status_code for a in answers) == [200, 200, 422, 422]
    assert (await mailbox.last(OLD, 2))[0] == "Your account has another address now"


async def test_a_newer_change_replaces_the_older_and_a_day_ends_it(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox, clock: FrozenClock
) -> None:
    """Kills: two changes that wait; a confirmation that is carried over to another address; no expiry."""
    asha = await a_member("asha")
    await ask(client, asha, "first@mail.example")
    first = await tokens(mailbox, 1, "first@mail.example")
    assert (await confirm(client, first[0])).json() == {"status": "waiting"}
    await ask(client, asha)
    second = token_in((await mailbox.last(OLD, 2))[1], PAGE), token_in((await mailbox.last(NEW))[1], PAGE)
    assert {(await confirm(client, token)).status_code for token in first} == {422}
    assert (await confirm(client, second[1])).json() == {"status": "waiting"}
    clock.at += timedelta(hours=24)
    assert (await confirm(client, second[0])).status_code == 422
    assert (await sign_in(client, OLD)).status_code == 200


async def test_a_taken_address_is_answered_like_a_free_one(app: App, a_member: AMember, mailbox: Mailbox) -> None:
    """Kills: the account behind an address told by status, body or work; its owner not told, or sent a token."""
    client, module = app
    asha = await a_member("asha")
    await a_member("bina")
    answers, statements = [], []
    for email in (NEW, "bina@mail.example"):
        with counted(module.database) as ran:
            answers.append(said(await ask(client, asha, email)))
            statements.append(len([s for s in ran if "tries" not in s and "WHERE id =" not in s]))
    assert answers[0] == answers[1]
    assert statements == [4, 4]
    subject, text = await mailbox.last("bina@mail.example")
    assert subject == "Somebody wanted to use your address"
    assert "token" not in text
    assert (await confirm(client, token_in((await mailbox.last(OLD, 2))[1], PAGE))).json() == {"status": "waiting"}
    own = await ask(client, asha, OLD)
    assert (own.status_code, own.json()["errors"][0]["pointer"]) == (422, "/email")


async def test_somebody_who_took_the_address_meanwhile_keeps_it(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: the unique index unhandled (500); an account thrown out of its address."""
    asha = await a_member("asha")
    await ask(client, asha)
    old, new = await tokens(mailbox)
    await a_member("bina", email=NEW)
    assert (await confirm(client, old)).status_code == 200
    answer = await confirm(client, new)
    assert (answer.status_code, answer.json()["code"]) == (409, "email-taken")
    assert (await sign_in(client, NEW)).json()["username"] == "bina"
    assert (await sign_in(client, OLD)).status_code == 200


async def test_a_registration_nobody_confirmed_gives_way(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: an address blocked by whoever registers it first without being able to read its mail."""
    asha = await a_member("asha")
    await sign_up(client, "squatter", email=NEW)
    await mailbox.last(NEW)
    await ask(client, asha)
    old, new = token_in((await mailbox.last(OLD))[1], PAGE), token_in((await mailbox.last(NEW, 2))[1], PAGE)
    await confirm(client, old)
    assert (await confirm(client, new)).json() == {"status": "changed"}


async def test_the_profile_shows_the_new_address_if_it_showed_the_old(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: a dead address left on the profile; an address the member chose overwritten."""
    for name, shown in (("asha", "new@mail.example"), ("bina", "office@mail.example")):
        old = f"{name}@mail.example"
        member = await a_member(name)
        first = old if name == "asha" else shown
        await client.patch("/api/v1/me/profile", json={"email": first}, headers=member.bearer)
        new = NEW if name == "asha" else "other@mail.example"
        await ask(client, member, new)
        for address in (old, new):
            await confirm(client, token_in((await mailbox.last(address))[1], PAGE))
        profile = (await client.get("/api/v1/me/profile", headers=member.bearer)).json()
        assert profile["email"] == shown


async def test_a_reset_mailed_to_the_old_address_is_worthless_after_the_change(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: whoever still reads the old mailbox taking the account over."""
    asha = await a_member("asha")
    await ask(client, asha)
    old, new = await tokens(mailbox)
    await client.post("/api/v1/auth/password-reset", json={"email": OLD})
    token = token_in((await mailbox.last(OLD, 2))[1], "reset-password")
    await confirm(client, old)
    await confirm(client, new)
    body = {"token": token, "new_password": "another violet passphrase"}
    assert (await client.post("/api/v1/auth/password-reset/confirm", json=body)).status_code == 422
