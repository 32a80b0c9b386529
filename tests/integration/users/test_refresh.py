"""Families of refresh tokens over HTTP."""

import asyncio
from datetime import timedelta

import asyncpg
import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import POOL_WAIT
from tests.integration.users.conftest import AMember, App, Mailbox, Member, Start, counted, refresh, sign_in


async def test_the_predecessor_gets_the_same_successor_within_ten_seconds(
    client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: a random successor; a predecessor refused at once (`<= GRACE` made `<`, or the arm left out)."""
    member = await a_member("asha")
    first = (await refresh(client, member.refresh)).json()["refresh_token"]
    clock.at += timedelta(seconds=10)
    again = await refresh(client, member.refresh)
    assert again.json()["refresh_token"] == first
    assert (await refresh(client, first)).status_code == 200


@pytest.mark.parametrize("case", ["too late", "successor used", "grandparent"])
async def test_any_other_reuse_ends_the_family(
    app: App, a_member: AMember, clock: FrozenClock, mailbox: Mailbox, case: str
) -> None:
    """Kills: each condition of the rule left out; the revocation rolled back by the 401; no audit; no mail."""
    client, module = app
    member = await a_member("asha")
    newest = (await refresh(client, member.refresh)).json()["refresh_token"]
    if case == "too late":
        clock.at += timedelta(seconds=10, microseconds=1)
    else:
        newest = (await refresh(client, newest)).json()["refresh_token"]
    if case == "grandparent":
        newest = (await refresh(client, newest)).json()["refresh_token"]

    assert (await refresh(client, member.refresh)).json()["code"] == "session-ended"
    assert (await refresh(client, newest)).status_code == 401
    assert (await client.get("/api/v1/me", headers=member.bearer)).status_code == 401
    assert (await refresh(client, member.refresh)).status_code == 401  # says no more than before

    subject, _ = await mailbox.last("asha@mail.example")
    assert subject == "A session of yours was ended"
    audited = await module.database.fetch_value(
        "SELECT array_agg(action || ' ' || subject) FROM audit_log WHERE actor IS NULL"
    )
    assert audited == ["refresh-token-reused USER_asha"]
    assert len(mailbox.texts("asha@mail.example")) == 1


async def test_fifty_refreshes_at_once_have_one_successor(
    app: App, a_member: AMember, start: Start, users_dsn: str
) -> None:
    """Kills: the lock on the family left out (a duplicate key, 500), or a connection held by each that waits (503)."""
    client, module = app
    member = await a_member("asha")
    in_the_way = await asyncpg.connect(users_dsn)
    async with start() as (other, _):
        async with in_the_way.transaction():
            await in_the_way.execute("SELECT FROM sessions FOR UPDATE")
            answers = [asyncio.create_task(refresh((client, other)[i % 2], member.refresh)) for i in range(50)]
            await asyncio.sleep(POOL_WAIT + 0.1)
        done = await asyncio.gather(*answers)
    await in_the_way.close()
    assert {a.status_code for a in done} == {200}
    assert len({a.json()["refresh_token"] for a in done}) == 1
    live = await module.database.fetch_value("SELECT count(*) FROM refresh_tokens WHERE spent_at IS NULL")
    assert live == 1


async def test_tokens_and_families_expire(client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock) -> None:
    """Kills: seven days counted from the sign-in; thirty days not counted at all."""
    member = await a_member("asha")
    token, other = member.refresh, (await a_member("bina")).refresh
    for _ in range(4):
        clock.at += timedelta(days=6, hours=23)
        token = (await refresh(client, token)).json()["refresh_token"]
    assert (await refresh(client, other)).status_code == 401
    clock.at += timedelta(days=2, hours=4)
    assert (await refresh(client, token)).status_code == 401


async def test_a_token_comes_back_the_way_it_was_sent(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a token kept by a program also set as a cookie, or one of a cookie shown to scripts."""
    member = await a_member("asha")
    body = await refresh(client, member.refresh)
    assert "refresh_token" in body.json()
    assert "set-cookie" not in body.headers
    client.cookies.set("ijaa_refresh", body.json()["refresh_token"], path="/api/v1/auth")
    cookie = await client.post("/api/v1/auth/refresh")
    assert "refresh_token" not in cookie.json()
    assert "ijaa_refresh=" in cookie.headers["set-cookie"]


async def test_a_suspended_member_cannot_refresh(app: App, a_member: AMember) -> None:
    """Kills: the role left out of the verdict."""
    client, module = app
    member = await a_member("asha")
    async with module.database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute("UPDATE users SET active = false")
    assert (await refresh(client, member.refresh)).status_code == 401


async def test_a_refresh_costs_two_statements(app: App, a_member: AMember) -> None:
    """Kills: statements that creep in under the lock."""
    client, module = app
    member = await a_member("asha")
    with counted(module.database) as ran:
        await refresh(client, member.refresh)
    assert len(ran) == 2


async def test_devices_are_listed_and_ended_by_their_owner_alone(
    client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: sessions of others listed or ended; the page without a way on."""
    bina = await a_member("bina")
    members = []
    for number in range(3):
        clock.at += timedelta(seconds=1)
        members.append(await a_member("asha") if number == 0 else await _again(client, "asha"))
    first = (await client.get("/api/v1/auth/sessions?limit=2", headers=members[2].bearer)).json()
    assert [s["current"] for s in first["items"]] == [True, False]
    rest = await client.get("/api/v1/auth/sessions", params={"cursor": first["next_cursor"]}, headers=members[2].bearer)
    assert len(rest.json()["items"]) == 1
    path = f"/api/v1/auth/sessions/{rest.json()['items'][0]['id']}"
    assert (await client.delete(path, headers=bina.bearer)).status_code == 404
    assert (await client.delete(path, headers=members[2].bearer)).status_code == 204
    assert (await client.delete(path, headers=members[2].bearer)).status_code == 404
    assert (await refresh(client, members[0].refresh)).status_code == 401
    assert (await client.post("/api/v1/auth/logout-all", headers=members[2].bearer)).status_code == 204
    assert (await refresh(client, members[1].refresh)).status_code == 401
    assert (await client.get("/api/v1/me", headers=bina.bearer)).status_code == 200


async def _again(client: httpx.AsyncClient, username: str) -> Member:
    answer = (await sign_in(client, username)).json()
    return Member(username, answer["access_token"], answer["refresh_token"])
