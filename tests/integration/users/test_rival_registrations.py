"""Several registrations of one address, or of one username: who gets what, and what nobody can tell from it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations

import httpx
import pytest
from argon2 import PasswordHasher, Type

from ijaa.shared.clock import FrozenClock
from ijaa.users.accounts import passwords
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, Mailbox, counted, sign_in, sign_up, token_in
from tests.integration.users.test_registration import confirm, said

MINE, HERS = "violet tractors sing at noon", "copper lanterns drift by night"
TARGET = "target@mail.example"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID))
    passwords.dummy_hash.cache_clear()
    yield
    passwords.dummy_hash.cache_clear()


async def resend(client: httpx.AsyncClient, email: str) -> httpx.Response:
    """Ask for the mail again."""
    return await client.post("/api/v1/auth/verify-email/resend", json={"email": email})


async def tokens(mailbox: Mailbox, email: str, number: int) -> list[str]:
    """Return the tokens mailed to an address, once there are this many mails."""
    await mailbox.last(email, number)
    return [token_in(text) for subject, text in mailbox.texts(email) if subject == "Confirm your e-mail address"]


@pytest.mark.parametrize("target", ["unknown", "known", "waiting", "confirmed meanwhile"])
async def test_a_username_that_was_asked_for_tells_nothing_of_the_address(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox, clock: FrozenClock, target: str
) -> None:
    """Kills: no registration kept for a known address; one that ends, or is not prolonged, when it is known."""
    if target == "known":
        await a_member("owner", email=TARGET)
    if target in {"waiting", "confirmed meanwhile"}:
        await sign_up(client, "owner", email=TARGET)
    other, seen = "mallory@mail.example", []
    seen.append(said(await sign_up(client, "probe", email=TARGET)))
    seen.append(said(await sign_up(client, "probe", email=TARGET)))
    if target == "confirmed meanwhile":
        assert (await confirm(client, (await tokens(mailbox, TARGET, 2))[0])).status_code == 200
    seen.append(said(await sign_up(client, "probe", email=other)))
    clock.at += timedelta(hours=23)
    seen.append(said(await resend(client, TARGET)))
    clock.at += timedelta(hours=2)
    seen.append(said(await sign_up(client, "probe", email=other)))
    clock.at += timedelta(hours=23)
    seen.append(said(await sign_up(client, "probe", email=other)))
    assert [status for status, *_ in seen] == [202, 409, 409, 202, 409, 202]
    assert {body for status, _, body in seen if status == 202} == {b'{"status":"verification-sent"}'}


async def test_the_work_tells_nothing_of_the_address(app: App, a_member: AMember) -> None:
    """Kills: a statement more or less for an address that is known, new or waiting, which a clock would tell."""
    client, module = app
    await a_member("asha")
    await sign_up(client, "bina")
    counts = []
    for ask in (
        lambda name: sign_up(client, f"new-{name}", email=f"{name}@mail.example"),
        lambda name: resend(client, f"{name}@mail.example"),
    ):
        for name in ("asha", "bina", "nobody"):
            with counted(module.database) as ran:
                assert (await ask(name)).status_code == 202
            counts.append(len([s for s in ran if "tries" not in s and "DELETE FROM jobs" not in s]))
    assert len(set(counts[:3])) == 1
    assert len(set(counts[3:])) == 1


@pytest.mark.parametrize("first", ["mallory", "victim"])
async def test_a_token_confirms_what_it_was_mailed_for(
    client: httpx.AsyncClient, mailbox: Mailbox, an_admin: AnAdmin, first: str
) -> None:
    """Kills: the second mail's token confirming the first one's account, with the first one's password."""
    for name in sorted(("mallory", "victim"), key=lambda name: name != first):
        await sign_up(client, name, email=TARGET, password=MINE if name == "victim" else HERS)
    await mailbox.last(TARGET, 2)
    texts = [text for _, text in mailbox.texts(TARGET)]  # in whatever order they left
    mailed = {name: token_in(text) for name in ("mallory", "victim") for text in texts if f"username {name} " in text}
    confirmed = await confirm(client, mailed["victim"])
    assert (confirmed.status_code, confirmed.json()["username"]) == (200, "victim")
    assert (await sign_in(client, TARGET, HERS)).status_code == 401
    assert (await sign_in(client, TARGET, MINE)).json()["username"] == "victim"
    assert (await confirm(client, mailed["mallory"])).status_code == 422
    ada = await an_admin("ada")
    gone = await client.delete("/api/v1/admin/users/victim", params={"immediately": True}, headers=ada.bearer)
    assert gone.status_code == 204
    assert (await confirm(client, mailed["mallory"])).status_code == 422


async def test_mailed_again_every_registration_of_the_address_is_named(
    client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    """Kills: the owner of an address sent the token of somebody else's registration alone."""
    await sign_up(client, "victim", email=TARGET, password=MINE)
    await sign_up(client, "mallory", email=TARGET, password=HERS)
    await mailbox.last(TARGET, 2)
    await resend(client, TARGET)
    _, text = await mailbox.last(TARGET, 3)
    assert "the username victim with" in text
    assert "the username mallory with" in text
    assert "Confirm the username you chose and no other" in text
    mine = text[text.index("the username victim with") :]
    assert (await confirm(client, token_in(mine))).json()["username"] == "victim"


ORDERS = [o for o in permutations(("ra", "rb", "ca", "cb")) if o.index("ra") < o.index("ca")
          and o.index("rb") < o.index("cb")]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), [(("u", "e"), ("v", "e")), (("u", "e"), ("u", "f")), (("u", "e"), ("u", "e"))])
async def test_in_every_order_one_account_comes_of_two_that_collide(
    app: App, mailbox: Mailbox, a: tuple[str, str], b: tuple[str, str]
) -> None:
    """Kills: two accounts of one address or name; an account with the password of another registration; a dead end."""
    client, module = app
    for number, order in enumerate(ORDERS):
        who = {"a": (*a, MINE), "b": (*b, HERS)}
        got: dict[str, int] = {}
        mailed: dict[str, str] = {}
        for step in order:
            name, email, password = who[step[1]]
            email = f"{email}{number}@mail.example"
            if step[0] == "r":
                before = len(mailbox.texts(email))
                answer = await sign_up(client, f"{name}-{number}", email=email, password=password)
                if answer.status_code == 202:
                    subject, text = await mailbox.last(email, before + 1)
                    mailed |= {step[1]: token_in(text)} if subject.startswith("Confirm") else {}
            elif step[1] in mailed:
                answer = await confirm(client, mailed[step[1]])
            got[step] = answer.status_code
        names_collide = a[0] == b[0]
        first = "a" if order.index("ra") < order.index("rb") else "b"
        second = "b" if first == "a" else "a"
        winner = first if names_collide else min("ab", key=lambda one: order.index(f"c{one}"))
        assert got[f"r{first}"] == 202, order
        assert got[f"r{second}"] == (409 if names_collide else 202), order
        assert got[f"c{winner}"] == 200, order
        accounts = await module.database.fetch(
            lambda *row: row, "SELECT username, email FROM users WHERE username LIKE '%-' || $1::text", str(number)
        )
        assert [tuple(one) for one in accounts] == [
            (f"{who[winner][0]}-{number}", f"{who[winner][1]}{number}@mail.example")
        ], order
        assert (await sign_in(client, accounts[0][0], who[winner][2])).status_code == 200, order


async def test_of_many_confirmations_at_once_one_holds(app: App, mailbox: Mailbox) -> None:
    """Kills: rows locked in no order, which lets two wait for each other; the address unique in no table."""
    client, module = app
    for number in range(6):
        await sign_up(client, f"name-{number}", email=TARGET)
    mailed = await tokens(mailbox, TARGET, 6)
    answers = await asyncio.gather(
        *(confirm(client, token) for token in mailed), resend(client, TARGET), sign_up(client, "late", email=TARGET)
    )  # fewer than there are connections: nobody is refused because he waited for one
    assert sorted(answer.status_code for answer in answers) == [200] + [202] * 2 + [422] * 5
    assert await module.database.fetch_value("SELECT count(*) FROM users") == 1


async def test_an_account_by_another_way_ends_a_registration(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: a unique index unhandled (500) where an account of the name or the address came by an import."""
    for name, email in (("asha", "other@mail.example"), ("other", "asha@mail.example")):
        await sign_up(client, name, email=email)
    mailed = [*await tokens(mailbox, "other@mail.example", 1), *await tokens(mailbox, "asha@mail.example", 1)]
    await a_member("asha")
    assert [(await confirm(client, token)).status_code for token in mailed] == [422, 422]
    assert (await sign_in(client, "asha")).json()["username"] == "asha"
