"""Who is told that an archive was asked for, and for how long a link gives it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.users.exports.domain import LINKED
from tests.fakes import FakeMemberRecords
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, Mailbox, Start, eventually, sign_in
from tests.integration.users.test_exports import ask, opened, read, ready
from tests.integration.users.test_members import BECAUSE, USERS
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
