"""An archive on its way: who is told of it, who gets it by its link, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.users.exports.domain import LINKED, ON_ITS_WAY
from tests.fakes import FakeMemberRecords
from tests.integration.users.admins import AnAdmin, audited
from tests.integration.users.conftest import AMember, App, Mailbox, Start, eventually, sign_in
from tests.integration.users.test_exports import MINE, ask, opened, read, ready
from tests.integration.users.test_members import BECAUSE, USERS
from tests.integration.users.test_photos import objects, put
from tests.integration.users.test_profiles import execute
from tests.integration.users.test_second_factor import codes


@pytest.fixture
async def app(start: Start) -> AsyncIterator[App]:
    """Give a client of the module, and the module, with somebody to ask for the records of the other one."""
    async with start(records=FakeMemberRecords("participations")) as started:
        yield started


async def test_that_it_was_asked_for_is_told_to_who_wants_to_be_told_nothing(
    client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: a notice a thief switches off beforehand; one for each time he asks while it is made; none."""
    asha, address = await a_member("asha"), "asha@mail.example"
    off = {"export_ended": {"in_app": False, "email": False}}
    path = "/api/v1/me/notification-preferences"
    assert (await client.patch(path, json=off, headers=asha.bearer)).status_code == 200
    found = await ready(client, asha, await ask(client, asha))
    assert (await client.post("/api/v1/me/export", headers=asha.bearer)).status_code == 429
    await eventually(lambda: bool(mailbox.texts(address)))
    ((subject, mail),) = mailbox.texts(address)
    assert subject == "Your data was asked for"
    assert "asha" in mail
    assert "change your password" in mail
    assert (found["id"] in mail, "token" in mail) == (False, False)


async def test_a_link_is_good_for_two_hours_and_the_archive_for_as_long_as_it_waits(
    client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: one link for a week; `<` for `<=` at its end; an archive that goes with its first link; links in lists."""
    asha = await a_member("asha")
    first = await ready(client, asha)
    clock.at += timedelta(microseconds=1)
    assert (await read(client, asha, first))["link"] != first["link"]
    listed = (await client.get("/api/v1/me/exports", headers=asha.bearer)).json()["items"]
    assert [(one["id"], one["link"]) for one in listed] == [(first["id"], None)]
    clock.at += LINKED - timedelta(microseconds=2)
    assert (await client.head(first["link"])).status_code == 200
    clock.at += timedelta(microseconds=1)
    assert codes(await client.get(first["link"])) == [(422, "token-not-valid")]
    asha.access = (await sign_in(client, "asha")).json()["access_token"]
    second = await read(client, asha, first)
    assert second["state"] == "READY"
    opened(await client.get(second["link"]))


async def test_the_archive_of_who_is_suspended_waits_and_who_is_leaving_takes_his(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: a link that outlives a suspension; an archive lost with it; one kept from who is leaving."""
    asha, bina, mo = await a_member("asha"), await a_member("bina"), await an_admin("mo", "moderator")
    hers, theirs = await ready(client, asha), await ready(client, bina)
    assert (await client.post(f"{USERS}/asha/suspend", json=BECAUSE, headers=mo.bearer)).status_code == 200
    for way in ("HEAD", "GET"):
        assert (await client.request(way, hers["link"])).status_code == 422
    assert (await client.post(f"{USERS}/asha/reinstate", headers=mo.bearer)).status_code == 200
    assert (await client.delete("/api/v1/me", headers=bina.bearer)).status_code == 202
    for found in (hers, theirs):
        opened(await client.get(found["link"]))


async def test_twenty_who_ask_at_once_get_one_archive(
    app: App, client: httpx.AsyncClient, a_member: AMember, settings: Settings
) -> None:
    """Kills: look first and take then; a taken one shown with its link; the object kept once it has left."""
    asha = await a_member("asha")
    found = await ready(client, asha)
    answers = await asyncio.gather(*(client.get(found["link"]) for _ in range(20)))
    given = [answer for answer in answers if answer.status_code == 200]
    assert len(given) == 1
    opened(given[0])
    assert {(one.status_code, one.json()["code"]) for one in answers if one is not given[0]} == {
        (422, "token-not-valid")
    }
    after = await read(client, asha, found)
    assert (after["state"], after["link"]) == ("FETCHED", None)
    assert after["fetched_at"] is not None
    assert codes(await client.get(found["link"])) == [(422, "token-not-valid")]
    await eventually(lambda: objects(settings) == set(), 10)
    assert await audited(app[1].database) == [
        ("export-requested", "USER_asha", "USER_asha", {}),
        ("export-fetched", None, "USER_asha", {}),
    ]


async def test_a_look_at_the_head_uses_nothing_up(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: HEAD served as GET, which would use the link up for whoever looks before he opens."""
    found = await ready(client, await a_member("asha"))
    for _ in range(2):
        head = await client.head(found["link"])
        assert (head.status_code, head.headers["content-length"], head.content) == (200, str(found["size"]), b"")
    opened(await client.get(found["link"]))
    assert (await client.head(found["link"])).status_code == 422


async def test_a_link_is_good_for_its_own_archive_alone(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a token that is not looked at; one that opens another export; an archive open to other members' reads."""
    asha, bina = await a_member("asha"), await a_member("bina")
    hers, theirs = await ready(client, asha), await ready(client, bina)
    path, token = hers["link"].split("?token=")
    for wrong in (
        f"{path}?token={theirs['link'].split('?token=')[1]}",
        f"{path}?token={token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        f"{path}?token=x",
        f"/api/v1/exports/00000000-0000-4000-8000-000000000000/archive?token={token}",
    ):
        assert codes(await client.get(wrong)) == [(422, "token-not-valid")]
    assert (await client.get(path)).status_code == 422
    assert codes(await client.get(f"{MINE}/{hers['id']}", headers=bina.bearer)) == [(404, "not-found")]
    assert (await client.get(f"{MINE}/{hers['id']}")).status_code == 401
    mine = (await client.get(MINE, headers=bina.bearer)).json()["items"]
    assert [one["id"] for one in mine] == [theirs["id"]]
    opened(await client.get(hers["link"]))
    opened(await client.get(theirs["link"]))


async def test_a_transfer_that_breaks_off_uses_nothing_up(
    client: httpx.AsyncClient, a_member: AMember, settings: Settings
) -> None:
    """Kills: a link used up by whom the line failed, or read but for its last byte for ever; that it failed untold."""
    asha = await a_member("asha")
    await put(client, asha)
    found = await ready(client, asha)
    for left in (3, 2, 1, 0):
        await break_off(client, found["link"])
        async with asyncio.timeout(30):
            state = "READY" if left else "FETCHED"
            while (after := await read(client, asha, found))["state"] != state:
                await asyncio.sleep(0.01)
        assert ((after["link"] is None), after["broken_off"]) == (not left, min(4 - left, 3))
    await eventually(lambda: len(objects(settings)) == 3)  # the photo


async def test_a_transfer_that_never_ended_is_swept(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock, settings: Settings
) -> None:
    """Kills: an archive that stays because the process that sent it died."""
    asha = await a_member("asha")
    found = await ready(client, asha)
    await execute(app, "UPDATE exports SET state = 'FETCHED', fetched_at = $1", clock.now())
    clock.at += ON_ITS_WAY + timedelta(hours=1)
    await eventually(lambda: objects(settings) == set(), 10)
    asha.access = (await sign_in(client, "asha")).json()["access_token"]
    assert (await read(client, asha, found))["state"] == "FETCHED"


async def break_off(client: httpx.AsyncClient, link: str) -> None:
    """Ask for an archive and leave after the head of the answer."""
    path, _, query = link.partition("?")
    gone, begun = asyncio.Event(), asyncio.Event()
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
            return
        begun.set()
        await asyncio.Event().wait()  # a line that takes nothing any more

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", b"alumni.example")], "client": ("127.0.0.1", 1), "server": ("alumni.example", 443),
    }  # fmt: skip
    asgi = client._transport.app  # type: ignore[attr-defined]
    call = asyncio.create_task(asgi(scope, receive, send))
    await begun.wait()
    gone.set()
    await call
