"""Images of announcements and reports: who puts them there, who sees them, and what is left of one that is gone."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import text

from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import JobQueue, NoPayload
from ijaa.shared.purge import purge
from ijaa.users.retention import PURGES
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, Member, eventually
from tests.integration.users.test_announcements import ALL, MINE, write
from tests.integration.users.test_photos import form, objects, plain
from tests.pictures import a_picture, full_of_secrets, opened

REPORTS, OWN, QUEUE = "/api/v1/reports", "/api/v1/me/reports", "/api/v1/admin/reports"
BUG = {"title": "It hangs", "description": "Every day.", "category": "BUG_REPORT"}
FIRST, SECOND = a_picture(), a_picture("PNG", (40, 30))


async def _illustrate(
    client: httpx.AsyncClient, bearer: dict[str, str], id_: int, raw: bytes = FIRST, **headers: str
) -> httpx.Response:
    return await client.put(f"{ALL}/{id_}/image", headers=bearer | headers, **form(raw))


async def test_an_announcement_shows_its_image_to_whom_it_is_for(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, settings: Settings, clock: FrozenClock
) -> None:
    """Kills: the client's own bytes served; an image for everybody; one seen before its announcement, or after it."""
    asha, ben, mo = await a_member("asha", batch="2009"), await a_member("ben"), await an_admin("mo", "moderator")
    ada = await an_admin("ada", "auditor")
    for_2009 = {"kind": "batches", "batches": ["2009"]}
    soon, later = clock.now() + timedelta(minutes=5), clock.now() + timedelta(minutes=10)
    times = {"visible_from": soon.isoformat(), "visible_until": later.isoformat()}
    made = await write(client, mo.bearer, audience=for_2009, **times)
    shown = await _illustrate(client, mo.bearer, made["id"], full_of_secrets()["jpeg"])
    assert (shown.status_code, shown.headers["etag"]) == (200, '"2"'), shown.text
    link = shown.json()["image"]

    async def see(path: str, **headers: Any) -> int:
        answer = await client.get(path, **headers)
        assert answer.status_code in {200, 404}
        return answer.status_code

    async def everybody() -> list[int]:
        bearers = (asha.bearer, ben.bearer, mo.bearer, ada.bearer, {})
        return [await see(plain(link), headers=bearer) for bearer in bearers]

    assert await everybody() == [404, 404, 200, 404, 404]
    assert await see(link) == 200  # of who writes it
    clock.at = soon
    read = (await client.get(f"{MINE}/{made['id']}", headers=asha.bearer)).json()["image"]
    assert (plain(read), read != link) == (plain(link), True)
    assert await everybody() == [200, 404, 200, 404, 404]
    assert [await see(f"{read}&variant={variant}") for variant in ("full", "card", "thumbnail")] == [200] * 3
    got = await client.get(read)
    assert (got.headers["content-type"], opened(got.content).size) == ("image/webp", (400, 300))
    assert got.headers["content-disposition"] == 'inline; filename="announcement.webp"'
    assert ("sandbox" in got.headers["content-security-policy"], got.headers["x-content-type-options"]) == (
        True, "nosniff",
    )  # fmt: skip
    assert await see(f"{read[:-1]}{'A' if read[-1] != 'A' else 'B'}") == 404
    clock.at = later
    assert await everybody() == [404, 404, 200, 404, 404]
    assert (await see(read), await see(link)) == (404, 200)
    assert len(objects(settings)) == 3


async def test_an_image_that_is_replaced_or_taken_off_goes_and_so_does_that_of_what_is_deleted(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, settings: Settings
) -> None:
    """Kills: objects left behind; a link that outlives its image; a stale edit that leaves a file."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    made = await write(client, mo.bearer)
    first = (await _illustrate(client, mo.bearer, made["id"])).json()["image"]
    second = (await _illustrate(client, mo.bearer, made["id"], SECOND)).json()["image"]
    assert [(await client.get(link)).status_code for link in (first, second)] == [404, 200]
    await eventually(lambda: len(objects(settings)) == 3)
    assert (await _illustrate(client, mo.bearer, made["id"], **{"If-Match": '"1"'})).status_code == 412
    assert (await _illustrate(client, mo.bearer, 99)).status_code == 404
    assert (await _illustrate(client, mo.bearer, made["id"], b"no image")).status_code == 422
    assert (await _illustrate(client, asha.bearer, made["id"])).status_code == 403
    await eventually(lambda: len(objects(settings)) == 3)
    gone = await client.delete(f"{ALL}/{made['id']}/image", headers=mo.bearer)
    again = await client.delete(f"{ALL}/{made['id']}/image", headers=mo.bearer)
    assert (gone.status_code, again.status_code) == (204, 204)
    assert (await client.get(f"{MINE}/{made['id']}", headers=asha.bearer)).json()["image"] is None
    await eventually(lambda: not objects(settings))
    details = await client.get(f"{ALL}/{made['id']}", headers=mo.bearer)
    assert details.headers["etag"] == '"4"'
    await _illustrate(client, mo.bearer, made["id"])
    assert len(objects(settings)) == 3
    assert (await client.delete(f"{ALL}/{made['id']}", headers=mo.bearer)).status_code == 204
    await eventually(lambda: not objects(settings))


async def _attach(
    client: httpx.AsyncClient, member: Member, id_: int, place: int = 1, raw: bytes = FIRST
) -> httpx.Response:
    return await client.put(f"{OWN}/{id_}/attachments/{place}", headers=member.bearer, **form(raw))


async def test_what_is_attached_to_a_report_is_for_those_who_settle_it(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, settings: Settings
) -> None:
    """Kills: evidence that can be exchanged, or stays in a browser; another's report; a sixth image; its reporter."""
    asha, ben = await a_member("asha"), await a_member("ben")
    mo, ada = await an_admin("mo", "moderator"), await an_admin("ada", "auditor")
    id_ = (await client.post(REPORTS, json=BUG, headers=asha.bearer)).json()["id"]
    assert (await _attach(client, asha, id_)).json()["attachments"] == 1
    assert (await _attach(client, asha, id_, 5, SECOND)).json()["attachments"] == 2
    assert (await _attach(client, asha, id_)).status_code == 200  # the same again
    refused = await _attach(client, asha, id_, 1, SECOND)
    assert (refused.status_code, refused.json()["code"]) == (409, "attachment-exists")
    for place in (0, 6):
        assert (await _attach(client, asha, id_, place)).status_code == 422
    assert (await _attach(client, ben, id_, 3)).status_code == 404
    await eventually(lambda: len(objects(settings)) == 6)
    found = (await client.get(f"{QUEUE}/{id_}", headers=mo.bearer)).json()["attachments"]
    seen = [await client.get(path, headers=mo.bearer) for path in found]
    assert [opened(one.content).size for one in seen] == [(400, 300), (40, 30)]
    assert seen[0].headers["content-disposition"] == 'inline; filename="attachment.webp"'
    assert [seen[0].headers.get_list(name) for name in ("cache-control", "cross-origin-resource-policy")] == [
        ["no-store"], ["same-origin"],
    ]  # fmt: skip
    others = [(await client.get(found[0], headers=one)).status_code for one in (asha.bearer, ada.bearer, {})]
    assert others == [403, 403, 401]
    file_id = found[0].rpartition("/")[2]
    for path in (f"/api/v1/files/{file_id}", f"{MINE}/images/{file_id}"):
        assert (await client.get(path, headers=asha.bearer)).status_code == 404
    for status in ("IN_PROGRESS", "CLOSED"):
        await client.patch(f"{QUEUE}/{id_}", json={"status": status}, headers=mo.bearer)
    late = await _attach(client, asha, id_, 2)
    assert (late.status_code, late.json()["code"]) == (409, "report-ended")
    assert (await client.get(found[0], headers=mo.bearer)).status_code == 200


async def test_what_is_attached_goes_with_who_gave_it_with_whom_it_shows_and_with_time(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: pictures kept of who gave them, or of whom they show; evidence kept for ever."""
    asha, ada = await a_member("asha"), await an_admin("ada")
    await a_member("ben")
    cara = await a_member("cara")
    about = {**BUG, "category": "USER_REPORT", "target": {"kind": "member", "id": "ben"}}
    ids = []
    for reporter, body in ((asha, BUG), (cara, about), (cara, BUG), (cara, BUG)):
        ids.append((await client.post(REPORTS, json=body, headers=reporter.bearer)).json()["id"])
        assert (await _attach(client, reporter, ids[-1])).status_code == 200

    async def left() -> list[int]:
        return await app[1].database.fetch(int, "SELECT report_id FROM files ORDER BY report_id")

    for name, expected in (("asha", ids[1:]), ("ben", ids[2:])):
        gone = await client.delete(f"/api/v1/admin/users/{name}?immediately=true", headers=ada.bearer)
        assert gone.status_code == 204
        assert await left() == expected
    await _ended(app[1].database, ids[2], clock, days=731)
    await _ended(app[1].database, ids[3], clock, days=729)
    queue = JobQueue(app[1].database, clock)
    async with app[1].database.transaction() as session:
        await session.execute(text("DELETE FROM jobs WHERE name = 'purge'"))
        await queue.put(session, "purge", NoPayload())
    await JobRunner(queue, [purge([one for one in PURGES if one.table == "reports"], clock)]).run_due()
    async with asyncio.timeout(30):
        while await left() != ids[3:]:
            await asyncio.sleep(0.02)


async def _ended(database: Database, report_id: int, clock: FrozenClock, *, days: int) -> None:
    at = clock.now() - timedelta(days=days)
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE reports SET status = 'CLOSED', resolved_at = :at WHERE id = :id"), {"at": at, "id": report_id}
        )
