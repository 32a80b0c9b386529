"""What the events service asks of this one, over HTTP."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.http.services import ServiceTokens
from tests.integration.users.conftest import AMember, App, an_account, counted
from tests.integration.users.test_profiles import connect

CARDS, STANDINGS = "/internal/v1/members/cards", "/internal/v1/members/standings"
REVOCATIONS = "/internal/v1/revocations"


@pytest.fixture
def service(settings: Settings, clock: FrozenClock) -> dict[str, str]:
    """Return the header the events service sends."""
    tokens = ServiceTokens(settings.service_key, caller="events", clock=clock)
    return {"Authorization": f"Bearer {tokens.token_for('users')}"}


async def test_services_alone_are_served(
    client: httpx.AsyncClient, a_member: AMember, settings: Settings, clock: FrozenClock
) -> None:
    """Kills: the guard left out, a member let in, another caller or audience let in."""
    member = await a_member("asha")
    other = ServiceTokens(settings.service_key, caller="mail", clock=clock).token_for("users")
    astray = ServiceTokens(settings.service_key, caller="events", clock=clock).token_for("events")
    for bearer in ({}, member.bearer, *({"Authorization": f"Bearer {t}"} for t in (other, astray))):
        assert (await client.post(CARDS, json={"usernames": []}, headers=bearer)).status_code == 401
        assert (await client.get(REVOCATIONS, headers=bearer)).status_code == 401


async def test_cards_and_standings_cost_one_statement_each(
    app: App, client: httpx.AsyncClient, service: dict[str, str], clock: FrozenClock
) -> None:
    """Kills: a statement per name; the name shown against its audience; somebody who cannot be seen shown."""
    database, now = app[1].database, clock.now()
    await an_account(database, "asha", None, now)
    await an_account(database, "bina", None, now, visibility={"name": "public"})
    await an_account(database, "chitra", None, now, visibility={"name": "connections"})
    await an_account(database, "unconfirmed", None, now, email_verified_at=None)
    await an_account(database, "suspended", None, now, active=False)
    await connect(app, "chitra", "asha")
    names = ["asha", "bina", "chitra", "unconfirmed", "suspended", "nobody"]

    async def cards(viewer: str | None) -> dict[str, str | None]:
        with counted(database) as ran:
            answer = await client.post(CARDS, json={"usernames": names, "viewer": viewer}, headers=service)
        assert (answer.status_code, len(ran)) == (200, 1)
        return {username: card["name"] for username, card in answer.json()["cards"].items()}

    assert await cards(None) == {"asha": None, "bina": "Bina", "chitra": None}
    assert await cards("bina") == {"asha": "Asha", "bina": "Bina", "chitra": None}
    assert await cards("asha") == {"asha": "Asha", "bina": "Bina", "chitra": "Chitra"}
    with counted(database) as ran:
        answer = await client.post(STANDINGS, json={"usernames": [*names, "ASHA"]}, headers=service)
    assert len(ran) == 1
    assert answer.json()["standings"] == {
        "asha": "active",
        "ASHA": "active",
        "bina": "active",
        "chitra": "active",
        "unconfirmed": "unknown",
        "suspended": "suspended",
        "nobody": "unknown",
    }
    many = {"usernames": [f"u{i}" for i in range(501)]}
    assert (await client.post(STANDINGS, json=many, headers=service)).status_code == 422


async def test_revocations_are_followed_with_a_cursor(
    client: httpx.AsyncClient, a_member: AMember, service: dict[str, str]
) -> None:
    """Kills: a poll that does not wake; entries given twice or never; another process's cursor believed."""
    asha, bina = await a_member("asha"), await a_member("bina")
    first = (await client.get(REVOCATIONS, headers=service)).json()
    assert (first["snapshot"], first["revoked"]) == (True, [])

    poll = asyncio.create_task(client.get(REVOCATIONS, params={"after": first["cursor"], "wait": 5}, headers=service))
    await asyncio.sleep(0.05)
    assert not poll.done()
    await client.post("/api/v1/auth/logout-all", headers=asha.bearer)
    async with asyncio.timeout(1):
        second = (await poll).json()
    assert (second["snapshot"], len(second["revoked"])) == (False, 1)
    await client.post("/api/v1/auth/logout-all", headers=bina.bearer)
    third = (await client.get(REVOCATIONS, params={"after": second["cursor"]}, headers=service)).json()
    assert [e["session_id"] for e in third["revoked"]] != [e["session_id"] for e in second["revoked"]]
    assert len(third["revoked"]) == 1
    quiet = (await client.get(REVOCATIONS, params={"after": third["cursor"]}, headers=service)).json()
    assert (quiet["snapshot"], quiet["revoked"]) == (False, [])
    for foreign in ("0123456789abcdef:1", "nonsense", third["cursor"] + "9"):
        answer = (await client.get(REVOCATIONS, params={"after": foreign}, headers=service)).json()
        assert (answer["snapshot"], len(answer["revoked"])) == (True, 2)

    known = second["revoked"][0]["session_id"]
    assert (await client.get(f"{REVOCATIONS}/{known}", headers=service)).json()["revoked"] is True
    unknown = "00000000-0000-4000-8000-000000000000"
    assert (await client.get(f"{REVOCATIONS}/{unknown}", headers=service)).json()["revoked"] is False


async def test_a_service_token_expires(client: httpx.AsyncClient, service: dict[str, str], clock: FrozenClock) -> None:
    """Kills: `exp` not looked at."""
    clock.at += timedelta(seconds=61)
    assert (await client.get(REVOCATIONS, headers=service)).status_code == 401
