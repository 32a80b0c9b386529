"""What the events module tells others, and when it does not."""

from datetime import timedelta

from ijaa.shared.clock import FrozenClock
from tests.integration.events.conftest import AnEvent, Api, Told


async def test_whoever_gets_a_seat_is_told(api: Api, an_event: AnEvent, told: Told) -> None:
    # mutants: tell everybody who waits; tell whom nothing happened
    event = (await an_event(capacity=1))["id"]
    for name in ("asha", "ben", "chen"):
        await api.rsvp(name, event)
    assert await told("seat-promoted") == []
    await api.leave("asha", event)
    await api("olu", "PATCH", f"/events/{event}", {"capacity": 2})
    promoted = await told("seat-promoted")
    assert [(one["username"], one["event_id"], one["title"], one["reason"]) for one in promoted] == [
        ("ben", event, "Reunion", "seat-freed"),
        ("chen", event, "Reunion", "seats-added"),
    ]


async def test_an_organiser_is_told_of_answers_not_of_his_own(api: Api, an_event: AnEvent, told: Told) -> None:
    # mutants: tell of the same answer twice; tell who answered, which need not leave the module
    event = (await an_event(max_guests=2))["id"]
    for _ in range(2):
        await api.rsvp("asha", event)
    await api.rsvp("asha", event, guests=1)
    await api.rsvp("asha", event, "MAYBE")
    await api.rsvp("olu", event)
    assert await told("answer-given") == [{"event_id": event, "title": "Reunion", "organisers": ["olu"]}] * 2


async def test_who_comes_or_may_is_told_of_a_move_and_of_the_end(
    api: Api, an_event: AnEvent, told: Told, clock: FrozenClock
) -> None:
    # mutants: tell of a typo; tell who declined; tell twice of one cancellation
    event = (await an_event(capacity=1))["id"]
    for name, status in (("asha", "GOING"), ("ben", "GOING"), ("chen", "MAYBE"), ("dina", "NOT_GOING")):
        await api.rsvp(name, event, status)
    await api("olu", "PATCH", f"/events/{event}", {"title": "Great reunion"})
    assert await told("event-changed") == []
    later = clock.now() + timedelta(days=2)
    await api("olu", "PATCH", f"/events/{event}", {"start_date": later, "end_date": later + timedelta(hours=1)})
    for _ in range(2):
        assert (await api("olu", "POST", f"/events/{event}/cancel")).status_code == 200
    changes = await told("event-changed")
    assert [(one["change"], one["title"], one["usernames"]) for one in changes] == [
        ("moved", "Great reunion", ["asha", "ben", "chen"]),
        ("cancelled", "Great reunion", ["asha", "ben", "chen"]),
    ]


async def test_the_invited_keep_no_news_of_what_was_deleted(api: Api, an_event: AnEvent, told: Told) -> None:
    # mutant: an invitation in the inbox to an event that is not there
    event = (await an_event(privacy="PRIVATE"))["id"]
    await api("olu", "POST", f"/events/{event}/invitations", {"usernames": ["asha", "ben"]})
    assert (await api("olu", "DELETE", f"/events/{event}")).status_code == 204
    assert await told("invitation-revoked") == [{"event_id": event, "usernames": ["asha", "ben"]}]


async def test_what_is_over_is_nobodys_news(api: Api, an_event: AnEvent, told: Told, clock: FrozenClock) -> None:
    event = (await an_event())["id"]
    await api.rsvp("asha", event)
    clock.at += timedelta(days=3)
    await api("olu", "PATCH", f"/events/{event}", {"location": "Old hall"})
    assert await told("event-changed") == []
