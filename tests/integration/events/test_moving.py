"""What becomes of an event, and of the answers it has: moved, called off, without an organiser, over."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ijaa.events.catalogue import service
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.integration.events.conftest import AnEvent, Api, Invite, Told, at, codes
from tests.integration.events.test_erasing import exact
from tests.integration.events.test_passed_over import places, stand


async def _move(api: Api, event: int, **given: Any) -> None:
    answer = await api("olu", "PATCH", f"/events/{event}", given)
    assert answer.status_code == 200, answer.text


def _later(event: dict[str, Any], by: timedelta) -> dict[str, datetime]:
    return {name: at(event[name]) + by for name in ("start_date", "end_date")}


async def test_an_event_that_moves_tells_what_it_was_and_asks_again(
    api: Api, an_event: AnEvent, told: Told, events_database: Database
) -> None:
    """Kills: an answer that counts as given to another appointment; a seat taken away by it; who declined asked."""
    made = await an_event(capacity=1, location="Old hall")
    event = made["id"]
    for name, status in (("asha", "GOING"), ("ben", "GOING"), ("chen", "MAYBE"), ("dina", "NOT_GOING")):
        await api.rsvp(name, event, status)
    await _move(api, event, **_later(made, timedelta(hours=1)), location="New hall")
    (change,) = await told("event-changed")
    assert (at(change["start_date"]), at(change["was_start_date"])) == (
        at(made["start_date"]) + timedelta(hours=1), at(made["start_date"]),
    )  # fmt: skip
    assert (change["location"], change["was_location"], change["was_timezone"]) == (
        "New hall",
        "Old hall",
        "Asia/Dhaka",
    )
    assert (change["asked_again"], change["usernames"]) == (True, ["asha", "ben", "chen"])
    assert await places(api, event, "asha", "ben") == [("GOING", None), ("WAITLISTED", 1)]
    asked = {name: (await api.get(name, f"/events/{event}/rsvp"))["asked_again_at"] for name in ("asha", "ben", "dina")}
    assert (asked["asha"], asked["ben"], asked["dina"]) == (asked["ben"], asked["asha"], None)
    assert asked["asha"] is not None
    for_organisers = (await api.get("olu", f"/events/{event}/participants"))["items"]
    assert [one["asked_again_at"] is None for one in for_organisers] == [False, False, False, True]
    assert "asked_again_at" not in (await api.get("gus", f"/events/{event}/participants"))["items"][0]
    assert await exact(events_database)


@pytest.mark.parametrize(
    ("before", "given", "moved", "asked"),
    [
        ({}, {"title": "Great reunion", "description": "x", "tags": ["x"]}, False, False),
        ({"location": "Old Hall"}, {"location": "OLD hall"}, False, False),
        ({}, {"timezone": "Asia/Kolkata"}, True, False),
        ({}, {"location": "Old hall"}, True, True),
        ({"location": "Old hall"}, {"location": None, "is_online": True}, True, True),
        ({}, {"is_online": True}, True, True),
    ],
)
async def test_what_is_a_move_and_what_asks_again(
    api: Api,
    an_event: AnEvent,
    told: Told,
    before: dict[str, Any],
    given: dict[str, Any],
    moved: bool,  # noqa: FBT001
    asked: bool,  # noqa: FBT001
) -> None:
    """Kills: a typo that alarms everybody; an event that goes online unnoticed."""
    event = (await an_event(**before))["id"]
    await api.rsvp("asha", event)
    await _move(api, event, **given)
    assert [one["asked_again"] for one in await told("event-changed")] == ([asked] if moved else [])
    assert ((await api.get("asha", f"/events/{event}/rsvp"))["asked_again_at"] is not None) == asked


@pytest.mark.parametrize(("minutes", "asked"), [(59, False), (-59, False), (60, True), (-60, True)])
async def test_an_hour_is_another_appointment(
    api: Api,
    an_event: AnEvent,
    told: Told,
    minutes: int,
    asked: bool,  # noqa: FBT001
) -> None:
    """Kills: `>` for `>=`; an event that is earlier taken for one that is the same."""
    made = await an_event()
    await api.rsvp("asha", made["id"])
    await _move(api, made["id"], **_later(made, timedelta(minutes=minutes)))
    assert [one["asked_again"] for one in await told("event-changed")] == [asked]


async def test_the_same_answer_once_more_confirms_it_and_is_no_news(
    api: Api, an_event: AnEvent, told: Told, clock: FrozenClock
) -> None:
    """Kills: an answer that says nothing new and is not noted; a waiter who loses his place; organisers told again."""
    made = await an_event(capacity=1, rsvp_deadline=clock.now() + timedelta(hours=2), requires_approval=False)
    event = made["id"]
    for name in ("asha", "ben", "chen"):
        await api.rsvp(name, event)
    await _move(api, event, location="New hall")
    before = await told("answer-given")
    clock.at += timedelta(hours=3)  # after the deadline
    assert codes(await api("chen", "PUT", f"/events/{event}/rsvp", {"status": "MAYBE"})) == (409, "rsvp-closed")
    for name, place in (("asha", None), ("ben", 1)):
        answer = await api.rsvp(name, event)
        assert (answer["asked_again_at"], answer["position"]) == (None, place)
    assert (await api.get("chen", f"/events/{event}/rsvp"))["asked_again_at"] is not None
    assert await told("answer-given") == before
    await api.leave("chen", event)
    await api("olu", "POST", f"/events/{event}/cancel")
    assert codes(await api("asha", "PUT", f"/events/{event}/rsvp", {"status": "GOING"})) == (409, "rsvp-closed")


async def test_what_an_organiser_does_is_no_answer(api: Api, an_event: AnEvent, clock: FrozenClock) -> None:
    # mutant: whoever was moved by an organiser has said that he still comes
    event = (await an_event(capacity=1))["id"]
    for name in ("asha", "ben", "chen"):
        await api.rsvp(name, event)
    later = clock.now() + timedelta(days=9)
    await api("olu", "PATCH", f"/events/{event}", {"start_date": later, "end_date": later + timedelta(hours=1)})
    moved = {"status": "WAITLISTED", "position": 1}
    assert (await api("olu", "POST", f"/events/{event}/participants/chen/move", moved)).status_code == 200
    chen = await api.get("chen", f"/events/{event}/rsvp")
    assert (chen["position"], chen["asked_again_at"] is not None) == (1, True)


async def test_another_answer_is_an_answer_too(api: Api, an_event: AnEvent) -> None:
    """Kills: a question that stays open though it was answered."""
    event = (await an_event(max_guests=2))["id"]
    await api.rsvp("asha", event)
    await api.rsvp("ben", event)
    await _move(api, event, location="New hall")
    assert (await api.rsvp("asha", event, guests=1))["asked_again_at"] is None
    assert (await api.rsvp("ben", event, "MAYBE"))["asked_again_at"] is None


async def test_where_a_closed_event_is_those_alone_are_told_who_come(
    api: Api, an_event: AnEvent, invite: Invite, told: Told
) -> None:
    """Kills: a message that says what the event itself hides."""
    event = (await an_event(privacy="INVITE_ONLY", location="Old hall"))["id"]
    await invite(event, "asha", "ben")
    await api.rsvp("asha", event)
    await api.rsvp("ben", event, "MAYBE")
    await _move(api, event, location="New hall")
    changes = [(one["usernames"], one["location"], one["was_location"]) for one in await told("event-changed")]
    assert changes == [(["asha"], "New hall", "Old hall"), (["ben"], None, None)]


async def test_who_meant_to_come_is_told_why_it_is_called_off(api: Api, an_event: AnEvent, told: Told) -> None:
    """Kills: a message that gets lost; one that is told twice; one without an end."""
    event = (await an_event())["id"]
    await api.rsvp("asha", event)
    path = f"/events/{event}/cancel"
    assert codes(await api("olu", "POST", path, {"message": "x" * 501})) == (422, "invalid")
    for message in ("The hall burned down.", "Again"):
        assert (await api("olu", "POST", path, {"message": message})).status_code == 200
    (change,) = await told("event-changed")
    assert (change["change"], change["message"]) == ("cancelled", "The hall burned down.")


async def test_who_takes_part_is_told_that_nobody_organises(
    module: Module, api: Api, an_event: AnEvent, told: Told
) -> None:
    """Kills: people who wait for an event nobody makes; news of what nobody comes to any more."""
    coming, cancelled = (await an_event())["id"], (await an_event())["id"]
    for event in (coming, cancelled):
        await api.rsvp("asha", event)
    await api("olu", "POST", f"/events/{cancelled}/cancel")
    await stand(module, "olu", "erased", 1)
    changes = [(one["event_id"], one["change"], one["usernames"]) for one in await told("event-changed")]
    assert changes == [(cancelled, "cancelled", ["asha"]), (coming, "needs-organiser", ["asha"])]


async def test_what_is_over_is_completed(
    module: Module, api: Api, an_event: AnEvent, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a draft or a cancelled event completed; one that goes on; all but the first portion left out."""
    monkeypatch.setattr(service, "_COMPLETED_AT_ONCE", 2)
    over = [(await an_event())["id"] for _ in range(4)]
    unled = (await an_event(by="ben"))["id"]
    draft, cancelled = (await an_event(status="DRAFT"))["id"], (await an_event())["id"]
    going_on = (await an_event(end_date=clock.now() + timedelta(days=4)))["id"]
    await api("olu", "POST", f"/events/{cancelled}/cancel")
    await stand(module, "ben", "erased", 1)
    await module.worker.schedule()
    for waited in (timedelta(days=2), timedelta(minutes=11)):  # what another job holds just then is passed over
        clock.at += waited
        await module.worker.run_due()
    status = {
        one: (await api.get("olu", f"/events/{one}"))["status"] for one in (*over, unled, draft, cancelled, going_on)
    }
    assert status == {
        **dict.fromkeys([*over, unled], "COMPLETED"), draft: "DRAFT", cancelled: "CANCELLED", going_on: "PUBLISHED",
    }  # fmt: skip
    assert (await api("olu", "PATCH", f"/events/{over[0]}", {"title": "It was good"})).status_code == 200
    assert codes(await api("olu", "POST", f"/events/{over[0]}/cancel")) == (409, "wrong-state")
