"""Answers, seats and the waitlist (behaviours: capacity, RSVP, waitlist, capacity change)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.integration.events.conftest import AnEvent, Api, Invite, codes


async def _status(api: Api, who: str, event: int) -> tuple[str, int | None]:
    answer = await api.get(who, f"/events/{event}/rsvp")
    return answer["status"], answer["position"]


async def _seats(api: Api, event: int) -> tuple[int, int]:
    found = await api.get("olu", f"/events/{event}")
    return found["seats_taken"], found["waitlisted"]


async def test_an_answer_takes_seats_and_tells_what_became_of_it(api: Api, an_event: AnEvent) -> None:
    event = (await an_event(capacity=5, max_guests=3))["id"]
    assert await api.rsvp("asha", event, guests=2, message="hungry") == {
        "status": "GOING", "guests": 2, "position": None, "seats_taken": 3, "capacity": 5, "message": "hungry",
        "asked_again_at": None,
    }  # fmt: skip
    assert (await api.rsvp("ben", event, "MAYBE", guests=3))["seats_taken"] == 3
    assert (await api.rsvp("chen", event, "NOT_GOING"))["seats_taken"] == 3
    assert await _seats(api, event) == (3, 0)


async def test_the_same_answer_twice_changes_nothing(
    api: Api, an_event: AnEvent, events_database: Database, clock: FrozenClock
) -> None:
    # mutant: write whatever comes
    event = (await an_event(capacity=1, max_guests=1, requires_approval=False))["id"]
    rows = "SELECT array_agg(p.*::text ORDER BY id) FROM event_participations p"
    for who, status in (("asha", "GOING"), ("ben", "GOING"), ("chen", "MAYBE"), ("dina", "NOT_GOING")):
        first = await api.rsvp(who, event, status, message="x")
        before = await events_database.fetch_value(rows)
        clock.at += timedelta(seconds=1)
        assert await api.rsvp(who, event, status, message="x") == first
        assert await events_database.fetch_value(rows) == before
    assert await _seats(api, event) == (1, 1)


async def test_without_an_answer_there_is_nothing_to_read_and_nothing_to_remove(api: Api, an_event: AnEvent) -> None:
    event = (await an_event())["id"]
    assert codes(await api("asha", "GET", f"/events/{event}/rsvp")) == (404, "not-found")
    await api.leave("asha", event)
    await api.rsvp("asha", event)
    await api.leave("asha", event)
    await api.leave("asha", event)
    assert codes(await api("asha", "GET", f"/events/{event}/rsvp")) == (404, "not-found")
    assert await _seats(api, event) == (0, 0)


async def test_answers_are_for_members(api: Api, an_event: AnEvent) -> None:
    event = (await an_event())["id"]
    for method, path in (("PUT", "rsvp"), ("GET", "rsvp"), ("DELETE", "rsvp"), ("GET", "participants")):
        body = {"status": "GOING"} if method == "PUT" else None
        assert codes(await api(None, method, f"/events/{event}/{path}", body)) == (401, "unauthenticated")
        assert codes(await api("admin:root@x", method, f"/events/{event}/{path}", body)) == (403, "forbidden")


async def test_waitlist_promotes_in_commit_order(api: Api, an_event: AnEvent) -> None:
    # mutant: ORDER BY id, responded_at or username; promote on leaving forgotten
    event = (await an_event(capacity=1))["id"]
    await api.rsvp("asha", event)
    for place, who in enumerate(("fay", "ben", "emre"), 1):
        answer = await api.rsvp(who, event)
        assert (answer["status"], answer["position"], answer["seats_taken"]) == ("WAITLISTED", place, 1)
    for leaves, comes in (("asha", "fay"), ("fay", "ben"), ("ben", "emre")):
        await api.leave(leaves, event)
        assert await _status(api, comes, event) == ("GOING", None)
        assert (await _seats(api, event))[0] == 1
    assert await _seats(api, event) == (1, 0)


async def test_priority_comes_before_order(api: Api, an_event: AnEvent, events_database: Database) -> None:
    # mutant: ORDER BY seq alone, in the promotion or in the position
    event = (await an_event(capacity=1))["id"]
    for who in ("asha", "ben", "chen"):
        await api.rsvp(who, event)
    async with events_database.transaction() as session:
        await session.execute(text("UPDATE event_participations SET priority = 1 WHERE participant_username = 'chen'"))
    assert await _status(api, "chen", event) == ("WAITLISTED", 1)
    assert await _status(api, "ben", event) == ("WAITLISTED", 2)
    await api.rsvp("asha", event, "MAYBE")
    assert await _status(api, "chen", event) == ("GOING", None)


async def test_a_single_may_pass_a_group_that_does_not_fit_and_the_group_keeps_its_place(
    api: Api, an_event: AnEvent, events_database: Database
) -> None:
    # mutant: stop at the first who does not fit; let the claim ignore those who wait; send the group to the tail
    event = (await an_event(capacity=3, max_guests=5))["id"]
    await api.rsvp("asha", event, guests=1)
    assert (await api.rsvp("ben", event, guests=1))["status"] == "WAITLISTED"
    assert (await api.rsvp("chen", event))["status"] == "GOING"
    promoted = "SELECT promoted_at IS NOT NULL FROM event_participations WHERE participant_username = $1"
    assert await events_database.fetch_value(promoted, "chen")  # he went over the waitlist, not past it
    assert not await events_database.fetch_value(promoted, "asha")
    assert (await api.rsvp("dina", event))["position"] == 2
    assert await _status(api, "ben", event) == ("WAITLISTED", 1)
    await api.leave("asha", event)
    assert await _status(api, "ben", event) == ("GOING", None)
    assert await _status(api, "dina", event) == ("WAITLISTED", 1)


async def test_who_cancels_after_promotion_goes_to_the_tail(api: Api, an_event: AnEvent) -> None:
    # mutant: keep seq when leaving; promote by the age of the row
    event = (await an_event(capacity=1))["id"]
    for who in ("asha", "ben", "chen"):
        await api.rsvp(who, event)
    await api.leave("asha", event)
    await api.rsvp("ben", event, "NOT_GOING")
    assert await _status(api, "chen", event) == ("GOING", None)
    assert (await api.rsvp("dina", event))["position"] == 1
    assert (await api.rsvp("ben", event))["position"] == 2
    await api.leave("chen", event)
    assert await _status(api, "dina", event) == ("GOING", None)
    assert await _status(api, "ben", event) == ("WAITLISTED", 1)


async def test_leaving_the_waitlist_closes_the_gap(api: Api, an_event: AnEvent) -> None:
    # mutant: forget `waiting - 1`
    event = (await an_event(capacity=1))["id"]
    for who in ("asha", "ben", "chen", "dina"):
        await api.rsvp(who, event)
    await api.rsvp("ben", event, "MAYBE")
    await api.leave("chen", event)
    assert await _status(api, "dina", event) == ("WAITLISTED", 1)
    assert await _seats(api, event) == (1, 1)


async def test_fewer_guests_free_seats_for_who_waits(api: Api, an_event: AnEvent) -> None:
    event = (await an_event(capacity=3, max_guests=2))["id"]
    await api.rsvp("asha", event, guests=2)
    await api.rsvp("ben", event)
    assert (await api.rsvp("asha", event, guests=1))["seats_taken"] == 3
    assert await _status(api, "ben", event) == ("GOING", None)


async def test_more_guests_need_free_seats_and_otherwise_the_seat_is_kept(api: Api, an_event: AnEvent) -> None:
    # mutant: release and claim again; ignore who waits; write the guests before the seats are taken
    event = (await an_event(capacity=3, max_guests=5))["id"]
    await api.rsvp("asha", event)
    assert (await api.rsvp("asha", event, guests=1))["seats_taken"] == 2
    refused = await api("asha", "PUT", f"/events/{event}/rsvp", {"status": "GOING", "guests": 3})
    assert codes(refused) == (409, "not-enough-seats")
    assert (await api.get("asha", f"/events/{event}/rsvp"))["guests"] == 1
    await api.rsvp("ben", event, guests=1)
    refused = await api("asha", "PUT", f"/events/{event}/rsvp", {"status": "GOING", "guests": 2})
    assert codes(refused) == (409, "not-enough-seats")  # a seat is free, but Ben waits
    assert await _seats(api, event) == (2, 1)


async def test_a_group_that_shrinks_on_the_waitlist_keeps_its_place_and_may_fit(api: Api, an_event: AnEvent) -> None:
    event = (await an_event(capacity=2, max_guests=5))["id"]
    await api.rsvp("asha", event)
    await api.rsvp("ben", event, guests=3)
    await api.rsvp("chen", event, guests=2)
    assert (await api.rsvp("ben", event, guests=2))["position"] == 1
    assert (await api.rsvp("ben", event, guests=0))["status"] == "GOING"
    assert await _status(api, "chen", event) == ("WAITLISTED", 1)


async def test_too_many_guests_are_refused(api: Api, an_event: AnEvent) -> None:
    event = (await an_event(max_guests=1))["id"]
    for guests in (2, 6, -1):
        answer = await api("asha", "PUT", f"/events/{event}/rsvp", {"status": "GOING", "guests": guests})
        assert codes(answer) == (422, "invalid")
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/guests"]


async def test_answers_close_with_the_deadline_and_nobody_is_promoted_after_it(
    api: Api, an_event: AnEvent, clock: FrozenClock
) -> None:
    # mutant: promote whatever the time; >= for > at the deadline
    event = (await an_event(capacity=1, rsvp_deadline=clock.now() + timedelta(hours=1)))["id"]
    await api.rsvp("asha", event)
    clock.at += timedelta(hours=1)
    await api.rsvp("ben", event)
    clock.at += timedelta(microseconds=1)
    for status in ("GOING", "MAYBE", "NOT_GOING"):
        assert codes(await api("chen", "PUT", f"/events/{event}/rsvp", {"status": status})) == (409, "rsvp-closed")
    await api.leave("asha", event)
    assert await _status(api, "ben", event) == ("WAITLISTED", 1)
    assert await _seats(api, event) == (0, 1)
    await api("olu", "PATCH", f"/events/{event}", {"capacity": 9})
    assert await _seats(api, event) == (0, 1)


async def test_answers_close_with_the_end(api: Api, an_event: AnEvent, clock: FrozenClock) -> None:
    event = (await an_event())["id"]
    clock.at += timedelta(days=1, hours=1, minutes=59)
    await api.rsvp("asha", event)
    clock.at += timedelta(minutes=1)
    assert codes(await api("ben", "PUT", f"/events/{event}/rsvp", {"status": "GOING"})) == (409, "rsvp-closed")


async def test_new_seats_go_to_exactly_as_many_who_wait(api: Api, an_event: AnEvent) -> None:
    # mutant: promote everybody; promote nobody on PATCH
    event = (await an_event(capacity=1))["id"]
    for who in ("asha", "ben", "chen", "dina", "emre"):
        await api.rsvp(who, event)
    after = (await api("olu", "PATCH", f"/events/{event}", {"capacity": 3})).json()
    assert (after["seats_taken"], after["waitlisted"], after["over_capacity"]) == (3, 2, False)
    assert await _status(api, "chen", event) == ("GOING", None)
    assert await _status(api, "dina", event) == ("WAITLISTED", 1)
    after = (await api("olu", "PATCH", f"/events/{event}", {"capacity": None})).json()
    assert (after["seats_taken"], after["waitlisted"]) == (5, 0)


async def test_fewer_seats_evict_nobody_and_promote_nobody_until_below(api: Api, an_event: AnEvent) -> None:
    # mutant: promote on every freed seat
    event = (await an_event(capacity=3))["id"]
    for who in ("asha", "ben", "chen", "dina"):
        await api.rsvp(who, event)
    after = (await api("olu", "PATCH", f"/events/{event}", {"capacity": 1})).json()
    assert (after["seats_taken"], after["waitlisted"], after["over_capacity"]) == (3, 1, True)
    await api.leave("asha", event)
    await api.leave("ben", event)
    assert await _seats(api, event) == (1, 1)
    await api.leave("chen", event)
    assert await _status(api, "dina", event) == ("GOING", None)


async def test_the_uninvited_are_skipped(api: Api, an_event: AnEvent, invite: Invite) -> None:
    # mutant: drop the condition on invitations from the promotion
    event = (await an_event(capacity=1))["id"]
    for who in ("asha", "ben", "chen"):
        await api.rsvp(who, event)
    await api("olu", "PATCH", f"/events/{event}", {"privacy": "INVITE_ONLY"})
    await invite(event, "chen")
    await api.leave("asha", event)
    assert await _status(api, "ben", event) == ("WAITLISTED", 1)
    assert await _status(api, "chen", event) == ("GOING", None)


async def test_an_organiser_approves_and_rejects(api: Api, an_event: AnEvent) -> None:
    # mutant: let PENDING take a seat; approve past the capacity; let anybody approve
    event = (await an_event(capacity=1, requires_approval=True))["id"]
    for who in ("asha", "ben", "chen"):
        assert (await api.rsvp(who, event))["status"] == "PENDING"
    assert await _seats(api, event) == (0, 0)

    async def decide(by: str, what: str, who: str) -> Any:
        return await api(by, "POST", f"/events/{event}/participants/{who}/{what}")

    assert codes(await decide("asha", "approve", "asha")) == (403, "not-organiser")
    assert codes(await decide("olu", "approve", "gus")) == (404, "not-found")
    assert (await decide("olu", "approve", "Asha")).json()["status"] == "GOING"
    second = (await decide("olu", "approve", "ben")).json()
    assert (second["status"], second["position"]) == ("WAITLISTED", 1)
    assert (await decide("olu", "reject", "chen")).json()["status"] == "NOT_GOING"
    for who in ("asha", "ben", "chen"):
        assert codes(await decide("olu", "approve", who)) == (409, "not-pending")
        assert codes(await decide("olu", "reject", who)) == (409, "not-pending")
    await api.leave("asha", event)
    assert await _status(api, "ben", event) == ("GOING", None)
    assert (await api.rsvp("olu", event))["status"] == "WAITLISTED"  # nobody approves himself


async def test_an_answer_kept_while_the_event_goes_away_is_no_fault(api: Api, an_event: AnEvent) -> None:
    event = (await an_event())["id"]
    await api.rsvp("asha", event, "NOT_GOING")
    assert (await api("olu", "DELETE", f"/events/{event}")).status_code == 204
    assert codes(await api("asha", "PUT", f"/events/{event}/rsvp", {"status": "GOING"})) == (404, "not-found")
