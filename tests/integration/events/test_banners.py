"""Banners: the one image an event is shown by, to whom the event shows itself."""

import re
from datetime import timedelta

import httpx
from sqlalchemy import text

from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.fakes import FakeFeatureFlags
from tests.integration.events.albums import PICTURE, objects, path_of, plain
from tests.integration.events.conftest import AnEvent, Api, Invite, codes
from tests.integration.users.conftest import counted
from tests.movies import a_movie
from tests.pictures import a_huge_png, a_picture, full_of_secrets, opened


async def put(api: Api, who: str | None, event: int, raw: bytes = PICTURE, **how: object) -> httpx.Response:
    """Put a banner on an event."""
    return await api(who, "PUT", f"/events/{event}/banner", files={"file": ("x.html", raw, "text/html")}, **how)


async def test_a_banner_is_drawn_anew_and_shown_in_lists(
    api: Api, an_event: AnEvent, settings: Settings, module: Module
) -> None:
    """Kills: the bytes of the client served; a banner that costs a list a statement; an old version told as the new."""
    event = (await an_event())["id"]
    answer = await put(api, "olu", event, full_of_secrets()["jpeg"])
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    link = answer.json()["banner"]
    assert re.fullmatch(rf"/api/v1/events/{event}/banner/[0-9a-f-]{{36}}\?token=[\w-]+", link)
    for variant, size in (("full", (400, 300)), ("card", (320, 240)), ("thumbnail", (96, 96))):
        got = await api(None, "GET", f"{path_of(link)}&variant={variant}")
        assert (got.status_code, got.headers["content-type"], opened(got.content).size) == (200, "image/webp", size)
        assert got.headers["content-disposition"] == 'inline; filename="banner.webp"'
        assert "sandbox" in got.headers["content-security-policy"]
    assert all(b"canary" not in (settings.data / "files" / "events" / key).read_bytes() for key in objects(settings))
    with counted(module.database) as statements:
        (listed,) = (await api.get("olu", "/events"))["items"]
    assert (listed["banner"], len(statements)) == (link, 1)
    public = (await api.get(None, f"/events/{event}"))["banner"]
    assert plain(public) == plain(link)
    assert (await api(None, "GET", path_of(public))).status_code == 200
    assert (await an_event())["banner"] is None


async def test_a_banner_is_its_organisers(api: Api, an_event: AnEvent, settings: Settings) -> None:
    """Kills: a banner by anybody who comes; a stale version overwritten; a refusal that leaves a file."""
    event, hidden = (await an_event())["id"], (await an_event(privacy="PRIVATE"))["id"]
    await api.rsvp("asha", event)
    for method in ("PUT", "DELETE"):
        files = {"files": {"file": ("x", PICTURE)}} if method == "PUT" else {}
        for who, where, expected in (
            ("asha", event, (403, "not-organiser")), (None, event, (401, "unauthenticated")),
            ("asha", hidden, (404, "not-found")), ("asha", 999_999, (404, "not-found")),
            ("admin:root@x", event, (403, "forbidden")),
        ):  # fmt: skip
            assert codes(await api(who, method, f"/events/{where}/banner", **files)) == expected
    stale = {"headers": {"If-Match": '"7"'}}
    assert codes(await put(api, "olu", event, **stale)) == (412, "precondition-failed")
    assert codes(await api("olu", "DELETE", f"/events/{event}/banner", **stale)) == (412, "precondition-failed")
    assert objects(settings) == set()


async def test_a_banner_is_replaced_and_taken_off_with_its_file(
    api: Api, an_event: AnEvent, settings: Settings, module: Module
) -> None:
    # mutants: old objects left for ever; new ones deleted with them; another path for the same banner
    event = (await an_event())["id"]
    first = (await put(api, "olu", event)).json()["banner"]
    second = (await put(api, "olu", event, a_picture("PNG"))).json()["banner"]
    assert plain(first) != plain(second)
    await module.worker.run_due()
    assert len(objects(settings)) == 3
    assert [(await api("olu", "GET", path_of(one))).status_code for one in (first, second)] == [404, 200]
    for _ in range(2):
        assert (await api("olu", "DELETE", f"/events/{event}/banner")).status_code == 204
    await module.worker.run_due()
    assert objects(settings) == set()
    found = await api.get("olu", f"/events/{event}")
    assert (found["banner"], found["version"]) == (None, 4)


async def test_a_banner_is_for_whom_the_event_shows_itself(
    api: Api, an_event: AnEvent, invite: Invite, clock: FrozenClock, events_database: Database
) -> None:
    """Kills: a banner open to whoever knows its id; a link that outlives the sight of its first owner, or its hours."""
    clock.at = clock.at.replace(minute=0, second=0, microsecond=0)
    event, other = (await an_event(privacy="PRIVATE"))["id"], (await an_event())["id"]
    await invite(event, "ben")
    olus = (await put(api, "olu", event)).json()["banner"]
    elsewhere = (await put(api, "olu", other)).json()["banner"]
    bens = (await api.get("ben", f"/events/{event}"))["banner"]
    for who, path, status in (
        (None, bens, 200), ("chen", bens, 200), (None, plain(bens), 404), ("chen", plain(bens), 404),
        ("ben", plain(bens), 200), (None, f"{plain(bens)}?token=made-up", 404), (None, plain(elsewhere), 200),
        (None, f"{plain(elsewhere)}?{bens.partition('?')[2]}", 200),
        (None, f"{plain(bens)}?{elsewhere.partition('?')[2]}", 404),
        ("olu", f"/events/{other}/banner/{plain(bens).rpartition('/')[2]}", 404),
    ):  # fmt: skip
        assert (await api(who, "GET", path_of(path))).status_code == status, (who, path)
    async with events_database.transaction() as session:
        await session.execute(text("DELETE FROM event_invitations WHERE invited_username = 'ben'"))
    assert [(await api(None, "GET", path_of(one))).status_code for one in (bens, olus)] == [404, 200]
    clock.at += timedelta(hours=3)
    assert (await api(None, "GET", path_of(olus))).status_code == 404


async def test_what_is_no_image_is_refused(api: Api, an_event: AnEvent, settings: Settings) -> None:
    # mutant: a video as a banner, because media take one
    event = (await an_event())["id"]
    for raw in (a_movie(), b"<svg/>", a_huge_png(30_000, 30_000), a_picture("JPEG")[:500]):
        assert codes(await put(api, "olu", event, raw)) == (422, "invalid")
    assert codes(await put(api, "olu", event, b"\xff\xd8\xff" + b"x" * (5 << 20))) == (413, "too-large")
    assert objects(settings) == set()
    assert (await api.get("olu", f"/events/{event}"))["version"] == 1


async def test_banners_have_flags(api: Api, an_event: AnEvent, flags: FakeFeatureFlags) -> None:
    # mutant: one of the two flags of a route not looked at
    event = (await an_event())["id"]
    for off, expected in (
        ("file-upload", [200, 403, 204]), ("file-download", [403, 200, 204]), ("file-delete", [200, 200, 403]),
        ("events.banner", [403, 403, 403]),
    ):  # fmt: skip
        flags.off = set()
        link = path_of((await put(api, "olu", event)).json()["banner"])
        flags.off = {off}
        asked = [
            await api(None, "GET", link),
            await put(api, "olu", event),
            await api("olu", "DELETE", f"/events/{event}/banner"),
        ]
        assert [one.status_code for one in asked] == expected, off
