"""Media of events: who adds them, who sees them, who takes them away."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.events.public import EventsPublic
from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.storage import Storage
from tests.fakes import FakeFeatureFlags, FakeUserDirectory
from tests.integration.events.albums import PICTURE, a_medium, an_album, objects, shown, upload
from tests.integration.events.conftest import AnEvent, Api, Invite, codes
from tests.movies import a_movie


async def test_an_image_is_shown_with_what_is_known_of_it(api: Api, an_event: AnEvent) -> None:
    """Kills: a field left out; somebody else's card; an answer that does not say where it is."""
    event = await an_album(api, an_event)
    answer = await upload(api, "asha", event, caption="  The old gate  ")
    made = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/media/{made['id']}"
    assert answer.headers["ETag"] == '"1"'
    expected = {
        "event_id": event, "media_type": "IMAGE", "file_type": "image/webp", "width": 40, "height": 30,
        "caption": "The old gate", "is_approved": True, "likes": 0, "liked": False, "version": 1,
        "uploaded_by": {"username": "asha", "name": "Asha", "photo": None},
    }  # fmt: skip
    assert {name: made[name] for name in expected} == expected
    assert made == await api.get("asha", f"/media/{made['id']}")
    (listed,) = (await api.get("asha", f"/events/{event}/media"))["items"]
    assert listed == made


async def test_media_are_added_by_those_who_come_and_who_run_it(
    api: Api, an_event: AnEvent, invite: Invite, settings: Settings
) -> None:
    """Kills: a maybe, an invitee or a stranger who adds; a refusal that says that a hidden event is there."""
    event = (await an_event())["id"]
    private = (await an_event(privacy="PRIVATE"))["id"]
    await invite(private, "ben", "chen")
    await api.rsvp("asha", event)
    await api.rsvp("ben", event, "MAYBE")
    await api.rsvp("chen", private)
    assert codes(await upload(api, None, event)) == (401, "unauthenticated")
    assert codes(await upload(api, "admin:root@x", event)) == (403, "forbidden")
    for who in ("ben", "dina"):
        assert codes(await upload(api, who, event)) == (403, "not-going")
    assert codes(await upload(api, "ben", private)) == (403, "not-going")
    missing, hidden = await upload(api, "asha", 999_999), await upload(api, "asha", private)
    assert codes(missing) == codes(hidden) == (404, "not-found")
    assert objects(settings) == set()
    for who, where in (("asha", event), ("olu", event), ("chen", private), ("olu", private)):
        await a_medium(api, who, where)
    await api("olu", "POST", f"/events/{event}/cancel")
    assert codes(await upload(api, "asha", event)) == (409, "wrong-state")


async def test_who_was_there_adds_after_the_end(api: Api, an_event: AnEvent, clock: FrozenClock) -> None:
    # mutant: media as long as answers are taken
    event = await an_album(api, an_event)
    clock.at += timedelta(days=30)
    await a_medium(api, "asha", event)


async def test_media_are_for_those_who_see_the_event(api: Api, an_event: AnEvent, invite: Invite) -> None:
    """Kills: media read without the predicate of the event, in the list or one by one."""
    event = (await an_event(privacy="PRIVATE"))["id"]
    await invite(event, "asha", "ben")
    await api.rsvp("asha", event)
    medium = (await a_medium(api, "asha", event))["id"]
    for who, status in (("asha", 200), ("ben", 200), ("olu", 200), ("chen", 404), (None, 401), ("admin:root@x", 403)):
        assert (await api(who, "GET", f"/events/{event}/media")).status_code == status, who
    for who, status in (("asha", 200), ("ben", 200), ("olu", 200), ("chen", 404), (None, 401), ("admin:root@x", 200)):
        assert (await api(who, "GET", f"/media/{medium}")).status_code == status, who
    for method, path, body in (
        ("GET", "", None), ("PATCH", "", {"caption": "x"}), ("DELETE", "", None), ("POST", "/approve", None),
        ("POST", "/reject", None), ("PUT", "/like", None), ("DELETE", "/like", None), ("GET", "/file", None),
    ):  # fmt: skip
        answers = [await api("chen", method, f"/media/{one}{path}", body) for one in (medium, 999_999)]
        assert [codes(one) for one in answers] == [(404, "not-found")] * 2, path
        assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_what_waits_for_approval_is_seen_by_its_uploader_and_organisers(
    api: Api, an_event: AnEvent, settings: Settings, module: Module
) -> None:
    """Kills: an organiser's own media that wait; one that waits shown to others; a decision by anybody else."""
    event = await an_album(api, an_event, "asha", "ben", media_approval=True)
    own, waiting, refused = [await a_medium(api, who, event) for who in ("olu", "asha", "asha")]
    assert [one["is_approved"] for one in (own, waiting, refused)] == [True, False, False]
    ids = [refused["id"], waiting["id"], own["id"]]
    assert await shown(api, "olu", event) == await shown(api, "asha", event) == ids
    assert await shown(api, "ben", event) == [own["id"]]
    assert await shown(api, "olu", event, is_approved=False) == ids[:2]
    assert codes(await api("ben", "GET", f"/media/{waiting['id']}")) == (404, "not-found")
    assert codes(await api("asha", "POST", f"/media/{waiting['id']}/approve")) == (403, "not-organiser")
    assert codes(await api("asha", "POST", f"/media/{refused['id']}/reject")) == (403, "not-organiser")
    for _ in range(2):
        answer = await api("olu", "POST", f"/media/{waiting['id']}/approve")
        assert (answer.status_code, answer.json()["is_approved"], answer.json()["version"]) == (200, True, 2)
    assert codes(await api("olu", "POST", f"/media/{waiting['id']}/reject")) == (409, "medium-approved")
    assert (await api("olu", "POST", f"/media/{refused['id']}/reject")).status_code == 204
    assert await shown(api, "ben", event) == [waiting["id"], own["id"]]
    await module.worker.run_due()
    assert len(objects(settings)) == 6


async def test_what_was_approved_is_what_is_shown(api: Api, an_event: AnEvent) -> None:
    """Kills: another caption under the old approval; an approval of a caption nobody read."""
    event = await an_album(api, an_event, "asha", "ben", media_approval=True)
    medium = (await a_medium(api, "asha", event, caption="A gate"))["id"]
    await api("olu", "POST", f"/media/{medium}/approve")
    answer = await api("asha", "PATCH", f"/media/{medium}", {"caption": "Buy my watches"})
    assert (answer.json()["caption"], answer.json()["is_approved"]) == ("Buy my watches", False)
    assert await shown(api, "ben", event) == []
    stale = await api("olu", "POST", f"/media/{medium}/approve", headers={"If-Match": '"2"'})
    assert codes(stale) == (412, "precondition-failed")
    same = await api("asha", "PATCH", f"/media/{medium}", {"caption": " Buy my watches "})
    assert same.json()["version"] == 3
    assert codes(await api("ben", "PATCH", f"/media/{medium}", {"caption": "x"})) == (404, "not-found")
    open_event = await an_album(api, an_event, "asha", "ben")
    free = (await a_medium(api, "asha", open_event))["id"]
    for who in ("ben", "olu"):
        assert codes(await api(who, "PATCH", f"/media/{free}", {"caption": "x"})) == (403, "not-uploader")
    assert (await api("asha", "PATCH", f"/media/{free}", {"caption": "x"})).json()["is_approved"] is True
    assert (await api("asha", "PATCH", f"/media/{free}", {"caption": None})).json()["caption"] is None
    long = await api("asha", "PATCH", f"/media/{free}", {"caption": "x" * 201})
    assert codes(long) == (422, "invalid")


async def test_media_are_taken_away_by_uploader_organiser_and_moderator(
    api: Api, an_event: AnEvent, settings: Settings, module: Module, events_database: Database
) -> None:
    """Kills: a delete by anybody who comes; a file that stays; a moderator whose measure leaves no trace."""
    event = await an_album(api, an_event)
    mine, organised, moderated = [(await a_medium(api, "asha", event))["id"] for _ in range(3)]
    assert codes(await api("ben", "DELETE", f"/media/{mine}")) == (403, "not-uploader")
    assert codes(await api(None, "DELETE", f"/media/{mine}")) == (401, "unauthenticated")
    for who, one in (("asha", mine), ("olu", organised), ("admin:root@x", moderated)):
        assert (await api(who, "DELETE", f"/media/{one}")).status_code == 204
        assert codes(await api(who, "DELETE", f"/media/{one}")) == (404, "not-found")
    audited = await events_database.fetch(
        _entry, "SELECT action, actor, subject FROM audit_log WHERE action LIKE 'medium%'"
    )
    assert audited == [("medium-deleted", "USER_root@x", f"medium/{moderated}")]
    assert len(objects(settings)) == 9
    await module.worker.run_due()
    assert objects(settings) == set()


def _entry(*row: object) -> tuple[object, ...]:
    return row


async def test_a_block_hides_media_but_not_from_the_organiser(
    api: Api, an_event: AnEvent, directory: FakeUserDirectory, events_database: Database
) -> None:
    """Kills: one of the two directions; a link that still opens; an organiser who cannot see what he answers for."""
    event = await an_album(api, an_event)
    medium = await a_medium(api, "asha", event)
    link = (await api.get("ben", f"/media/{medium['id']}"))["file_url"].removeprefix("/api/v1")
    assert (await api(None, "GET", link)).status_code == 200
    directory.block("asha", "ben")
    directory.block("asha", "olu")
    await _told(events_database, "asha", "ben", "olu")
    bens = (await a_medium(api, "ben", event))["id"]
    assert await shown(api, "ben", event) == [bens]
    assert await shown(api, "asha", event) == [medium["id"]]
    assert await shown(api, "chen", event) == [bens, medium["id"]]
    assert codes(await api("ben", "GET", f"/media/{medium['id']}")) == (404, "not-found")
    assert (await api(None, "GET", link)).status_code == 404
    assert await shown(api, "olu", event) == [bens, medium["id"]]
    (_, of_asha) = (await api.get("olu", f"/events/{event}/media"))["items"]
    assert of_asha["uploaded_by"]["name"] == "Asha"


async def _told(database: Database, *usernames: str) -> None:
    """Have the module know that blocks of these changed, as a message does."""
    async with database.transaction() as session:
        for name in usernames:
            await session.execute(
                text("SELECT pg_notify('ijaa_members', json_build_array(CAST(:name AS text), now())::text)"),
                {"name": name},
            )


async def test_media_of_who_is_suspended_are_hidden_while_he_is(
    api: Api, an_event: AnEvent, events_database: Database
) -> None:
    """Kills: what a suspended member showed goes on being shown; what stays hidden when he is back."""
    event = await an_album(api, an_event)
    medium = await a_medium(api, "asha", event)
    link = (await api.get("ben", f"/media/{medium['id']}"))["file_url"].removeprefix("/api/v1")
    for standing, expected in (("suspended", []), ("active", [medium["id"]])):
        await _stands(events_database, "asha", standing)
        for who in ("ben", "olu"):
            assert await shown(api, who, event) == expected
        assert (await api(None, "GET", link)).status_code == (200 if expected else 404)
    await _stands(events_database, "ben", "suspended")
    assert (await api(None, "GET", link)).status_code == 404  # whose link it is sees nothing by it any more


async def _stands(database: Database, username: str, standing: str) -> None:
    statement = text("""
    INSERT INTO members (username, standing, changed_at) VALUES (:username, :standing, now())
    ON CONFLICT (username) DO UPDATE SET standing = EXCLUDED.standing
    """)
    async with database.transaction() as session:
        await session.execute(statement, {"username": username, "standing": standing})


async def test_a_like_counts_once(api: Api, an_event: AnEvent) -> None:
    # mutants: a counter that is counted up; a like of a stranger to the event taken
    event = await an_album(api, an_event, "asha", "ben", privacy="PUBLIC")
    medium = (await a_medium(api, "asha", event))["id"]
    for who in ("ben", "ben", "chen"):
        answer = await api(who, "PUT", f"/media/{medium}/like")
        assert (answer.status_code, answer.json()["liked"]) == (200, True)
    assert (await api.get("asha", f"/media/{medium}"))["likes"] == 2
    for _ in range(2):
        assert (await api("ben", "DELETE", f"/media/{medium}/like")).status_code == 204
    found = await api.get("ben", f"/media/{medium}")
    assert (found["likes"], found["liked"]) == (1, False)


async def test_pages_go_by_key_and_cost_one_statement(api: Api, an_event: AnEvent, module: Module) -> None:
    """Kills: a page counted from the start; a second look for the event, the likes or each card."""
    event = await an_album(api, an_event)
    ids = [(await a_medium(api, who, event))["id"] for who in ("asha", "ben", "asha", "ben", "asha")]
    video = (await a_medium(api, "ben", event, a_movie()))["id"]
    seen: list[int] = []
    cursor: dict[str, Any] = {}
    statements: list[str] = []
    module.database.observers.append(lambda _, sql, __: statements.append(sql))
    while True:
        page = await api.get("chen", f"/events/{event}/media", limit=2, **cursor)
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [video, *reversed(ids)]
    assert len(statements) == 3
    assert await shown(api, "chen", event, media_type="VIDEO") == [video]
    assert await shown(api, "chen", (await an_event())["id"]) == []
    assert codes(await api("chen", "GET", f"/events/{event}/media?cursor=x")) == (400, "malformed")


async def test_media_have_flags(api: Api, an_event: AnEvent, flags: FakeFeatureFlags) -> None:
    """Kills: a route no flag governs, or one that looks at one of its two."""
    event = await an_album(api, an_event)
    medium = (await a_medium(api, "asha", event))["id"]

    async def answers() -> list[int]:
        asked = [
            await upload(api, "asha", event), await api("asha", "GET", f"/media/{medium}/file"),
            await api("asha", "GET", f"/events/{event}/media"), await api("ben", "DELETE", f"/media/{medium}"),
        ]  # fmt: skip
        return [one.status_code for one in asked]

    for off, expected in (
        ("file-upload", [403, 200, 200, 403]), ("file-download", [201, 403, 200, 403]),
        ("events.media", [403, 403, 403, 403]),
    ):  # fmt: skip
        flags.off = {off}
        assert await answers() == expected, off
    flags.off = {"file-delete"}
    assert codes(await api("asha", "DELETE", f"/media/{medium}")) == (403, "feature-disabled")


async def test_an_upload_sent_again_is_one_medium(
    api: Api, an_event: AnEvent, settings: Settings, events_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a retry with another boundary taken for another request; its file kept; the whole form in memory."""
    event = await an_album(api, an_event)

    async def in_memory(_: object) -> bytes:
        raise AssertionError("the form is read as a whole")

    monkeypatch.setattr(StrictRequest, "body", in_memory)
    key = {"Idempotency-Key": "a-key"}
    first = await upload(api, "asha", event, caption="A gate", headers=key)
    again = await upload(api, "asha", event, caption="A gate", headers=key, name="another name")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    other = await upload(api, "asha", event, caption="Another gate", headers=key)
    assert codes(other) == (422, "idempotency-key-reused")
    assert codes(await upload(api, "asha", event, headers={"Idempotency-Key": "x" * 256})) == (400, "malformed")
    assert await events_database.fetch_value("SELECT count(*) FROM event_media") == 1
    assert len(objects(settings)) == 3


async def test_a_report_shows_a_medium_as_its_reporter_sees_it(
    api: Api, an_event: AnEvent, settings: Settings, events_database: Database, clock: FrozenClock
) -> None:
    """Kills: evidence of what the reporter cannot see, because another service asks; a block that keeps him from it."""
    public = EventsPublic(events_database, clock, Storage(settings.files_of("events"), "events"))
    event = await an_album(api, an_event, "asha", "ben", media_approval=True)
    shown_, waiting = [(await a_medium(api, who, event, caption="A gate"))["id"] for who in ("olu", "asha")]
    wanted: Any = [("medium", shown_), ("medium", waiting), ("medium", 999_999), ("event", event)]
    found = {(one.kind, one.id): one for one in await public.snapshots(wanted, "ben")}
    assert found.keys() == {("medium", shown_), ("event", event)}
    evidence = found["medium", shown_]
    assert (evidence.author, evidence.text, evidence.details["event"]) == ("olu", "A gate", str(event))
    assert {one.id for one in await public.snapshots(wanted[:2], "asha")} == {shown_, waiting}


async def test_deleting_an_event_takes_its_files_along(
    api: Api, an_event: AnEvent, settings: Settings, module: Module
) -> None:
    # mutant: rows that go with the event while their objects stay
    event = (await an_event())["id"]
    await a_medium(api, "olu", event)
    await a_medium(api, "olu", event, a_movie())
    await api("olu", "PUT", f"/events/{event}/banner", files={"file": ("x.jpg", PICTURE, "image/jpeg")})
    assert len(objects(settings)) == 7
    assert (await api("olu", "DELETE", f"/events/{event}")).status_code == 204
    await module.worker.run_due()
    assert objects(settings) == set()


@pytest.mark.parametrize("caption", ["x" * 201, "a\0b", "é" * 201])
async def test_a_caption_has_its_limits(api: Api, an_event: AnEvent, settings: Settings, caption: str) -> None:
    # mutant: the words of a form unbounded, or counted in bytes
    event = await an_album(api, an_event)
    assert codes(await upload(api, "asha", event, caption=caption)) == (422, "invalid")
    assert objects(settings) == set()
    assert (await a_medium(api, "asha", event, caption="é" * 200))["caption"] == "é" * 200
    assert (await a_medium(api, "asha", event, caption="   "))["caption"] is None
