"""Signing in: one answer for every failure, and the same work."""

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.users.accounts import passwords
from tests.integration.users.conftest import PASSWORD, AMember, App, an_account, counted, sign_in
from tests.integration.users.test_registration import said


async def test_every_failure_is_answered_alike_after_the_same_work(
    app: App, password_hash: str, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a second status, header or body; the hash skipped where there is nothing to compare."""
    client, module = app
    now = clock.now()
    await an_account(module.database, "good", password_hash, now)
    await an_account(module.database, "unconfirmed", password_hash, now, email_verified_at=None)
    await an_account(module.database, "suspended", password_hash, now, active=False)
    await an_account(module.database, "passwordless", None, now)
    await an_account(module.database, "legacy", "$2a$10$notanargonhash", now)
    verified: list[str] = []
    real = passwords._matches

    def noted(password: str, hashed: str | None, legacy: int) -> bool:
        verified.append(password)
        return real(password, hashed, legacy)

    monkeypatch.setattr(passwords, "_matches", noted)
    attempts = (
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("x" * 5000, PASSWORD),
        ("good", "a wrong passphrase"),
        ("good", ""),
        ("good", "x" * 5000),
        ("good", PASSWORD + "x" * 2000),
        ("unconfirmed", PASSWORD),
        ("suspended", PASSWORD),
        ("passwordless", PASSWORD),
        ("legacy", PASSWORD),
    )
    answers, statements = [], []
    for login, password in attempts:
        with counted(module.database) as ran:
            answers.append(await sign_in(client, login, password))
        statements.append(len(ran))
    assert {a.status_code for a in answers} == {401}
    assert {a.json()["code"] for a in answers} == {"login-failed"}
    shapes = {(a.headers["www-authenticate"], *sorted(a.headers.keys())) for a in answers}
    assert len(shapes) == 1
    bodies = {tuple(v for k, v in a.json().items() if k != "request_id") for a in answers}
    assert len(bodies) == 1
    assert len(verified) == len(attempts)
    assert set(statements) == {2}


async def test_login_ignores_case_and_an_old_spelling_still_works(
    app: App, password_hash: str, clock: FrozenClock
) -> None:
    """Kills: look-up by exact case; the alias of an import not looked at."""
    client, module = app
    await an_account(module.database, "asha", password_hash, clock.now())
    await an_account(module.database, "asha2", password_hash, clock.now())
    async with module.database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute("UPDATE users SET login_alias = 'AsHa' WHERE username = 'asha2'")
    for login, username in (("ASHA", "asha"), ("asha@MAIL.example", "asha"), ("AsHa", "asha2")):
        assert (await sign_in(client, login)).json()["username"] == username


async def test_a_password_is_taken_exactly_as_typed(app: App, clock: FrozenClock) -> None:
    """Kills: white space stripped, Unicode normalised or case folded before hashing."""
    client, module = app
    typed = "  Pässwörd mit Räumen  "
    await an_account(module.database, "asha", await passwords.Passwords().hash(typed), clock.now())
    assert (await sign_in(client, "asha", typed)).status_code == 200
    assert (await sign_in(client, "asha", typed.strip())).status_code == 401
    assert (await sign_in(client, "asha", typed.lower())).status_code == 401


async def test_a_stale_token_in_the_header_does_not_stand_in_the_way(
    client: httpx.AsyncClient, a_member: AMember
) -> None:
    """Kills: the routes of sign-in looking at an expired Bearer token."""
    member = await a_member("asha")
    stale = {"Authorization": "Bearer stale"}
    body = {"login": "asha", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=body, headers=stale)).status_code == 200
    given = {"refresh_token": member.refresh}
    assert (await client.post("/api/v1/auth/refresh", json=given, headers=stale)).status_code == 200
    assert (await client.post("/api/v1/auth/logout", headers=stale)).status_code == 204
    assert (await client.get("/api/v1/users/asha", headers=stale)).status_code == 401


async def test_a_sign_in_costs_six_statements(app: App, password_hash: str, clock: FrozenClock) -> None:
    """Kills: statements that creep in; also shows `said` is honest about headers."""
    client, module = app
    await an_account(module.database, "asha", password_hash, clock.now())
    with counted(module.database) as ran:
        answer = await sign_in(client, "asha")
    assert len(ran) == 6
    assert said(answer)[1]["cache-control"] == "no-store"
