"""Photos and covers over HTTP: who puts them there, who sees them, and what is left of one that is gone."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.errors import Unavailable
from ijaa.shared.storage import Storage
from ijaa.shared.storage_images import Images
from ijaa.shared.storage_sweep import KEPT
from ijaa.users.files import service as file_service
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, Member, Start, counted, eventually
from tests.integration.users.test_profiles import ME, connect
from tests.pictures import a_picture, full_of_secrets, opened

PHOTO, COVER = "/api/v1/me/photo", "/api/v1/me/cover"
VARIANTS = ("full", "card", "thumbnail")


def form(raw: bytes, name: str = "me.jpg", kind: str = "image/jpeg", field: str = "file") -> dict[str, Any]:
    """Return a form with a file."""
    return {"files": {field: (name, raw, kind)}}


async def put(client: httpx.AsyncClient, member: Member, raw: bytes | None = None, path: str = PHOTO) -> httpx.Response:
    """Put an image on a profile."""
    return await client.put(path, headers=member.bearer, **form(a_picture() if raw is None else raw))


def objects(settings: Settings) -> set[str]:
    """Return the objects there are."""
    folder = settings.data / "files" / "users"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def plain(link: str) -> str:
    """Return the path of a link, without what opens it."""
    return link.partition("?")[0]


async def test_a_photo_is_drawn_anew_and_shown(
    client: httpx.AsyncClient, a_member: AMember, settings: Settings
) -> None:
    """Kills: the bytes of the client served; a name of the client in an answer or in the storage; a missing header."""
    asha = await a_member("asha")
    raw = full_of_secrets()["jpeg"]
    hostile = "x\"; filename*=UTF-8''../../evil.html\r\nX: y<script>"
    answer = await client.put(PHOTO, headers=asha.bearer, **form(raw, hostile, "text/html"))
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    link = answer.json()["photo"]
    assert re.fullmatch(r"/api/v1/files/[0-9a-f-]{36}\?token=[\w-]+", link)
    for variant, size in zip(VARIANTS, ((400, 300), (320, 240), (96, 96)), strict=True):
        got = await client.get(f"{link}&variant={variant}")
        assert (got.status_code, got.headers["content-type"]) == (200, "image/webp")
        assert opened(got.content).size == size
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["content-disposition"] == 'inline; filename="photo.webp"'
        assert "sandbox" in got.headers["content-security-policy"]
        assert "default-src 'none'" in got.headers["content-security-policy"]
        assert re.fullmatch(r"private, max-age=\d+, immutable", got.headers["cache-control"])
    assert all(re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{32}(\.[a-z]+)?", key) for key in objects(settings))
    assert len(objects(settings)) == 3
    cover = (await put(client, asha, path=COVER)).json()["cover"]
    assert plain(cover) != plain(link)
    assert (await client.get(cover)).headers["content-disposition"] == 'inline; filename="cover.webp"'
    head = await client.head(link)
    assert (head.status_code, head.headers["content-type"]) == (200, "image/webp")


async def test_an_image_is_for_whom_its_field_is_shown(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a file open to whoever knows its id; the audience of another field; a block or a suspension not asked."""
    asha, bina, chitra, dina = [await a_member(name) for name in ("asha", "bina", "chitra", "dina")]
    await connect(app, "bina", "asha")
    photo, cover = [plain((await put(client, asha, path=path)).json()[path[11:]]) for path in (PHOTO, COVER)]

    async def see(path: str) -> list[int]:
        bearers = ({}, dina.bearer, bina.bearer, asha.bearer)
        return [(await client.get(path, headers=bearer)).status_code for bearer in bearers]

    for audience, expected in (
        ("public", [200, 200, 200, 200]),
        ("members", [404, 200, 200, 200]),
        ("connections", [404, 404, 200, 200]),
        ("nobody", [404, 404, 404, 200]),
    ):
        await client.patch(ME, json={"visibility": {"photo": audience, "cover": "nobody"}}, headers=asha.bearer)
        assert await see(photo) == expected, audience
        assert await see(cover) == [404, 404, 404, 200]
    await client.patch(ME, json={"visibility": {"photo": "members"}}, headers=asha.bearer)
    blocks = "INSERT INTO blocks (blocker_username, blocked_username, created_at) VALUES ($1, $2, now())"
    await execute(app, blocks, "asha", "chitra")
    missing = await client.get(f"/api/v1/files/{'0' * 8}-0000-4000-8000-{'0' * 12}", headers=chitra.bearer)
    blocked = await client.get(photo, headers=chitra.bearer)
    assert (blocked.status_code, blocked.json()["detail"]) == (404, missing.json()["detail"])
    link = (await client.get(ME, headers=asha.bearer)).json()["photo"]
    await execute(app, "UPDATE users SET active = false WHERE username = 'asha'")
    assert (await client.get(photo, headers=dina.bearer)).status_code == 404
    assert (await client.get(link)).status_code == 404


async def execute(app: App, statement: str, *values: object) -> None:
    """Run a statement on the module's database."""
    async with app[1].database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute(statement, *values)


async def test_a_link_is_good_for_a_while_and_for_the_audience_it_was_made_for(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: a link that outlives its end, its file, or the will of the member; links that differ within an hour."""
    clock.at = clock.at.replace(minute=0, second=0, microsecond=0)
    asha, dina = [await a_member(name) for name in ("asha", "dina")]
    link = (await put(client, asha)).json()["photo"]
    other = (await put(client, dina)).json()["photo"]
    seen = (await client.get("/api/v1/users/asha", headers=dina.bearer)).json()
    cards = await app[1].public.cards(["asha"], "dina")
    shared = (await app[1].public.shared_cards(["asha"]))["asha"]
    assert seen["photo"] == link
    assert cards["asha"].photo == shared.member.photo == f"{link}&variant=card"
    assert (shared.public.photo, shared.personal) == (None, False)
    assert (await client.get(link)).status_code == 200
    assert (await client.get(f"{plain(other)}?{link.partition('?')[2]}")).status_code == 404
    assert (await client.get(f"{plain(link)}?token=made-up")).status_code == 404
    assert (await client.get(f"{plain(link)}?token=made-up", headers=dina.bearer)).status_code == 200

    await client.patch(ME, json={"visibility": {"photo": "connections"}}, headers=asha.bearer)
    narrower = (await client.get(ME, headers=asha.bearer)).json()["photo"]
    assert [(await client.get(one)).status_code for one in (link, narrower)] == [404, 200]
    await client.patch(ME, json={"visibility": {"photo": "public"}}, headers=asha.bearer)
    assert [(await client.get(one)).status_code for one in (link, narrower)] == [200, 200]
    public = await client.get(f"{plain(link)}", headers={})
    assert public.headers["cache-control"] == "public, max-age=3600, immutable"

    assert (await client.get(link)).headers["cache-control"] == "public, max-age=10800, immutable"
    await client.patch(ME, json={"visibility": {"photo": "members"}}, headers=asha.bearer)
    clock.at += timedelta(hours=3)
    assert (await client.get(link)).status_code == 404


async def test_a_replaced_photo_disappears(
    client: httpx.AsyncClient, a_member: AMember, settings: Settings, app: App
) -> None:
    """Kills: old objects left for ever; new ones deleted with them; a removal that leaves the file."""
    asha = await a_member("asha")
    first = (await put(client, asha)).json()["photo"]
    before = objects(settings)
    second = (await put(client, asha, a_picture("PNG"))).json()["photo"]
    await eventually(lambda: before.isdisjoint(objects(settings)))
    assert [(await client.get(one)).status_code for one in (first, second)] == [404, 200]
    for _ in range(2):
        assert (await client.delete(PHOTO, headers=asha.bearer)).status_code == 204
    await eventually(lambda: objects(settings) == set())
    profile = await client.get(ME, headers=asha.bearer)
    assert (profile.json()["photo"], profile.headers["etag"]) == (None, '"4"')
    assert await app[1].database.fetch_value("SELECT count(*) FROM files") == 0


async def test_two_uploads_at_once_leave_one_photo(
    client: httpx.AsyncClient, a_member: AMember, settings: Settings, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the row replaced without a lock of its owner: two rows, or a 500, or objects nobody takes away."""
    asha = await a_member("asha")
    keep, together = file_service.FileService.keep, asyncio.Barrier(6)

    async def kept(self: file_service.FileService, raw: bytes) -> file_service.Kept:
        one = await keep(self, raw)
        await together.wait()  # now all of them want their row
        return one

    monkeypatch.setattr(file_service.FileService, "keep", kept)
    answers = await asyncio.gather(*(put(client, asha, path=path) for path in (PHOTO, COVER) * 3))
    assert {answer.status_code for answer in answers} == {200}
    assert await app[1].database.fetch_value("SELECT count(*) FROM files") == 2
    await eventually(lambda: len(objects(settings)) == 6)
    profile = (await client.get(ME, headers=asha.bearer)).json()
    assert [(await client.get(profile[field])).status_code for field in ("photo", "cover")] == [200, 200]


async def test_a_crash_between_file_and_row_leaves_an_orphan_that_is_swept(
    app: App, client: httpx.AsyncClient, a_member: AMember, settings: Settings, clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Kills: the row before its object; an object deleted though its row may have been committed."""
    asha = await a_member("asha")
    link = (await put(client, asha)).json()["photo"]
    kept = objects(settings)

    async def crash(*_: object) -> None:
        raise Unavailable("the connection broke within the commit")

    with monkeypatch.context() as patch:
        patch.setattr(file_service.FileService, "replace", crash)
        assert (await put(client, asha)).status_code == 503
    assert len(objects(settings)) == 6
    clock.at += KEPT * 2
    await execute(app, "UPDATE jobs SET due_at = $1 WHERE name = 'sweep-files'", clock.at)
    await app[1].worker.run_due()
    await eventually(lambda: objects(settings) == kept)
    profile = await client.get("/api/v1/users/asha", headers=(await a_member("dina")).bearer)
    assert plain(profile.json()["photo"]) == plain(link)
    assert (await client.get(profile.json()["photo"])).status_code == 200


async def test_a_member_keeps_so_much_and_no_more(
    client: httpx.AsyncClient, a_member: AMember, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a quota nobody checks; the photo that is replaced counted beside its successor; a refused file kept."""
    asha, dina = [await a_member(name) for name in ("asha", "dina")]
    assert (await put(client, asha)).status_code == 200
    size = sum((settings.data / "files" / "users" / key).stat().st_size for key in objects(settings))
    monkeypatch.setattr(file_service, "QUOTA", size)
    assert (await put(client, asha)).status_code == 200
    assert (await put(client, dina)).status_code == 200
    await eventually(lambda: len(objects(settings)) == 6)
    refused = await put(client, asha, path=COVER)
    assert (refused.status_code, refused.json()["code"]) == (409, "quota-exceeded")
    assert len(objects(settings)) == 6
    assert (await client.get(ME, headers=asha.bearer)).json()["cover"] is None


async def test_an_erased_member_leaves_no_file(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, settings: Settings
) -> None:
    """Kills: rows that go with their account while their objects stay."""
    asha, dina = [await a_member(name) for name in ("asha", "dina")]
    await put(client, asha)
    await put(client, asha, path=COVER)
    await put(client, dina)
    admin = await an_admin("ada")
    gone = await client.delete("/api/v1/admin/users/asha?immediately=true", headers=admin.bearer)
    assert gone.status_code == 204
    await eventually(lambda: len(objects(settings)) == 3)


async def test_what_is_no_photo_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient, a_member: AMember, settings: Settings
) -> None:
    """Kills: the declared type or the name believed; a 500 for a file no decoder comes through."""
    asha = await a_member("asha")
    for raw in (b"<svg/>", a_picture("GIF"), a_picture("JPEG")[:500], a_picture("PNG", (5000, 4801))):
        answer = await put(client, asha, raw)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/file")
    assert objects(settings) == set()
    assert (await client.get(ME, headers=asha.bearer)).headers["etag"] == '"1"'


async def test_a_decoder_out_of_memory_refuses_the_image(
    client: httpx.AsyncClient, a_member: AMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a dead child answered 500."""
    asha = await a_member("asha")
    draw = Images.draw
    monkeypatch.setattr(Images, "draw", lambda _, raw: draw(Images(memory=1 << 20), raw))
    answer = await put(client, asha)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_uploads_and_downloads_have_flags(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: a route no flag governs, or the flag of its neighbour."""
    asha, admin = await a_member("asha"), await an_admin("ada")
    link = (await put(client, asha)).json()["photo"]

    async def answers() -> list[int]:
        asked = [await put(client, asha), await put(client, asha, path=COVER), await client.get(link)]
        return [answer.status_code for answer in asked]

    for flag, expected in (
        ("file-upload.profile-photo", [403, 200, 200]),
        ("file-upload.cover-photo", [403, 403, 200]),
        ("file-download", [403, 403, 403]),
    ):
        off = await client.patch(f"/api/v1/admin/flags/{flag}", json={"enabled": False}, headers=admin.bearer)
        assert off.status_code == 200
        assert await answers() == expected, flag


async def test_statements_of_each_route(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a second look for what one statement can tell; a signature that costs a profile another one."""
    asha, dina = [await a_member(name) for name in ("asha", "dina")]
    link = (await put(client, asha)).json()["photo"]
    await put(client, asha, path=COVER)
    for method, path, member, statements in (
        ("GET", ME, asha, 1),
        ("GET", "/api/v1/users/asha", dina, 1),
        ("GET", link, dina, 1),
        ("GET", plain(link), asha, 1),
        ("DELETE", PHOTO, asha, 5),  # its profile, its file, the job, the profile again, and a message
        ("DELETE", PHOTO, asha, 2),
    ):
        with counted(app[1].database) as ran:
            answer = await client.request(method, path, headers=member.bearer)
        assert (answer.status_code // 100, len(ran)) == (2, statements), (path, ran)
    for statements in (6, 7):  # with a job for what it replaces
        with counted(app[1].database) as ran:
            assert (await put(client, asha)).status_code == 200
        assert len(ran) == statements, ran


async def test_others_are_told_of_a_photo_and_not_of_a_cover(
    app: App, client: httpx.AsyncClient, a_member: AMember
) -> None:
    """Kills: cards elsewhere that go on showing what is gone."""
    asha = await a_member("asha")
    told = "SELECT count(*) FROM outbox WHERE type = 'ijaa.users.profile-updated.v1'"
    counts = []
    for call in (put(client, asha), put(client, asha, path=COVER), client.delete(PHOTO, headers=asha.bearer)):
        await call
        counts.append(await app[1].database.fetch_value(told))
    assert counts == [1, 1, 2]


async def test_files_may_lie_in_a_bucket(
    start: Start, bucket: str, a_member: AMember, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the folder taken whatever the setting says; a bucket that is away answered 404, or 500."""
    asha = await a_member("asha")
    async with start(users_files_url=bucket) as (client, _):
        first = (await put(client, asha)).json()["photo"]
        link = (await put(client, asha)).json()["photo"]
        assert [(await client.get(one)).status_code for one in (first, link)] == [404, 200]
        there = Storage(bucket, "users")

        async def keys() -> int:
            return len([one async for page in there.pages() for one in page])

        async with asyncio.timeout(30):
            while await keys() != 3:
                await asyncio.sleep(0.05)
    assert not (settings.data / "files").exists()

    async def away(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Storage, "_read", away)
    async with start(users_files_url=bucket) as (client, _):
        assert (await client.get(link)).status_code == 503
