"""Blocks over HTTP: neither sees the other, whoever blocked."""

import asyncio

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.users.connections import block_service
from tests.integration.users.admins import AnAdmin
from tests.integration.users.community import BLOCKS, CONNECTIONS, Community, refusal
from tests.integration.users.conftest import AMember, App


@pytest.fixture
def community(client: httpx.AsyncClient) -> Community:
    """Return what members do with each other."""
    return Community(client)


_MESSAGES = "SELECT data ->> 'username' FROM outbox WHERE type = 'ijaa.users.blocks-changed.v1' ORDER BY seq"


async def test_neither_sees_the_other_and_nothing_comes_back(community: Community, a_member: AMember) -> None:
    """Kills: a block that works one way; a connection or notification that outlives it, or comes back after it."""
    asha, bina, chitra = [await a_member(name) for name in ("asha", "bina", "chitra")]
    made = await community.connect(asha, bina)
    await community.connect(bina, chitra)
    await community.connect(chitra, asha)
    assert (await community.block(asha, "Bina")).json()["username"] == "bina"
    for one, other in ((asha, "bina"), (bina, "asha")):
        assert not any(other in title for title in await community.told(one))
        assert (await community(one, "GET", f"/api/v1/users/{other}")).status_code == 404
        assert (await community.ask(one, other)).status_code == 404
        listed = await community.listed(one, include_total="true")
        assert ([row["member"]["username"] for row in listed["items"]], listed["total"]) == (["chitra"], 1)
        assert (await community(one, "GET", f"{CONNECTIONS}/{made}")).status_code == 404
    mutual = await community(asha, "GET", "/api/v1/users/chitra/mutual-connections")
    assert mutual.json()["items"] == []

    assert (await community.unblock(asha, "bina")).status_code == 204
    assert (await community(bina, "GET", "/api/v1/users/asha")).status_code == 200
    assert (await community.listed(bina, status="ACCEPTED", include_total="true"))["total"] == 1
    assert (await community.ask(bina, "asha")).status_code == 201


async def test_a_block_is_the_blockers_own_and_tells_nobody(community: Community, app: App, a_member: AMember) -> None:
    """Kills: a block that shows to the blocked; one written twice; one of somebody else's taken away."""
    asha, bina = await a_member("asha"), await a_member("bina")
    first, second = [await community.block(asha, "bina") for _ in range(2)]
    assert (first.status_code, first.json()) == (200, second.json())
    assert first.json().keys() == {"username", "created_at"}
    assert (await community(asha, "GET", f"{BLOCKS}/bina")).json() == first.json()
    assert (await community(bina, "GET", BLOCKS)).json()["items"] == []
    assert (await community(bina, "GET", f"{BLOCKS}/asha")).status_code == 404
    nobody = refusal(await community.block(bina, "nobody"))
    assert refusal(await community.block(bina, "asha")) == nobody
    assert refusal(await community.block(bina, "bina")) == nobody
    for name in ("asha", "nobody"):
        assert (await community.unblock(bina, name)).status_code == 204
    assert (await community(bina, "GET", "/api/v1/users/asha")).status_code == 404
    assert await community.told(bina) == []
    assert await app[1].database.fetch(str, _MESSAGES) == ["asha", "bina"]
    await community.unblock(asha, "bina")
    assert await app[1].database.fetch(str, _MESSAGES) == ["asha", "bina"] * 2


async def test_blocks_come_in_pages_and_to_an_end(
    community: Community, a_member: AMember, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a page that skips or repeats; as many blocks as anybody likes."""
    monkeypatch.setattr(block_service, "MOST_BLOCKS", 5)
    asha = await a_member("asha")
    for number in range(6):
        await a_member(f"other{number}")
        clock.at += clock.at.resolution
        answer = await community.block(asha, f"other{number}")
        assert answer.status_code == (200 if number < 5 else 409)
    assert answer.json()["code"] == "too-many-blocks"
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await community(asha, "GET", BLOCKS, limit=2, **cursor)).json()
        seen += [one["username"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [f"other{number}" for number in (4, 3, 2, 1, 0)]


async def test_staff_see_and_measure_whom_members_block(
    community: Community, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: a block that keeps a moderator from a member."""
    asha, _ = await a_member("asha"), await a_member("bina")
    await community.block(asha, "bina")
    moderator = await an_admin("mod", "moderator")
    for name in ("asha", "bina"):
        answer = await community.client.get(f"/api/v1/admin/users/{name}", headers=moderator.bearer)
        assert (answer.status_code, answer.json()["username"]) == (200, name)


async def test_a_request_and_a_block_at_once_leave_no_connection(
    community: Community, app: App, a_member: AMember
) -> None:
    """Kills: a look before the lock: a request that slips in while the block is written."""
    asha, bina = await a_member("asha"), await a_member("bina")
    for _ in range(5):
        await asyncio.gather(
            community.ask(bina, "asha"), community.ask(asha, "bina"), community.block(asha, "bina"),
            community.ask(bina, "asha"), community.block(bina, "asha"), community.ask(asha, "bina"),
        )  # fmt: skip
        assert await app[1].database.fetch_value("SELECT count(*) FROM connections") == 0
        assert await app[1].database.fetch_value("SELECT count(*) FROM blocks") == 1
        await asyncio.gather(community.unblock(asha, "bina"), community.unblock(bina, "asha"))


async def test_nothing_of_an_erased_member_is_left_with_others(
    community: Community, app: App, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: a notification that names him; a connection or block that outlives him."""
    asha = await a_member("asha")
    for number, name in enumerate(("bina", "chitra", "dina", "emre")):
        other = await a_member(name)
        if number == 0:
            await community.connect(asha, other)
        elif number == 1:
            await community.connect(other, asha)
        elif number == 2:
            await community.ask(asha, name)
        else:
            await community.block(asha, name)
    boss = await an_admin("boss")
    gone = await community.client.delete("/api/v1/admin/users/asha?immediately=true", headers=boss.bearer)
    assert gone.status_code == 204, gone.text
    left = await app[1].database.fetch(
        str,
        "SELECT facts::text FROM notifications UNION ALL"
        " SELECT requester_username || receiver_username FROM connections UNION ALL"
        " SELECT blocker_username || blocked_username FROM blocks",
    )
    assert left == []
