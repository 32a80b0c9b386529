"""Guessing passwords: five wrong ones in a quarter of an hour are looked at, and nobody can tell."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.rate_limit import RECIPIENT
from ijaa.shared.throttle import Throttle
from ijaa.users.accounts import passwords
from ijaa.users.accounts.domain import GUESSES
from ijaa.users.accounts.guess_repository import GuessRepository
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.admins.models import Admin
from tests.integration.users.admins import AnAdmin, sign_in_admin
from tests.integration.users.conftest import (
    PASSWORD,
    AMember,
    App,
    Mailbox,
    Start,
    an_account,
    refresh,
    sign_in,
    sign_up,
)

WRONG = "a wrong passphrase"
LIMIT = GUESSES


@pytest.fixture
async def checked(
    app: App, password_hash: str, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> list[str | None]:
    """Make asha, and give the list of hashes that passwords were held against, None for the dummy."""
    await an_account(app[1].database, "asha", password_hash, clock.now())
    held: list[str | None] = []
    real = passwords._matches

    def noted(password: str, hashed: str | None, legacy: int) -> bool:
        held.append(hashed)
        return real(password, hashed, legacy)

    monkeypatch.setattr(passwords, "_matches", noted)
    return held


async def test_out_of_guesses_the_right_password_is_answered_like_a_wrong_one(
    client: httpx.AsyncClient, checked: list[str | None]
) -> None:
    # mutants: a code, status or header of its own; no hash at all, which a clock would tell
    wrong = [await sign_in(client, "asha", WRONG) for _ in range(LIMIT)]
    right = await sign_in(client, "asha", PASSWORD)
    assert {shape(answer) for answer in wrong} == {shape(right)}
    assert right.status_code == 401
    assert len(checked) == LIMIT + 1
    assert checked[-1] is None


async def test_username_and_address_of_an_account_are_one_to_guess_at(
    client: httpx.AsyncClient, checked: list[str | None]
) -> None:
    # mutants: count by what was typed; by its spelling
    for login in ("asha", "asha@mail.example", "ASHA", "Asha@MAIL.example", "asha"):
        await sign_in(client, login, WRONG)
    for login in ("asha", "asha@mail.example"):
        assert (await sign_in(client, login, PASSWORD)).status_code == 401
    assert checked[-2:] == [None, None]


async def test_it_ends_by_itself(client: httpx.AsyncClient, checked: list[str | None], clock: FrozenClock) -> None:
    # mutants: a lock that stays; one that guesses made meanwhile prolong
    assert checked == []
    for _ in range(LIMIT):
        await sign_in(client, "asha", WRONG)
    clock.at += timedelta(minutes=14)
    assert (await sign_in(client, "asha", PASSWORD)).status_code == 401
    clock.at += timedelta(minutes=1)
    assert (await sign_in(client, "asha", PASSWORD)).status_code == 200


async def test_it_ends_no_session(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    # mutant: let an attacker sign his victim out
    member = await a_member("bilal")
    for _ in range(LIMIT + 1):
        assert (await sign_in(client, "bilal", WRONG)).status_code == 401
    renewed = await refresh(client, member.refresh)
    assert renewed.status_code == 200
    answer = await client.get("/api/v1/me", headers=member.bearer)
    assert (answer.status_code, app[1].name) == (200, "users")


async def test_signing_in_costs_no_guess_and_pardons_none(client: httpx.AsyncClient, checked: list[str | None]) -> None:
    # mutants: count right passwords; forget the wrong ones for a right one, so that a victim's sign-ins pay for guesses
    for _ in range(LIMIT - 1):
        await sign_in(client, "asha", WRONG)
    for _ in range(LIMIT):
        assert (await sign_in(client, "asha", PASSWORD)).status_code == 200
    await sign_in(client, "asha", WRONG)
    assert (await sign_in(client, "asha", PASSWORD)).status_code == 401
    assert checked[-1] is None


async def test_unknown_logins_are_counted_like_known_ones(app: App, client: httpx.AsyncClient) -> None:
    # mutants: count accounts alone, which a slow statement would give away; store what somebody typed
    for login in ("nobody", "NOBODY", "", "x" * 5_000):
        assert (await sign_in(client, login, WRONG)).status_code == 401
    counted = await app[1].database.fetch(tuple_of, "SELECT who, cardinality(places) FROM password_guesses")
    assert sorted(number for _, number in counted) == [1, 1, 2]
    assert all(re.fullmatch("[0-9a-f]{32}", str(who)) for who, _ in counted)


async def test_of_many_guesses_at_once_in_two_processes_five_get_a_place(app: App, clock: FrozenClock) -> None:
    # mutants: look first and count afterwards; order the places by clocks, which differ from process to process
    behind = FrozenClock(clock.now() - timedelta(seconds=2))
    databases = [Database("users", app[1].database.url) for _ in range(2)]
    one, other = (GuessRepository(d, c) for d, c in zip(databases, (clock, behind), strict=True))
    places = await asyncio.gather(*((one, other)[number % 2].take("a" * 32) for number in range(100)))
    taken = [place for place in places if place]
    assert len(taken) == LIMIT
    await other.give_back("a" * 32, taken[0])
    assert await one.take("a" * 32)
    assert await other.take("a" * 32) is None
    await other.forget("a" * 32)
    assert await one.take("a" * 32)
    for database in databases:
        await database.dispose()


async def test_a_guess_nobody_looked_at_does_not_count(
    client: httpx.AsyncClient, checked: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutant: let a busy hour lock people out
    async def full(*_: object, **__: object) -> bool:
        raise Unavailable

    with monkeypatch.context() as busy:
        busy.setattr(Passwords, "matches", full)
        for _ in range(LIMIT + 1):
            assert (await sign_in(client, "asha", PASSWORD)).status_code == 503
    assert (await sign_in(client, "asha", PASSWORD)).status_code == 200
    assert len(checked) == 1


async def test_admins_are_guessed_at_no_more_often(
    app: App, client: httpx.AsyncClient, checked: list[str | None], password_hash: str, clock: FrozenClock
) -> None:
    now = clock.now()
    made = {"name": "Root", "email": "root@alumni.example", "role": "superadmin", "active": True}
    async with app[1].database.transaction() as session:
        session.add(Admin(admin_id="ADMIN_1", password_hash=password_hash, created_at=now, updated_at=now, **made))
    for password in (*[WRONG] * LIMIT, PASSWORD):
        body = {"email": "Root@alumni.example", "password": password}
        assert (await client.post("/api/v1/admin/auth/login", json=body)).status_code == 401
    assert checked == [password_hash] * LIMIT + [None]


async def test_strangers_keep_nobody_who_is_signed_in_from_proving_himself(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    # mutants: one count for signing in and for proofs; no count for proofs, which a stolen session would guess by
    asha, ada = await a_member("asha"), await an_admin("ada")
    clock.at += timedelta(minutes=1)
    for _ in range(LIMIT + 1):
        assert (await sign_in(client, "asha", WRONG)).status_code == 401
        assert (await sign_in_admin(client, ada.email, password=WRONG)).status_code == 401
    assert (await step_up(client, asha.bearer)).status_code == 200
    assert (await step_up(client, ada.bearer, totp=ada.code(clock.now()))).status_code == 200
    body = {"current_password": PASSWORD, "new_password": "another violet passphrase"}
    assert (await client.post("/api/v1/auth/password", json=body, headers=asha.bearer)).status_code == 204
    for _ in range(LIMIT):
        assert (await step_up(client, asha.bearer, password=WRONG)).status_code == 401
    body = {"current_password": "another violet passphrase", "new_password": PASSWORD}
    assert (await client.post("/api/v1/auth/password", json=body, headers=asha.bearer)).status_code == 401
    assert (await step_up(client, asha.bearer, password="another violet passphrase")).status_code == 401
    clock.at += timedelta(minutes=16)
    assert (await sign_in(client, "asha", "another violet passphrase")).status_code == 200


async def test_what_a_stranger_types_counts_for_nobodys_proof_and_factor(
    client: httpx.AsyncClient, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    # mutant: keys of one kind, so that typing another's as a login takes all his guesses
    ada = await an_admin("ada")
    clock.at += timedelta(minutes=1)
    for typed in ("ADMIN_ada factor", "admin ADMIN_ada"):
        for _ in range(LIMIT):
            await sign_in(client, typed, WRONG)
    assert (await step_up(client, ada.bearer, totp=ada.code(clock.now()))).status_code == 200


async def step_up(client: httpx.AsyncClient, bearer: dict[str, str], **given: object) -> httpx.Response:
    """Prove a password again."""
    return await client.post("/api/v1/auth/step-up", json={"password": PASSWORD, **given}, headers=bearer)


async def test_an_address_gets_few_mails_and_the_answer_tells_nothing(
    start: Start, password_hash: str, clock: FrozenClock, mailbox: Mailbox
) -> None:
    # mutants: count known addresses alone; count names that were taken, which sent no mail
    throttle = Throttle(None, installation="t", secret=b"t", factor=1.0, workers=1, clock=clock)
    async with start(throttle=throttle) as (client, module):
        await an_account(module.database, "asha", password_hash, clock.now())
        assert (await sign_up(client, "chitra")).status_code == 202
        clock.at += timedelta(hours=2)
        taken = [await sign_up(client, "asha", email="late@mail.example") for _ in range(6)]
        assert {answer.status_code for answer in taken} == {409}
        for email in ("chitra@mail.example", "nobody@mail.example"):
            answers = [await client.post("/api/v1/auth/verify-email/resend", json={"email": email}) for _ in range(6)]
            assert [answer.status_code for answer in answers] == [202] * RECIPIENT.amount + [429]
            assert answers[-1].headers["retry-after"] == "3600"
        assert (await sign_up(client, "bilal", email="NOBODY@mail.example")).status_code == 429
        await mailbox.last("chitra@mail.example", RECIPIENT.amount + 1)
        assert (await sign_up(client, "late", email="late@mail.example")).status_code == 202


def tuple_of(*columns: object) -> tuple[object, ...]:
    """Return a row as it is."""
    return columns


def shape(answer: httpx.Response) -> tuple[object, ...]:
    """Return an answer without what belongs to its request alone."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, *headers.items(), *((k, v) for k, v in answer.json().items() if k != "request_id")
