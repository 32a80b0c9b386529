"""Files of media: what is taken, what lies there, and who gets it by which link."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.events.files.service import FileRows
from ijaa.events.media import service as media_service
from ijaa.events.media.domain import LARGEST
from ijaa.events.media.repository import MediaRepository
from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.http import admission, forms, ranges
from ijaa.shared.http.modules import Module
from ijaa.shared.storage import Storage
from ijaa.shared.storage_sweep import KEPT
from tests.integration.events.albums import PICTURE, a_medium, an_album, objects, path_of, plain, upload
from tests.integration.events.conftest import AnEvent, Api, Invite, codes
from tests.movies import CANARY, a_movie, a_pdf, a_webm
from tests.pictures import a_huge_jpeg, a_huge_png, a_picture, full_of_secrets, opened

VIDEOS = {"video/mp4": a_movie(), "video/quicktime": a_movie(b"qt  "), "video/webm": a_webm()}
REFUSED: dict[str, Callable[[], bytes]] = {
    "a page": lambda: b"<!doctype html><script>alert(1)</script>" + b" " * 100,
    "a gif": lambda: a_picture("GIF"),
    "a huge png": lambda: a_huge_png(30_000, 30_000),
    "a huge jpeg": lambda: a_huge_jpeg(60_000, 60_000),
    "an image that is cut off": lambda: a_picture("JPEG")[:500],
    "an image with a page in it alone": lambda: b"\xff\xd8\xff<script>alert(1)</script>" + b" " * 100,
    "a video that is cut off": lambda: a_movie()[:-200],
    "a video of wrong magic": lambda: b"\0\0\0\x20FTYP" + a_movie()[8:],
    "a webm that is cut off": lambda: a_webm()[:-1],
    "a matroska": lambda: a_webm(b"matroska"),
    "a video with a page behind it": lambda: a_movie() + b"<html>",
    "a document that is cut off": lambda: a_pdf(5000)[:3000],
    "a few bytes": lambda: b"ab",
}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
async def test_what_is_none_of_ours_is_refused_and_leaves_nothing(
    made: Callable[[], bytes], api: Api, an_event: AnEvent, settings: Settings, events_database: Database
) -> None:
    """Kills: the declared type or the name believed; a 500 for a file nothing comes through."""
    event = await an_album(api, an_event)
    answer = await upload(api, "asha", event, made(), name="holiday.mp4")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/file"), answer.text
    assert objects(settings) == set()
    assert await events_database.fetch_value("SELECT count(*) FROM event_media") == 0


async def test_nothing_but_pixels_is_kept_of_an_image(api: Api, an_event: AnEvent, settings: Settings) -> None:
    """Kills: the bytes of the client kept; a name of the client in the storage or in an answer."""
    event = await an_album(api, an_event)
    hostile = "x\"; filename*=UTF-8''../../evil.html\r\nX: y<script>"
    for raw in full_of_secrets().values():
        medium = await upload(api, "asha", event, raw, name=hostile)
        made = medium.json()
        for link, edges in (("file_url", (400, 300)), ("card_url", (320, 240)), ("thumbnail_url", (96, 96))):
            got = await api(None, "GET", path_of(made[link]))
            assert (got.status_code, got.headers["content-type"]) == (200, "image/webp")
            assert opened(got.content).size == edges
            assert got.headers["content-disposition"] == f'inline; filename="medium-{made["id"]}.webp"'
            assert got.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in got.headers["content-security-policy"]
            assert re.fullmatch(r"private, max-age=\d+, immutable", got.headers["cache-control"])
    folder = settings.data / "files" / "events"
    assert all(b"canary" not in (folder / key).read_bytes() for key in objects(settings))
    assert all(re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{32}(\.[a-z]+)?", key) for key in objects(settings))


@pytest.mark.parametrize("file_type", VIDEOS)
async def test_a_video_is_kept_as_it_is_and_played_by_ranges(api: Api, an_event: AnEvent, file_type: str) -> None:
    """Kills: a place in the container; a range answered as the whole, with a wrong length, or with no end."""
    event = await an_album(api, an_event)
    raw = VIDEOS[file_type]
    made = await a_medium(api, "asha", event, raw)
    assert (made["media_type"], made["file_type"], made["file_size"]) == ("VIDEO", file_type, len(raw))
    assert (made["width"], made["card_url"], made["thumbnail_url"]) == (None, None, None)
    link = path_of(made["file_url"])
    whole = await api(None, "GET", link)
    assert (whole.status_code, len(whole.content), whole.headers["content-type"]) == (200, len(raw), file_type)
    assert whole.headers["accept-ranges"] == "bytes"
    assert b"frames" * 100 in whole.content
    assert CANARY not in whole.content
    assert whole.headers["content-disposition"].startswith("inline; filename=")
    assert "sandbox" in whole.headers["content-security-policy"]
    assert whole.headers["x-content-type-options"] == "nosniff"
    for asked, first, end in (
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, len(raw)),
        ("bytes=-7", len(raw) - 7, len(raw)),
    ):
        part = await api(None, "GET", link, headers={"Range": asked})
        assert (part.status_code, part.content) == (206, whole.content[first:end]), asked
        assert part.headers["content-range"] == f"bytes {first}-{end - 1}/{len(raw)}"
        assert part.headers["content-length"] == str(end - first)
    beyond = await api(None, "GET", link, headers={"Range": f"bytes={len(raw)}-"})
    assert codes(beyond) == (416, "range-not-satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{len(raw)}"
    head = await api(None, "HEAD", link)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(raw)), b"")


async def test_a_document_is_saved_and_never_shown(api: Api, an_event: AnEvent) -> None:
    # mutant: a PDF a browser opens
    event = await an_album(api, an_event)
    made = await a_medium(api, "asha", event, a_pdf())
    got = await api(None, "GET", path_of(made["file_url"]))
    assert (got.content, got.headers["content-type"]) == (a_pdf(), "application/pdf")
    assert got.headers["content-disposition"] == f'attachment; filename="medium-{made["id"]}.pdf"'


async def test_a_file_has_the_limit_of_its_kind_and_is_not_read_beyond_it(
    api: Api, an_event: AnEvent, settings: Settings
) -> None:
    """Kills: one limit for all kinds; a limit that is looked at once everything has come."""
    event = await an_album(api, an_event)
    for head, limit in ((a_picture(), "IMAGE"), (a_pdf(), "DOCUMENT"), (a_movie()[:64], "VIDEO")):
        largest, sent = LARGEST[limit], 0  # type: ignore[index]

        async def endless(head: bytes = head) -> AsyncIterator[bytes]:
            nonlocal sent
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + head
            for _ in range(400):
                sent += 1 << 18
                yield b"x" * (1 << 18)

        form = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = await api("asha", "POST", f"/events/{event}/media", headers=form, content=endless())
        assert codes(answer) == (413, "too-large"), limit
        assert sent <= largest + (3 << 18), limit
    assert objects(settings) == set()
    long = a_movie(frames=b"x" * (6 << 20))
    assert (await a_medium(api, "asha", event, long))["file_size"] == len(long)


async def test_a_broken_form_is_refused(api: Api, an_event: AnEvent, settings: Settings) -> None:
    """Kills: a form read by guesswork; a field nobody declared; bytes no text holds."""
    event = await an_album(api, an_event)
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + PICTURE + b"\r\n"
    caption = b'--b\r\nContent-Disposition: form-data; name="caption"\r\n\r\n%b\r\n'
    kind = "multipart/form-data; boundary=b"
    for given, body, status in (
        (kind, file, 400), (kind, b"--b--\r\n", 422), (kind, b"", 400), (kind, file + file + b"--b--\r\n", 422),
        (kind, file + caption.replace(b"caption", b"is_approved") % b"1" + b"--b--\r\n", 422),
        (kind, file + caption % b"\xff\xfe" + b"--b--\r\n", 400),
        (kind, file + caption % b"a" + caption % b"b" + b"--b--\r\n", 422),
        (kind, file + caption % (b"x" * 900) + b"--b--\r\n", 422),
        (kind.replace("=b", "=c"), file + b"--b--\r\n", 400), ("application/json", b"{}", 415),
    ):  # fmt: skip
        answer = await api("asha", "POST", f"/events/{event}/media", headers={"Content-Type": given}, content=body)
        assert answer.status_code == status, (body[-60:], answer.text)
    assert objects(settings) == set()


async def test_who_may_not_add_is_refused_before_his_file_is_read(api: Api, an_event: AnEvent) -> None:
    # mutant: 50 MB of a stranger on the disk before anybody asks who he is
    event = (await an_event())["id"]
    sent = 0

    async def much() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"x" * (1 << 16)

    form = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await api("asha", "POST", f"/events/{event}/media", headers=form, content=much())
    assert codes(answer) == (403, "not-going")
    assert sent <= 2


async def test_a_link_is_its_viewers_and_ends(
    api: Api, an_event: AnEvent, invite: Invite, clock: FrozenClock, events_database: Database
) -> None:
    """Kills: a link that outlives the sight of whom it was made for, or its hours; one that opens another file."""
    clock.at = clock.at.replace(minute=0, second=0, microsecond=0)
    event = (await an_event(privacy="PRIVATE"))["id"]
    await invite(event, "asha", "ben")
    await api.rsvp("asha", event)
    made, other = [await a_medium(api, "asha", event, raw) for raw in (PICTURE, a_movie())]
    bens, ashas = [(await api.get(who, f"/media/{made['id']}"))["file_url"] for who in ("ben", "asha")]
    token = bens.partition("?")[2]
    assert bens != ashas
    for who in (None, "chen", "ben"):  # handed on it shows what ben still sees
        assert (await api(who, "GET", path_of(bens))).status_code == 200
    assert (await api(None, "GET", f"{plain(other['file_url'])}?{token}")).status_code == 404
    assert (await api(None, "GET", plain(bens))).status_code == 404
    assert (await api("chen", "GET", plain(bens))).status_code == 404
    assert (await api("ben", "GET", plain(bens))).status_code == 200
    assert (await api(None, "GET", f"{plain(bens)}?token=made-up")).status_code == 404
    assert (await api("admin:root@x", "GET", plain(bens))).status_code == 200
    async with events_database.transaction() as session:
        await session.execute(text("DELETE FROM event_invitations WHERE invited_username = 'ben'"))
    for who in (None, "ben", "chen"):
        assert codes(await api(who, "GET", path_of(bens))) == (404, "not-found")
    assert (await api(None, "GET", path_of(ashas))).status_code == 200
    clock.at += timedelta(hours=3)
    assert (await api(None, "GET", path_of(ashas))).status_code == 404


async def test_a_crash_between_file_and_row_leaves_an_orphan_that_is_swept(
    api: Api, an_event: AnEvent, settings: Settings, clock: FrozenClock, module: Module, events_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Kills: the row before its object; an object deleted though its row may have been committed; a sweep of rows."""
    event = await an_album(api, an_event)
    made = await a_medium(api, "asha", event, a_movie())
    await api("olu", "PUT", f"/events/{event}/banner", files={"file": ("x.jpg", PICTURE, "image/jpeg")})
    kept = objects(settings)

    async def crash(*_: object) -> None:
        raise Unavailable("the connection broke within the commit")

    with monkeypatch.context() as patch:
        patch.setattr(MediaRepository, "add", crash)
        for raw in (PICTURE, a_movie(), a_pdf()):
            assert (await upload(api, "asha", event, raw)).status_code == 503
    assert len(objects(settings)) == len(kept) + 5
    await module.worker.schedule()
    clock.at += KEPT * 2
    async with events_database.transaction() as session:
        due = text("UPDATE jobs SET due_at = :now WHERE name = 'sweep-files'")
        await session.execute(due, {"now": clock.at})
    await module.worker.run_due()
    assert objects(settings) == kept
    assert (await api("asha", "GET", f"/media/{made['id']}/file")).status_code == 200


async def test_a_refused_row_takes_its_file_back(
    api: Api, an_event: AnEvent, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the state of the event looked at once, before the file comes."""
    event = await an_album(api, an_event)
    keep = media_service.MediaService._keep

    async def kept(self: Any, *given: Any) -> Any:
        found = await keep(self, *given)
        await api("olu", "POST", f"/events/{event}/cancel")
        return found

    monkeypatch.setattr(media_service.MediaService, "_keep", kept)
    assert codes(await upload(api, "asha", event)) == (409, "wrong-state")
    assert objects(settings) == set()


async def test_ten_uploads_at_once_stop_at_the_limit_of_the_event(
    api: Api, an_event: AnEvent, settings: Settings, monkeypatch: pytest.MonkeyPatch, events_database: Database
) -> None:
    """Kills: media counted without a lock of the event: ten who all find the last place free."""
    members = ("asha", "ben", "chen", "dina", "olu")  # several: the lock of one member would be enough for him alone
    event = await an_album(api, an_event, *members)
    monkeypatch.setattr(media_service, "OF_EVENT", 2)
    await _together(monkeypatch, 10)
    sent = [upload(api, members[number % 5], event, a_movie()) for number in range(10)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 8
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"event-media-full"}
    assert await events_database.fetch_value("SELECT count(*) FROM event_media") == 2
    assert len(objects(settings)) == 2


async def test_ten_uploads_to_several_events_stop_at_the_quota_of_their_member(
    api: Api, an_event: AnEvent, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: bytes counted under the lock of the event alone; those of others counted in; a refused file kept."""
    events = [await an_album(api, an_event) for _ in range(5)]
    await a_medium(api, "ben", events[0], a_movie())
    monkeypatch.setattr(media_service, "OF_MEMBER", 4 * len(a_movie()) + 10)
    await _together(monkeypatch, 10)
    sent = [upload(api, "asha", events[number % 5], a_movie()) for number in range(10)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 6
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"media-quota-exceeded"}
    assert len(objects(settings)) == 5


async def _together(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let that many uploads have their file written before the first of them gets a row."""
    keep, together = media_service.MediaService._keep, asyncio.Barrier(number)
    monkeypatch.setattr("ijaa.shared.http.uploads.OF_ONE", number)

    async def kept(self: Any, *given: Any) -> Any:
        found = await keep(self, *given)
        await together.wait()
        return found

    monkeypatch.setattr(media_service.MediaService, "_keep", kept)


async def test_a_file_that_never_comes_is_not_waited_for(
    api: Api, an_event: AnEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutant: a connection that sends a byte now and then and keeps its place
    event = await an_album(api, an_event)
    monkeypatch.setattr(forms, "PATIENCE", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while True:
            await asyncio.sleep(0.001)
            yield b"x"

    form = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await api("asha", "POST", f"/events/{event}/media", headers=form, content=dripping())
    assert codes(answer) == (400, "malformed")


async def test_a_full_disk_refuses_a_file_and_keeps_nothing(
    api: Api, an_event: AnEvent, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutant: a 500 where there is no room to put the file together
    event = await an_album(api, an_event)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(forms._Reader, "_write", full)
    assert codes(await upload(api, "asha", event)) == (503, "unavailable")
    assert objects(settings) == set()


async def test_nobody_takes_all_the_places_of_those_who_watch(
    api: Api, an_event: AnEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a portion in memory for whoever opens enough connections; a place that is never given back."""
    event = await an_album(api, an_event)
    link = path_of((await a_medium(api, "asha", event, a_movie()))["file_url"])
    monkeypatch.setattr(ranges, "OF_ONE", 0)
    assert codes(await api(None, "GET", link)) == (429, "rate-limited")
    monkeypatch.setattr(ranges, "OF_ONE", 1)
    for _ in range(3):
        assert (await api(None, "GET", link)).status_code == 200
    monkeypatch.setattr(ranges, "AT_ONCE", 0)
    assert codes(await api(None, "GET", link)) == (503, "unavailable")


async def test_who_watches_a_video_takes_no_place_of_those_who_read(
    api: Api, an_event: AnEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutant: a download that counts as under way until its last byte has left
    event = await an_album(api, an_event)
    link = path_of((await a_medium(api, "asha", event, a_movie()))["file_url"])
    begun, release = asyncio.Event(), asyncio.Event()

    async def slow(*_: object) -> AsyncIterator[bytes]:
        yield b"x"
        begun.set()
        await release.wait()
        yield b"y"

    monkeypatch.setattr(Storage, "_portions", slow)
    monkeypatch.setattr(admission, "READS", 1)
    watching = asyncio.create_task(api(None, "GET", link))
    await begun.wait()
    assert (await api("ben", "GET", f"/events/{event}")).status_code == 200
    release.set()
    assert (await watching).content == b"xy"


async def test_objects_are_known_by_the_rows_that_name_them() -> None:
    # mutant: whatever looks like a key of ours known, or a variant of a file not
    rows = FileRows(_Knows(), None)  # type: ignore[arg-type]
    file_id = "ab" * 16
    keys = {f"ab/{file_id}", f"ab/{file_id}.card", f"cd/{'cd' * 16}", f"incoming/{file_id}"}
    assert await rows.known(keys) == {f"ab/{file_id}", f"ab/{file_id}.card"}


class _Knows:
    async def known(self, ids: Any) -> set[Any]:
        return {one for one in ids if one.hex == "ab" * 16}
