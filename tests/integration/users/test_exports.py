"""Taking along: asked for once a day, made as a whole or not at all, given once."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.errors import Unavailable
from ijaa.shared.storage import Storage
from ijaa.users.exports.domain import EVERY, KEPT, PATIENCE
from ijaa.users.ports import RecordsPage
from tests.fakes import FakeMemberRecords
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, Mailbox, Member, Start, eventually, sign_in
from tests.integration.users.test_photos import objects, put
from tests.integration.users.test_profiles import execute
from tests.integration.users.test_second_factor import codes

ASK, MINE = "/api/v1/me/export", "/api/v1/me/exports"
Read = dict[str, Any]


@pytest.fixture
def records() -> FakeMemberRecords:
    """Return what the other module keeps."""
    return FakeMemberRecords("participations", "invitations")


@pytest.fixture
async def app(start: Start, records: FakeMemberRecords) -> AsyncIterator[App]:
    """Give a client of the module, and the module, with somebody to ask for the records of the other one."""
    async with start(records=records) as started:
        yield started


async def ask(client: httpx.AsyncClient, member: Member) -> Read:
    """Ask for an archive."""
    answer = await client.post(ASK, headers=member.bearer)
    assert answer.status_code == 202, answer.text
    found: Read = answer.json()
    assert answer.headers["location"] == f"{MINE}/{found['id']}"
    return found


async def read(client: httpx.AsyncClient, member: Member, export: Read) -> Read:
    """Read what became of it."""
    answer = await client.get(f"{MINE}/{export['id']}", headers=member.bearer)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def ready(client: httpx.AsyncClient, member: Member, export: Read | None = None) -> Read:
    """Wait until an archive is there."""
    asked = export or await ask(client, member)
    async with asyncio.timeout(30):
        while (found := await read(client, member, asked))["state"] == "REQUESTED":
            await asyncio.sleep(0.02)
    assert found["state"] == "READY"
    return found


async def failed(app: App, times: int = 1) -> None:
    """Wait until making an archive has failed as often and waits for its time; only then the clock may go on."""
    sql = "SELECT count(*) FROM jobs WHERE name = 'make-export' AND token IS NULL AND error <> '' AND tries >= $1"
    async with asyncio.timeout(30):
        while not await app[1].database.fetch_value(sql, times):
            await asyncio.sleep(0.02)


def opened(answer: httpx.Response) -> ZipFile:
    """Return the archive in an answer, whose checksums are right."""
    assert answer.status_code == 200, answer.text
    archive = ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def table(archive: ZipFile, name: str) -> list[dict[str, Any]]:
    """Return the rows of a table in an archive."""
    found: list[dict[str, Any]] = json.loads(archive.read(f"{name}.json"))
    return found


async def test_an_archive_holds_both_halves_and_the_files(
    client: httpx.AsyncClient, a_member: AMember, records: FakeMemberRecords, mailbox: Mailbox
) -> None:
    """Kills: a module left out; the second page of a table; a member's rows for another's; a photo left out."""
    asha, bina = await a_member("asha", bio="পদ্মা, quietly"), await a_member("bina", bio="Somebody else")
    await put(client, asha)
    photo = (await client.get("/api/v1/me/profile", headers=asha.bearer)).json()["photo"]
    for number in range(5):
        await records.add("participations", "asha", id=number, status="GOING")
    await records.add("participations", "bina", id=9, status="GOING")
    for whose in ("asha", "bina"):
        for number in range(3):
            await records.add_file(whose, f"{whose}-{number}.mp4", "video/mp4", bytes(range(256)) * 10 * number)
    found = await ready(client, asha)
    answer = await client.get(found["link"])
    archive = opened(answer)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.zip"'
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) == found["size"] == int(answer.headers["content-length"])
    names = archive.namelist()
    assert len(names) == len(set(names))
    assert {"README.txt", "files/photo.webp", "users/users.json", "events/participations.json"} <= {*names}
    assert [row["id"] for row in table(archive, "events/participations")] == [0, 1, 2, 3, 4]
    assert table(archive, "events/invitations") == []
    (profile,) = table(archive, "users/profiles")
    assert (profile["username"], profile["bio"]) == ("asha", "পদ্মা, quietly")
    assert "পদ্মা" in archive.read("users/profiles.json").decode()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", profile["created_at"])
    assert archive.read("files/photo.webp") == (await client.get(photo)).content
    assert [archive.read(f"files/asha-{number}.mp4") for number in range(3)] == [
        bytes(range(256)) * 10 * number for number in range(3)
    ]
    text = archive.read("README.txt").decode()
    assert "files/asha-1.mp4" in text
    assert re.search(r"events/participations\.json +5 rows", text)
    assert ("asha" in text, "files/photo.webp" in text, "bina" in text) == (True, True, False)
    assert all(b"Somebody else" not in archive.read(name) for name in names)
    await mailbox.last("asha@mail.example", 2)
    mail = dict(mailbox.texts("asha@mail.example"))["Your export is ready"]
    assert f"{MINE}/{found['id']}" in mail
    assert "token=" not in mail.partition("--\n")[0]  # who only reads the mail, or scans it, uses nothing up
    told = (await client.get("/api/v1/me/notifications", headers=asha.bearer)).json()["items"]
    assert [(one["kind"], one["path"]) for one in told] == [("export_ended", f"/me/exports/{found['id']}")]
    assert (await client.get(f"{MINE}", headers=bina.bearer)).json()["items"] == []


async def test_an_archive_is_not_shown_as_a_picture(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: `/files/{id}` that gives whatever has a row."""
    asha = await a_member("asha")
    await ready(client, asha)
    file_id = await app[1].database.fetch_value("SELECT file_id FROM exports")
    assert codes(await client.get(f"/api/v1/files/{file_id}", headers=asha.bearer)) == [(404, "not-found")]


async def test_there_is_one_at_a_time_and_one_a_day(
    app: App, client: httpx.AsyncClient, a_member: AMember, records: FakeMemberRecords, clock: FrozenClock
) -> None:
    """Kills: two in the making; a second one at once; a day counted from when it was ready; no fresh proof."""
    asha = await a_member("asha")
    await records.stop()
    answers = await asyncio.gather(*(client.post(ASK, headers=asha.bearer) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[0].json()["state"] == "REQUESTED"
    await failed(app)
    await records.begin()
    clock.at += timedelta(minutes=1)
    first = await ready(client, asha, answers[0].json())
    too_soon = await client.post(ASK, headers=asha.bearer)
    assert codes(too_soon) == [(429, "rate-limited")]
    assert int(too_soon.headers["retry-after"]) == int((EVERY - timedelta(minutes=1)).total_seconds())
    assert first["id"] in too_soon.json()["detail"]
    clock.at += EVERY - timedelta(minutes=1, seconds=1)
    asha.access = (await sign_in(client, "asha")).json()["access_token"]
    assert (await client.post(ASK, headers=asha.bearer)).status_code == 429
    clock.at += timedelta(seconds=1)
    second = await ready(client, asha)
    assert second["id"] != first["id"]
    listed = (await client.get(MINE, headers=asha.bearer, params={"limit": 1})).json()
    assert [one["id"] for one in listed["items"]] == [second["id"]]
    rest = await client.get(MINE, headers=asha.bearer, params={"limit": 1, "cursor": listed["next_cursor"]})
    assert ([one["id"] for one in rest.json()["items"]], rest.json()["next_cursor"]) == ([first["id"]], None)
    clock.at += timedelta(minutes=6)
    assert codes(await client.post(ASK, headers=asha.bearer)) == [(401, "step-up-required")]


async def test_an_archive_waits_for_a_module_that_is_away(
    app: App, client: httpx.AsyncClient, a_member: AMember, records: FakeMemberRecords, clock: FrozenClock,
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Kills: an archive without the other half; one that has half of a table; a job that is not tried again."""
    asha = await a_member("asha")
    for number in range(5):
        await records.add("participations", "asha", id=number)
    page, asked = records.page, list[str | None]()

    async def breaking(username: str, after: str | None = None) -> RecordsPage:
        asked.append(after)
        if after and len(asked) < 3:
            raise Unavailable("gone in the middle")
        return await page(username, after)

    monkeypatch.setattr(records, "page", breaking)
    export = await ask(client, asha)
    await failed(app)
    assert len(asked) == 2
    await records.stop()
    for times in (2, 3, 4):
        clock.at += timedelta(minutes=5)
        await failed(app, times)
    asha.access = (await sign_in(client, "asha")).json()["access_token"]
    assert (await read(client, asha, export))["state"] == "REQUESTED"
    assert objects(settings) == set()
    await records.begin()
    clock.at += timedelta(minutes=10)
    found = await ready(client, asha, export)
    assert [row["id"] for row in table(opened(await client.get(found["link"])), "events/participations")] == [*range(5)]


async def test_who_has_nobody_to_ask_makes_no_archive(
    start: Start, app: App, a_member: AMember, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: an archive of this module alone where nobody said where the other one is."""

    async def claim_nothing(_: int) -> list[Any]:
        return []

    monkeypatch.setattr(app[1].worker, "_claim", claim_nothing)  # the one that could ask leaves it to the other
    asha = await a_member("asha")
    async with start(records=None) as (client, module):
        export = await ask(client, asha)
        async with asyncio.timeout(30):
            while not await module.database.fetch_value("SELECT error FROM jobs WHERE name = 'make-export'"):
                await asyncio.sleep(0.02)
        assert (await read(client, asha, export))["state"] == "REQUESTED"
    assert objects(settings) == set()


async def test_what_cannot_be_made_is_given_up_and_told(
    client: httpx.AsyncClient, a_member: AMember, records: FakeMemberRecords, clock: FrozenClock,
    mailbox: Mailbox,
) -> None:  # fmt: skip
    """Kills: a member who waits for ever, and may not ask again; a job that makes it after all."""
    asha = await a_member("asha")
    await records.stop()
    export = await ask(client, asha)
    clock.at += PATIENCE + timedelta(hours=1)
    assert (await mailbox.last("asha@mail.example", 2))[0] == "Your export did not succeed"
    asha.access = (await sign_in(client, "asha")).json()["access_token"]
    failed = await read(client, asha, export)
    assert (failed["state"], failed["link"], failed["size"]) == ("FAILED", None, None)
    await records.begin()
    assert (await ready(client, asha))["id"] != export["id"]
    assert (await read(client, asha, export))["state"] == "FAILED"


async def test_an_archive_nobody_fetched_goes_after_a_week(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock, settings: Settings
) -> None:
    """Kills: `<=` for `<` at the end of a link; one that is swept and still shown, or over and still given."""
    asha = await a_member("asha")
    found = await ready(client, asha)
    clock.at += KEPT - timedelta(microseconds=1)
    asha.access = (await sign_in(client, "asha")).json()["access_token"]
    found = await read(client, asha, found)
    assert (await client.head(found["link"])).status_code == 200
    assert len(objects(settings)) == 1
    clock.at += timedelta(microseconds=1)
    assert codes(await client.get(found["link"])) == [(422, "token-not-valid")]
    asha.access = (await sign_in(client, "asha")).json()["access_token"]
    after = await read(client, asha, found)
    assert (after["state"], after["link"]) == ("EXPIRED", None)
    clock.at += timedelta(hours=1)
    await eventually(lambda: objects(settings) == set(), 10)
    assert await app[1].database.fetch_value("SELECT count(*) FROM files") == 0
    asha.access = (await sign_in(client, "asha")).json()["access_token"]
    assert (await read(client, asha, found))["state"] == "EXPIRED"
    clock.at += timedelta(days=91)
    async with asyncio.timeout(30):
        while await app[1].database.fetch_value("SELECT count(*) FROM exports"):
            await asyncio.sleep(0.02)


async def test_an_erased_member_leaves_no_archive(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, settings: Settings
) -> None:
    """Kills: an archive that outlives its member; a link that still gives it."""
    asha, sue = await a_member("asha"), await an_admin("sue")
    found = await ready(client, asha)
    assert len(objects(settings)) == 1
    gone = await client.delete("/api/v1/admin/users/asha?immediately=true", headers=sue.bearer)
    assert gone.status_code == 204
    assert codes(await client.get(found["link"])) == [(422, "token-not-valid")]
    assert await app[1].database.fetch_value("SELECT count(*) FROM exports") == 0
    await eventually(lambda: objects(settings) == set(), 10)


async def test_a_member_erased_meanwhile_gets_no_archive(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Kills: an object written for somebody who is gone, and left behind; a job that fails for ever."""
    asha, sue = await a_member("asha"), await an_admin("sue")
    written, erased, put_file = asyncio.Event(), asyncio.Event(), Storage.put_file

    async def slow(self: Storage, *given: Any) -> None:
        await put_file(self, *given)
        written.set()
        await erased.wait()

    monkeypatch.setattr(Storage, "put_file", slow)
    await ask(client, asha)
    await written.wait()
    assert len(objects(settings)) == 1
    await client.delete("/api/v1/admin/users/asha?immediately=true", headers=sue.bearer)
    erased.set()
    await eventually(lambda: objects(settings) == set(), 10)
    async with asyncio.timeout(30):
        while await app[1].database.fetch_value("SELECT count(*) FROM jobs WHERE name = 'make-export'"):
            await asyncio.sleep(0.02)


async def test_a_worker_that_lost_the_job_leaves_nothing(
    app: App, client: httpx.AsyncClient, a_member: AMember, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    mailbox: Mailbox,
) -> None:  # fmt: skip
    """Kills: an archive kept outside the end of its job: two of them, two mails, or an object nobody has."""
    asha = await a_member("asha")
    put_file, written = Storage.put_file, list[set[str]]()

    async def taken_over(self: Storage, *given: Any) -> None:
        await put_file(self, *given)
        written.append(objects(settings))
        if len(written) == 1:  # as if its lease had run out while it was frozen, and another worker had the job
            await execute(
                app, "UPDATE jobs SET token = gen_random_uuid(), due_at = created_at WHERE name = 'make-export'"
            )

    monkeypatch.setattr(Storage, "put_file", taken_over)
    found = await ready(client, asha)
    assert len(written) == 2
    assert written[0].isdisjoint(written[1])
    assert objects(settings) == written[1]
    opened(await client.get(found["link"]))
    await mailbox.last("asha@mail.example", 2)
    assert sorted(dict(mailbox.texts("asha@mail.example"))) == ["Your data was asked for", "Your export is ready"]
    assert len(mailbox.texts("asha@mail.example")) == 2
