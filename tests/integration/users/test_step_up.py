"""Stepping up: a fresh proof of the password, asked for by what is sensitive."""

from datetime import timedelta

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from tests.integration.users.conftest import PASSWORD, AMember, AnAdmin, App, Member, refresh

NEW = {"email": "new@mail.example"}


async def step_up(client: httpx.AsyncClient, member: Member, password: str = PASSWORD) -> httpx.Response:
    """Prove a password."""
    return await client.post("/api/v1/auth/step-up", json={"password": password}, headers=member.bearer)


@pytest.fixture
async def admin(an_admin: AnAdmin) -> Member:
    """Return an admin who is signed in."""
    signed_in = await an_admin("ada", "moderator")
    return Member(signed_in.admin_id, signed_in.access, signed_in.refresh)


async def test_a_fresh_proof_opens_what_an_old_one_does_not(
    client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: `auth_time` left as it was, in the token or in the session a refresh reads; five minutes made six."""
    asha = await a_member("asha")
    clock.at += timedelta(minutes=5, seconds=1)
    stale = await client.post("/api/v1/me/email", json=NEW, headers=asha.bearer)
    assert (stale.status_code, stale.json()["code"]) == (401, "step-up-required")

    answer = await step_up(client, asha)
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "username"}
    assert "set-cookie" not in answer.headers
    asha.access = answer.json()["access_token"]
    assert (await client.post("/api/v1/me/email", json=NEW, headers=asha.bearer)).status_code == 202

    asha.access = (await refresh(client, asha.refresh)).json()["access_token"]
    assert (await client.post("/api/v1/me/email", json=NEW, headers=asha.bearer)).status_code == 202
    clock.at += timedelta(minutes=5, seconds=1)
    assert (await client.post("/api/v1/me/email", json=NEW, headers=asha.bearer)).status_code == 401


async def test_a_failed_proof_is_a_failed_login_and_ends_nothing(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a session ended by a typing error; an answer that tells more than a failed login."""
    asha = await a_member("asha")
    for wrong in ("a wrong passphrase", "", "x" * 5000):
        answer = await step_up(client, asha, wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "login-failed")
    assert (await client.get("/api/v1/me", headers=asha.bearer)).status_code == 200
    assert (await refresh(client, asha.refresh)).status_code == 200


async def test_an_admin_steps_up_and_keeps_his_role(client: httpx.AsyncClient, admin: Member) -> None:
    """Kills: members looked up for admins; the token of an admin turned into a member's."""
    assert (await step_up(client, admin, "a wrong passphrase")).status_code == 401
    answer = await step_up(client, admin)
    admin.access = answer.json()["access_token"]
    assert answer.json()["username"] == "ADMIN_ada"
    assert (await client.get("/api/v1/me", headers=admin.bearer)).json()["detail"].startswith("This is for members")


async def test_nobody_steps_up_in_a_session_that_has_ended(app: App, a_member: AMember) -> None:
    """Kills: `revoked_at` not looked at in the statement that notes the proof."""
    client, module = app
    asha = await a_member("asha")
    async with module.database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute("UPDATE sessions SET revoked_at = now()")  # told to nobody yet
    answer = await step_up(client, asha)
    assert (answer.status_code, answer.json()["code"]) == (401, "session-ended")


async def test_the_public_cannot_step_up(client: httpx.AsyncClient) -> None:
    """Kills: the route open to everybody, an oracle for passwords."""
    assert (await client.post("/api/v1/auth/step-up", json={"password": PASSWORD})).status_code == 401
