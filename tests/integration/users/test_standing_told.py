"""What other modules are told of where members stand, and when."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, Mailbox, sign_up, token_in

USERS = "/api/v1/admin/users"
BECAUSE = {"reason": "Insulted others at the reunion."}
_UNDER_WAY = "SELECT count(*) FROM jobs WHERE name = 'end-suspension' AND (token IS NOT NULL OR due_at <= $1)"


async def _told(database: Database) -> list[tuple[str, str]]:
    """Return whom messages are about and where they say he stands, in their order."""
    sql = """SELECT data->>'username', data->>'standing' FROM outbox
             WHERE type = 'ijaa.users.standing-changed.v1' ORDER BY seq"""
    return await database.fetch(lambda *row: row, sql)


@pytest.mark.parametrize(
    ("acts", "told"),
    [
        ([], []),
        ([("POST", "/suspend", BECAUSE)], ["suspended"]),
        ([("POST", "/suspend", BECAUSE), ("POST", "/reinstate", None)], ["suspended", "active"]),
        ([("POST", "/reinstate", None)], []),
        ([("DELETE", "", None), ("DELETE", "", None)], ["suspended"]),
        ([("DELETE", "", None), ("POST", "/reinstate", None)], ["suspended", "active"]),
        ([("DELETE", "?immediately=true", None)], ["erased"]),
    ],
)
async def test_each_act_tells_where_the_member_stands(
    app: App, a_member: AMember, an_admin: AnAdmin, acts: list[tuple[str, str, Any]], told: list[str]
) -> None:
    # mutants: publish nothing at one of them; something where nothing changed; of somebody else
    client, module = app
    await a_member("asha")
    ada = await an_admin("ada")
    for method, path, body in acts:
        answer = await client.request(method, f"{USERS}/asha{path}", json=body, headers=ada.bearer)
        assert answer.is_success, answer.text
    assert await _told(module.database) == [("asha", standing) for standing in told]


async def test_who_confirms_his_address_is_told_of(app: App, mailbox: Mailbox) -> None:
    # mutants: tell of whoever registers; of nobody until he changes something
    client, module = app
    await sign_up(client, "asha")
    assert await _told(module.database) == []
    _, mail = await mailbox.last("asha@mail.example")
    assert (await client.post("/api/v1/auth/verify-email", json={"token": token_in(mail)})).is_success
    assert await _told(module.database) == [("asha", "active")]


async def test_an_erasure_by_itself_is_told(app: App, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock) -> None:
    # mutant: tell of erasures by hand alone
    client, module = app
    await a_member("asha")
    await client.delete(f"{USERS}/asha", headers=(await an_admin("mo", "moderator")).bearer)
    clock.at += timedelta(days=30, minutes=11)
    await module.worker.run_due()
    async with asyncio.timeout(30):
        while (await _told(module.database))[-1] != ("asha", "erased"):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        (None, ["suspended", "active"]),
        (("POST", "/suspend", BECAUSE), ["suspended", "suspended"]),
        (("POST", "/suspend", BECAUSE | {"until": "later"}), ["suspended", "suspended", "active"]),
        (("POST", "/reinstate", None), ["suspended", "active"]),
        (("DELETE", "", None), ["suspended", "suspended"]),
    ],
)
async def test_the_end_of_a_suspension_is_told_unless_something_came_between(
    app: App, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock, meanwhile: tuple[str, str, Any] | None,
    told: list[str],
) -> None:  # fmt: skip
    # mutants: let it end without a word; end a second suspension with the end of the first; bring back who leaves
    client, module = app
    await a_member("asha")
    mo = await an_admin("mo", "moderator")
    ends = clock.now() + timedelta(minutes=5)
    later = ends + timedelta(minutes=2)
    acts = [("POST", "/suspend", BECAUSE | {"until": ends.isoformat()}), *([meanwhile] if meanwhile else [])]
    for method, path, body in acts:
        given = body | {"until": later.isoformat()} if body and body.get("until") == "later" else body
        assert (await client.request(method, f"{USERS}/asha{path}", json=given, headers=mo.bearer)).is_success
    for moment in (ends - timedelta(seconds=1), ends, later):
        clock.at = moment
        await module.worker.run_due()
        async with asyncio.timeout(30):
            while await module.database.fetch_value(_UNDER_WAY, moment):
                await asyncio.sleep(0.02)
        if moment < ends:
            assert len(await _told(module.database)) == len(acts)
    assert await _told(module.database) == [("asha", standing) for standing in told]
