"""Who is told that an archive was asked for, and for how long a link gives it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.fakes import FakeMemberRecords
from tests.integration.users.conftest import AMember, App, Mailbox, Start, eventually
from tests.integration.users.test_exports import ask, ready


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
