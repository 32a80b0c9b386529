"""Creating, reading, editing and ending events."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, Invite, at, codes

Body = Callable[..., dict[str, Any]]


async def test_creating_answers_where_the_event_is_and_its_version(api: Api, body: Body) -> None:
    answer = await api("olu", "POST", "/events", body(capacity=5, tags=["reunion"], location="Old Campus"))
    event = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/events/{event['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert event == await api.get("olu", f"/events/{event['id']}")
    assert event["organizer"] == {"username": "olu", "name": "Olu", "photo": None}
    expected = {
        "title": "Reunion", "privacy": "PUBLIC", "status": "PUBLISHED", "capacity": 5, "seats_taken": 0,
        "waitlisted": 0, "over_capacity": False, "waitlist_mode": "auto", "max_guests": 0, "tags": ["reunion"],
        "created_by_username": "olu", "my_rsvp": None, "requires_approval": False, "timezone": "Asia/Dhaka",
    }  # fmt: skip
    assert {name: event[name] for name in expected} == expected


async def test_every_violation_is_named_at_once(api: Api, body: Body, clock: FrozenClock) -> None:
    # mutant: raise at the first violation; drop `yield from range_violations`
    start = clock.now() - timedelta(minutes=6)
    wrong = body(start_date=start, end_date=start, timezone="Mars/Olympus", rsvp_deadline=clock.now())
    answer = await api("olu", "POST", "/events", wrong)
    assert codes(answer) == (422, "invalid")
    assert {one["pointer"] for one in answer.json()["errors"]} == {
        "/start_date", "/end_date", "/timezone", "/rsvp_deadline",
    }  # fmt: skip


async def test_a_start_up_to_five_minutes_ago_is_taken(an_event: AnEvent, clock: FrozenClock) -> None:
    # mutant: no slack
    assert await an_event(start_date=clock.now() - timedelta(minutes=4, seconds=59))


NONSENSE: list[dict[str, Any]] = [
    {"title": ""},
    {"title": "  "},
    {"title": "x" * 201},
    {"title": None},
    {"start_date": "2030-01-01T10:00:00"},
    {"end_date": "9999-12-31T23:59:59-14:00"},
    {"start_date": "0001-01-01T00:00:00+14:00"},
    {"timezone": "../etc/passwd"},
    {"timezone": ""},
    {"capacity": 0},
    {"capacity": 2**31},
    {"capacity": "5"},
    {"max_guests": 6},
    {"privacy": "SECRET"},
    {"tags": ["x"] * 21},
    {"tags": [""]},
    {"meeting_link": "javascript:alert(1)"},
    {"organizer_email": "nobody"},
    {"status": "CANCELLED"},
    {"seats_taken": 3},
    {"created_by_username": "asha"},
]


async def test_what_makes_no_sense_is_refused(api: Api, body: Body) -> None:
    # mutant: drop a Meta, or compare moments after astimezone(), which overflows
    for given in NONSENSE:
        answer = await api("olu", "POST", "/events", body(**given))
        assert codes(answer) == (422, "invalid"), given
        assert next(iter(given)) in answer.json()["errors"][0]["pointer"]


async def test_only_active_members_create(api: Api, body: Body, directory: FakeUserDirectory) -> None:
    # mutant: skip the question to the directory, or take "no answer" for "active"
    directory.add("sus", "Sus", "suspended")
    assert codes(await api("sus", "POST", "/events", body())) == (403, "not-active")
    assert codes(await api("nobody", "POST", "/events", body())) == (403, "not-active")
    assert codes(await api(None, "POST", "/events", body())) == (401, "unauthenticated")
    assert codes(await api("admin:root@x", "POST", "/events", body())) == (403, "forbidden")
    directory.down = True
    answer = await api("olu", "POST", "/events", body())
    assert codes(answer) == (503, "unavailable")
    assert answer.headers["Retry-After"]
    directory.down = False
    assert (await api.get("olu", "/events", include_total=True))["total"] == 0


async def test_a_patch_changes_what_it_names_and_clears_what_it_nulls(api: Api, an_event: AnEvent) -> None:
    # mutant: take None for UNSET
    event = await an_event(description="Old", location="Hall", capacity=3)
    path = f"/events/{event['id']}"
    answer = await api("olu", "PATCH", path, {"title": "New", "location": None})
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    after = answer.json()
    changed = {name for name in event if event[name] != after[name]}
    assert changed == {"title", "location", "version"}
    assert (await api("olu", "PATCH", path, {"title": "New"})).headers["ETag"] == '"2"'  # nothing new, same version
    assert codes(await api("olu", "PATCH", path, {"title": None})) == (422, "invalid")
    merge = {"Content-Type": "application/merge-patch+json"}
    assert (await api("olu", "PATCH", path, {"capacity": None}, headers=merge)).json()["capacity"] is None


async def test_a_stale_if_match_changes_nothing(api: Api, an_event: AnEvent) -> None:
    # mutant: compare versions outside of the lock, or not at all
    path = f"/events/{(await an_event())['id']}"
    first = await api("olu", "PATCH", path, {"title": "First"}, headers={"If-Match": '"1"'})
    assert first.status_code == 200
    stale = await api("olu", "PATCH", path, {"title": "Second"}, headers={"If-Match": '"1"'})
    assert codes(stale) == (412, "precondition-failed")
    assert (await api.get("olu", path))["title"] == "First"
    assert codes(await api("olu", "DELETE", path, headers={"If-Match": '"1"'})) == (412, "precondition-failed")
    assert codes(await api("olu", "PATCH", path, {"title": "x"}, headers={"If-Match": "1"})) == (400, "malformed")
    assert (await api("olu", "PATCH", path, {"title": "Third"}, headers={"If-Match": '"1", "2"'})).status_code == 200


async def test_answers_do_not_make_an_editor_stale(api: Api, an_event: AnEvent) -> None:
    # mutant: count seats through the ORM, which raises the version
    event = (await an_event(capacity=1))["id"]
    await api.rsvp("asha", event)
    await api.rsvp("ben", event)
    answer = await api("olu", "PATCH", f"/events/{event}", {"title": "x"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200


async def test_only_the_organiser_edits_and_others_learn_no_more_than_they_see(
    api: Api, an_event: AnEvent, invite: Invite
) -> None:
    # mutant: answer 403 before looking at visibility
    seen, hidden = (await an_event())["id"], (await an_event(privacy="PRIVATE"))["id"]
    await invite(hidden, "ben")
    for method, suffix, body in (
        ("PATCH", "", {"title": "x"}), ("DELETE", "", None), ("POST", "/cancel", None), ("POST", "/publish", None),
    ):  # fmt: skip
        assert codes(await api("asha", method, f"/events/{seen}{suffix}", body)) == (403, "not-organiser")
        assert codes(await api("asha", method, f"/events/{hidden}{suffix}", body)) == (404, "not-found")
        assert codes(await api("ben", method, f"/events/{hidden}{suffix}", body)) == (403, "not-organiser")
        assert codes(await api(None, method, f"/events/{seen}{suffix}", body)) == (401, "unauthenticated")


async def test_the_time_of_a_past_event_stays_its_text_does_not(
    api: Api, an_event: AnEvent, clock: FrozenClock
) -> None:
    # mutant: judge by start_date, or refuse every change
    path = f"/events/{(await an_event())['id']}"
    clock.at += timedelta(days=3)
    later = clock.now() + timedelta(days=1)
    answer = await api("olu", "PATCH", path, {"start_date": later, "end_date": later + timedelta(hours=1)})
    assert {one["pointer"] for one in answer.json()["errors"]} == {"/start_date", "/end_date"}
    assert (await api("olu", "PATCH", path, {"description": "It was good."})).status_code == 200


async def test_an_event_under_way_keeps_its_start(api: Api, an_event: AnEvent, clock: FrozenClock) -> None:
    event = await an_event()
    clock.at += timedelta(days=1, hours=1)
    path = f"/events/{event['id']}"
    longer = at(event["end_date"]) + timedelta(hours=1)
    assert (await api("olu", "PATCH", path, {"end_date": longer})).status_code == 200
    moved = await api("olu", "PATCH", path, {"start_date": at(event["start_date"]) - timedelta(hours=1)})
    assert [one["pointer"] for one in moved.json()["errors"]] == ["/start_date"]


async def test_cancelling_twice_changes_nothing(api: Api, an_event: AnEvent, events_database: Database) -> None:
    event = (await an_event())["id"]
    first = await api("olu", "POST", f"/events/{event}/cancel")
    second = await api("olu", "POST", f"/events/{event}/cancel")
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert first.json()["status"] == "CANCELLED"
    assert codes(await api("olu", "POST", f"/events/{event}/publish")) == (409, "wrong-state")
    assert codes(await api("asha", "PUT", f"/events/{event}/rsvp", {"status": "GOING"})) == (409, "rsvp-closed")
    assert await events_database.fetch_value("SELECT cancelled_at IS NOT NULL FROM events WHERE id = $1", event)


async def test_a_draft_is_published_once(api: Api, an_event: AnEvent) -> None:
    event = (await an_event(status="DRAFT"))["id"]
    assert codes(await api("asha", "GET", f"/events/{event}")) == (404, "not-found")
    for _ in range(2):
        assert (await api("olu", "POST", f"/events/{event}/publish")).json()["status"] == "PUBLISHED"
    assert (await api.get("asha", f"/events/{event}"))["version"] == 2


async def test_a_draft_whose_time_has_come_is_not_published(api: Api, an_event: AnEvent, clock: FrozenClock) -> None:
    # mutant: look at the times of an event only where they are given
    event = (await an_event(status="DRAFT"))["id"]
    clock.at += timedelta(days=30)
    assert codes(await api("olu", "POST", f"/events/{event}/publish")) == (409, "wrong-state")
    assert (await api.get("olu", f"/events/{event}"))["status"] == "DRAFT"


@pytest.mark.parametrize("status", ["GOING", "MAYBE"])
async def test_an_event_with_participants_is_not_deleted(api: Api, an_event: AnEvent, status: str) -> None:
    # mutant: count GOING alone
    event = (await an_event())["id"]
    await api.rsvp("asha", event, status)
    assert codes(await api("olu", "DELETE", f"/events/{event}")) == (409, "event-has-participants")
    await api.rsvp("asha", event, "NOT_GOING")
    assert (await api("olu", "DELETE", f"/events/{event}")).status_code == 204
    assert codes(await api("olu", "GET", f"/events/{event}")) == (404, "not-found")
    assert codes(await api("olu", "DELETE", f"/events/{event}")) == (404, "not-found")


async def test_no_made_up_id_is_our_fault(api: Api) -> None:
    for event in ["0", "-1", "abc", str(2**63), "1.5", "99999999999999999999999"]:
        assert (await api(None, "GET", f"/events/{event}")).status_code in {404, 422}
        assert (await api("olu", "PUT", f"/events/{event}/rsvp", {"status": "GOING"})).status_code in {404, 422}


async def test_an_organiser_nobody_can_look_up_is_degraded(
    api: Api, an_event: AnEvent, directory: FakeUserDirectory
) -> None:
    # mutant: let Unavailable of the directory through, or call a stranger degraded
    event = (await an_event())["id"]
    directory.down = True
    degraded = {"username": "olu", "name": None, "photo": None, "degraded": True}
    assert (await api.get("asha", f"/events/{event}"))["organizer"] == degraded
    assert (await api.get(None, "/events"))["items"][0]["organizer"] == degraded
    directory.down = False
    directory.add("olu", "Olu", "suspended")
    assert (await api.get("asha", f"/events/{event}"))["organizer"] == {"username": "olu", "name": None, "photo": None}
