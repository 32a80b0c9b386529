"""Registration: what is told, what is not, and who may have a name."""

import asyncio
from datetime import timedelta

import httpx

from ijaa.shared.clock import FrozenClock
from tests.integration.users.conftest import AMember, App, Mailbox, sign_in, sign_up, token_in


def said(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """Return all of an answer but its request id."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, headers, answer.content


async def confirm(client: httpx.AsyncClient, token: str) -> httpx.Response:
    """Confirm an address."""
    return await client.post("/api/v1/auth/verify-email", json={"token": token})


async def test_a_known_address_answers_like_a_new_one(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: any difference in status, headers or body; the known address being mailed a token."""
    await a_member("asha")
    new = await sign_up(client, "bina")
    known = await sign_up(client, "chitra", email="Asha@Mail.Example")
    waiting = await sign_up(client, "dina", email="bina@mail.example")
    assert said(new) == said(known) == said(waiting)

    subject, text = await mailbox.last("asha@mail.example")
    assert subject == "You already have an account"
    assert "token" not in text
    assert "username dina" in (await mailbox.last("bina@mail.example", 2))[1]


async def test_a_taken_username_is_said(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: answering 202 for a name nobody will get."""
    await a_member("asha")
    taken = await sign_up(client, "asha", email="other@mail.example")
    assert (taken.status_code, taken.json()["code"]) == (409, "username-taken")


async def test_a_token_is_good_once(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    """Kills: a token that stays good, alone or against itself ten times at once."""
    await sign_up(client, "asha")
    token = token_in((await mailbox.last("asha@mail.example"))[1])
    answers = await asyncio.gather(
        *(client.post("/api/v1/auth/verify-email", json={"token": token}) for _ in range(10))
    )
    assert sorted(a.status_code for a in answers) == [200] + [422] * 9
    assert {a.json().get("code") for a in answers} == {None, "token-not-valid"}


async def test_a_token_expires_after_a_day(client: httpx.AsyncClient, mailbox: Mailbox, clock: FrozenClock) -> None:
    """Kills: `expires_at` not looked at; wrong, used and expired tokens answered differently."""
    await sign_up(client, "asha")
    token = token_in((await mailbox.last("asha@mail.example"))[1])
    clock.at += timedelta(hours=24)
    late = await client.post("/api/v1/auth/verify-email", json={"token": token})
    wrong = await client.post("/api/v1/auth/verify-email", json={"token": "x" * 43})
    assert said(late)[0] == said(wrong)[0] == 422
    assert late.json()["code"] == wrong.json()["code"] == "token-not-valid"


async def test_an_unconfirmed_name_is_free_after_a_day(
    client: httpx.AsyncClient, mailbox: Mailbox, clock: FrozenClock
) -> None:
    """Kills: names squatted for ever; names taken over while their mail is still good."""
    await sign_up(client, "asha")
    assert (await sign_up(client, "asha", email="late@mail.example")).status_code == 409
    clock.at += timedelta(hours=25)
    assert (await sign_up(client, "asha", email="late@mail.example")).status_code == 202
    token = token_in((await mailbox.last("late@mail.example"))[1])
    assert (await client.post("/api/v1/auth/verify-email", json={"token": token})).status_code == 200
    clock.at += timedelta(hours=25)
    assert (await sign_up(client, "asha", email="third@mail.example")).status_code == 409


async def test_resending_never_tells(client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox) -> None:
    """Kills: an answer, or a mail, that depends on whether the address is known."""
    await a_member("asha")
    await sign_up(client, "bina")
    answers = [
        await client.post("/api/v1/auth/verify-email/resend", json={"email": email})
        for email in ("asha@mail.example", "BINA@mail.example", "nobody@mail.example")
    ]
    assert said(answers[0]) == said(answers[1]) == said(answers[2])
    assert answers[0].status_code == 202
    token = token_in((await mailbox.last("bina@mail.example", 2))[1])
    assert mailbox.texts("asha@mail.example") == []
    assert (await client.post("/api/v1/auth/verify-email", json={"token": token})).status_code == 200


async def test_mailed_again_it_is_the_same_token(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    """Kills: a mail that overtakes another making the link in it worthless; one token good after the other."""
    await sign_up(client, "asha")
    first = token_in((await mailbox.last("asha@mail.example"))[1])
    await client.post("/api/v1/auth/verify-email/resend", json={"email": "asha@mail.example"})
    assert token_in((await mailbox.last("asha@mail.example", 2))[1]) == first
    assert (await confirm(client, first)).status_code == 200
    assert (await confirm(client, first)).status_code == 422


async def test_of_many_who_want_one_name_one_gets_it(app: App) -> None:
    """Kills: the unique index unhandled (500), or both transactions told that they won."""
    client, module = app
    names = await asyncio.gather(*(sign_up(client, "asha", email=f"a{i}@mail.example") for i in range(8)))
    assert sorted(a.status_code for a in names) == [202] + [409] * 7
    emails = await asyncio.gather(*(sign_up(client, f"bina{i}", email="b@mail.example") for i in range(8)))
    assert {a.status_code for a in emails} == {202}
    assert await module.database.fetch_value("SELECT count(*) FROM users") == 0


async def test_nothing_is_stored_that_signs_anybody_in(app: App, mailbox: Mailbox) -> None:
    """Kills: the token or the password stored as they are."""
    client, module = app
    await sign_up(client, "asha")
    token = token_in((await mailbox.last("asha@mail.example"))[1])
    stored = await module.database.fetch_value("SELECT string_agg(r::text, ' ') FROM registrations r")
    assert token not in stored
    assert "$argon2id$v=19$m=65536,t=2,p=1$" in stored
    assert (await sign_in(client, "asha")).status_code == 401
