"""Members are told of an announcement: once each, and when it is visible."""

import asyncio
from datetime import datetime, timedelta

import httpx

from ijaa.shared.clock import FrozenClock
from ijaa.shared.jobs import LEASE
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, Mailbox, an_account
from tests.integration.users.test_announcements import ALL, everybody_is_told, write

_TOLD = """
SELECT u.username FROM notifications n JOIN users u ON u.id = n.user_id
WHERE n.kind = $1 ORDER BY u.username, n.id
"""


def datetime_of(column: datetime) -> datetime:
    """Return the one column of a row."""
    return column


async def told(app: App, kind: str = "announcement") -> list[str]:
    """Return who was told, as often as he was."""
    async with asyncio.timeout(20):
        await everybody_is_told(app)
    return await app[1].database.fetch(str, _TOLD, kind)


async def test_those_it_is_for_are_told_and_mailed_only_if_they_want(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, mailbox: Mailbox, clock: FrozenClock
) -> None:
    """Kills: everybody told of what is for some; mails of every announcement; urgent ones without a mail."""
    asha, mo = await a_member("asha", batch="2009"), await an_admin("mo", "moderator")
    await an_account(app[1].database, "bina", None, clock.now(), batch="2010")
    await an_account(app[1].database, "sus", None, clock.now(), batch="2009", active=False)
    made = await write(client, mo.bearer, audience={"kind": "batches", "batch_from": "2005", "batch_to": "2009"})
    assert await told(app) == ["asha"]
    inbox = (await client.get("/api/v1/me/notifications", headers=asha.bearer)).json()
    assert [(one["kind"], one["title"], one["path"], one["count"]) for one in inbox["items"]] == [
        ("announcement", "Announcement: Reunion", f"/announcements/{made['id']}", 1)
    ]
    assert (await client.get(f"{ALL}/{made['id']}", headers=mo.bearer)).json()["told_at"] is not None
    urgent = await write(client, mo.bearer, title="Flood", urgent=True)
    assert await told(app, "urgent_announcement") == ["asha", "bina"]
    for name in ("asha", "bina"):
        subject, mail = await mailbox.last(f"{name}@mail.example")
        assert (subject, f"/announcements/{urgent['id']}" in mail) == ("Urgent: Flood", True)
    assert len(mailbox.messages()) == 2


async def test_who_was_told_is_not_told_again_by_any_edit(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: telling anew after an edit, a pause or a wider audience; one that came later told of what is old."""
    asha, mo = await a_member("asha", batch="2009"), await an_admin("mo", "moderator")
    made = await write(client, mo.bearer, audience={"kind": "batches", "batches": ["2009"]})
    assert await told(app) == ["asha"]
    await client.post("/api/v1/me/notifications/read", headers=asha.bearer, json={"all": True})
    await an_account(app[1].database, "bina", None, clock.now(), batch="2010")
    later = (clock.now() + timedelta(seconds=5)).isoformat()
    for patch in (
        {"title": "Tea"}, {"active": False}, {"active": True}, {"audience": {"kind": "all"}}, {"visible_from": later}
    ):  # fmt: skip
        answer = await client.patch(f"{ALL}/{made['id']}", json=patch, headers=mo.bearer)
        assert answer.status_code == 200
        assert await told(app) == ["asha"]
    clock.at += timedelta(minutes=1)
    await app[1].worker.run_due()
    assert await told(app) == ["asha"]


async def test_of_edits_at_once_the_last_decides_when_members_are_told(
    app: App, client: httpx.AsyncClient, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: edits that do not wait for each other, so that the job of an earlier one stays."""
    mo = await an_admin("mo", "moderator")
    made = await write(client, mo.bearer, active=False)
    times = [(clock.now() + timedelta(hours=hour)).isoformat() for hour in range(1, 9)]
    patches = [{"active": True, "visible_from": time} for time in times]
    answers = await asyncio.gather(
        *(client.patch(f"{ALL}/{made['id']}", json=patch, headers=mo.bearer) for patch in patches)
    )
    assert {answer.status_code for answer in answers} == {200}
    told_at = "SELECT visible_from FROM announcements"
    due = "SELECT due_at FROM jobs WHERE name = 'announce'"
    assert await app[1].database.fetch(datetime_of, due) == await app[1].database.fetch(datetime_of, told_at)


async def test_what_is_for_later_is_told_later_and_moves_with_its_schedule(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: told when written; told at the first date though it was moved; told though switched off or over."""
    await a_member("asha")
    mo = await an_admin("mo", "moderator")
    began = clock.now()

    def at(minutes: int) -> str:
        return (began + timedelta(minutes=minutes)).isoformat()

    moved = await write(client, mo.bearer, title="moved", visible_from=at(2))
    off = await write(client, mo.bearer, title="off", visible_from=at(2))
    await write(client, mo.bearer, title="over", visible_from=at(2), visible_until=at(3))
    late = await write(client, mo.bearer, title="late", active=False)
    await client.patch(f"{ALL}/{moved['id']}", json={"visible_from": at(6)}, headers=mo.bearer)
    await client.patch(f"{ALL}/{off['id']}", json={"active": False}, headers=mo.bearer)

    async def heard() -> list[str]:
        async with asyncio.timeout(20):
            while await app[1].database.fetch_value(
                "SELECT count(*) FROM jobs WHERE name = 'announce' AND due_at <= $1", clock.now() + LEASE
            ):
                await app[1].worker.run_due()
                await asyncio.sleep(0.01)
        return await app[1].database.fetch(str, "SELECT facts ->> 'title' FROM notifications ORDER BY id")

    assert await heard() == []
    clock.at = began + timedelta(minutes=4)
    assert await heard() == []
    await client.patch(f"{ALL}/{late['id']}", json={"active": True}, headers=mo.bearer)
    assert await heard() == ["late"]
    clock.at = began + timedelta(minutes=7)
    assert await heard() == ["late", "moved"]
