"""The ledger of seats: what it tells members and organisers, and that nobody changes it (behaviours: seats)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ijaa.events.seats.ledger_repository import LedgerRepository
from ijaa.events.seats.proof import differing
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from ijaa.shared.metrics import SEAT_DIFFERENCES
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, at, codes
from tests.integration.events.test_passed_over import stand


async def _proved(database: Database, event: int) -> bool:
    proved = await LedgerRepository(database).proof(event)
    return proved is not None and differing(proved) == []


async def _move(api: Api, event: int, who: str, status: str, by: str = "olu", **given: object) -> Any:
    return await api(by, "POST", f"/events/{event}/participants/{who}/move", {"status": status, **given})


async def test_a_member_is_told_why_he_has_his_seat(api: Api, an_event: AnEvent, clock: FrozenClock) -> None:
    # mutants: the place of somebody else, or the one he has now; whose seat it was
    event = (await an_event(capacity=1, max_guests=1))["id"]
    began = clock.now()
    for name in ("asha", "ben", "chen", "dina", "emre"):
        await api.rsvp(name, event)
    await api.leave("chen", event)
    await api.leave("ben", event)
    await api("olu", "PATCH", f"/events/{event}", {"capacity": 2})
    clock.at += timedelta(minutes=31)
    await api.leave("asha", event)
    found = await api.get("emre", f"/events/{event}/rsvp")
    told = [(one["what"], one["position"], one["reason"], one["text"]) for one in found["history"]]
    assert told == [
        ("waitlisted", 4, None, "Joined the waitlist, place 4."),
        ("promoted", 1, "seat-freed", "Came from the waitlist to a seat, from place 1: a seat was freed."),
    ]
    assert [at(one["at"]) for one in found["history"]] == [began, began + timedelta(minutes=31)]
    assert "asha" not in str(found)
    assert (await api.get("dina", f"/events/{event}/rsvp"))["history"][-1]["reason"] == "seats-added"


async def test_organisers_see_the_whole_ledger_and_nobody_else(
    api: Api, an_event: AnEvent, directory: FakeUserDirectory, events_database: Database
) -> None:
    # mutants: a ledger for whoever sees the event; names left out for a block; pages that overlap
    event = (await an_event(capacity=2, max_guests=1))["id"]
    await api.rsvp("asha", event, guests=1)
    await api.rsvp("ben", event)
    await api.rsvp("chen", event, "MAYBE")
    await api.rsvp("asha", event)
    await api("olu", "PATCH", f"/events/{event}", {"capacity": 5})
    directory.block("olu", "ben")
    assert codes(await api("asha", "GET", f"/events/{event}/seats")) == (403, "not-organiser")
    assert codes(await api("olu", "GET", "/events/999999/seats")) == (404, "not-found")
    assert codes(await api(None, "GET", f"/events/{event}/seats")) == (401, "unauthenticated")
    items, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = await api.get("olu", f"/events/{event}/seats", limit=2, **({"cursor": cursor} if cursor else {}))
        items, cursor, pages = items + page["items"], page["next_cursor"], pages + 1
    assert [page[name] for name in ("capacity", "seats_taken", "seats_offered", "waitlisted", "over_capacity")] == [
        5, 2, 0, 0, False,
    ]  # fmt: skip
    told = [(one["entry"], one["what"], one["by"], one["name"], one["seats"], one["waiting"]) for one in items]
    assert told == [
        (6, "capacity-changed", "organiser", None, 0, 0),
        (5, "promoted", "system", "Ben", 1, -1),
        (4, "resized", "self", "Asha", -1, 0),
        (3, "answered", "self", "Chen", 0, 0),
        (2, "waitlisted", "self", "Ben", 0, 1),
        (1, "claimed", "self", "Asha", 2, 0),
    ]
    assert (items[0]["capacity_before"], items[0]["capacity"]) == (2, 5)
    his = await api.get("olu", f"/events/{event}/seats", username="ASHA")
    assert [one["entry"] for one in his["items"]] == [4, 1]
    assert await _proved(events_database, event)


async def test_what_says_nothing_of_a_seat_is_no_entry(api: Api, an_event: AnEvent, events_database: Database) -> None:
    # mutant: an entry for every PUT
    event = (await an_event(capacity=1, max_guests=1))["id"]
    for message in ("hungry", "thirsty", "thirsty"):
        await api.rsvp("asha", event, message=message)
        await api.rsvp("ben", event, message=message)
        await api.rsvp("chen", event, "MAYBE", message=message)
    assert (await api.get("olu", f"/events/{event}/seats"))["items"][0]["entry"] == 3
    assert (await api.get("ben", f"/events/{event}/rsvp"))["message"] == "thirsty"
    assert await _proved(events_database, event)


async def test_approval_is_explained(api: Api, an_event: AnEvent) -> None:
    event = (await an_event(capacity=1, requires_approval=True, max_guests=1))["id"]
    for name in ("asha", "ben", "chen"):
        await api.rsvp(name, event)
    await api.rsvp("asha", event, guests=1)
    await api.rsvp("asha", event)
    for name, what in (("asha", "approve"), ("ben", "approve"), ("chen", "reject")):
        await api("olu", "POST", f"/events/{event}/participants/{name}/{what}")
    told = {
        name: [one["text"] for one in (await api.get(name, f"/events/{event}/rsvp"))["history"]]
        for name in ("asha", "ben", "chen")
    }
    asked = "Asked the organisers for a seat."
    more, fewer = "Changed the number of guests, with 1 guest.", "Changed the number of guests."
    assert told == {
        "asha": [asked, more, fewer, "Approved by an organiser, with a seat."],
        "ben": [asked, "Approved by an organiser, waiting, place 1."],
        "chen": [asked, "Turned down by an organiser."],
    }


async def test_an_organiser_moves_people_and_oversells_nothing(
    api: Api, an_event: AnEvent, events_database: Database
) -> None:
    # mutants: a seat that is not free; a seat for who did not ask; anybody moves anybody; nobody is told
    event = (await an_event(capacity=2))["id"]
    for name in ("asha", "ben", "chen", "dina", "emre"):
        await api.rsvp(name, event)
    await api.rsvp("fay", event, "MAYBE")
    assert codes(await _move(api, event, "chen", "GOING", by="chen")) == (403, "not-organiser")
    assert codes(await _move(api, event, "gus", "GOING")) == (404, "not-found")
    assert codes(await _move(api, event, "fay", "GOING")) == (409, "no-seat-wanted")
    assert codes(await _move(api, event, "emre", "GOING")) == (409, "event-full")
    assert codes(await _move(api, event, "emre", "GOING", position=1)) == (422, "invalid")
    assert codes(await _move(api, event, "emre", "MAYBE")) == (422, "invalid")
    first = (await _move(api, event, "Emre", "WAITLISTED", position=1)).json()
    assert (first["status"], first["position"]) == ("WAITLISTED", 1)
    assert [(await api.get(one, f"/events/{event}/rsvp"))["position"] for one in ("chen", "dina")] == [2, 3]
    back = (await _move(api, event, "asha", "WAITLISTED")).json()  # and the seat goes to who is next
    assert (back["status"], back["position"]) == ("WAITLISTED", 3)
    assert (await api.get("emre", f"/events/{event}/rsvp"))["status"] == "GOING"
    await _move(api, event, "ben", "NOT_GOING")
    assert (await api.get("chen", f"/events/{event}/rsvp"))["status"] == "GOING"
    await api("olu", "PATCH", f"/events/{event}", {"capacity": 3})
    assert (await _move(api, event, "dina", "GOING")).json()["seats_taken"] == 3
    moved = (
        "SELECT array_agg(data ->> 'username' || ' ' || (data ->> 'status') ORDER BY seq) FROM outbox WHERE type = $1"
    )
    assert await events_database.fetch_value(moved, "ijaa.events.seat-moved.v1") == [
        "emre WAITLISTED", "asha WAITLISTED", "ben NOT_GOING",
    ]  # fmt: skip
    assert await _proved(events_database, event)


async def test_nobody_changes_the_ledger(api: Api, an_event: AnEvent, events_database: Database) -> None:
    # mutants: grant UPDATE or DELETE to the role that serves; a trigger that lets one column through
    event = (await an_event())["id"]
    await api.rsvp("asha", event)
    for statement in (
        "DELETE FROM seat_ledger",
        "TRUNCATE seat_ledger",
        "UPDATE seat_ledger SET seats = 0",
        "UPDATE seat_ledger SET username = 'ben'",
        "UPDATE seat_ledger SET username = NULL, at = now()",
    ):
        with pytest.raises(DBAPIError):
            async with events_database.transaction() as session:
                await session.execute(text(statement))
    assert await _proved(events_database, event)


async def test_the_ledger_of_who_was_erased_goes_on_without_his_name(
    module: Module, api: Api, an_event: AnEvent, events_database: Database, clock: FrozenClock
) -> None:
    # mutants: entries that go with him; a name that stays; a past event whose seats the ledger forgets
    past = (await an_event(capacity=5, max_guests=1))["id"]
    await api.rsvp("asha", past, guests=1)
    await api.rsvp("ben", past)
    clock.at += timedelta(days=2)
    coming = (await an_event(capacity=1))["id"]
    for name in ("asha", "ben"):
        await api.rsvp(name, coming)
    await stand(module, "asha", "erased", 1)
    items = (await api.get("olu", f"/events/{coming}/seats"))["items"]
    assert [(one["what"], one["username"], one["by"]) for one in items] == [
        ("promoted", "ben", "system"), ("erased", None, "system"), ("waitlisted", "ben", "self"),
        ("claimed", None, "self"),
    ]  # fmt: skip
    assert (await api.get("olu", f"/events/{past}"))["seats_taken"] == 3
    assert await _proved(events_database, coming)
    assert await _proved(events_database, past)


async def test_every_night_the_ledger_is_proved(
    module: Module, api: Api, an_event: AnEvent, events_database: Database, clock: FrozenClock
) -> None:
    # mutants: a proof that compares the counters alone, or looks at nothing that did not change by an entry
    event, other = [(await an_event(capacity=1))["id"] for _ in range(2)]
    for name in ("asha", "ben"):
        await api.rsvp(name, event)
    await module.worker.schedule()

    async def night() -> float:
        clock.at += timedelta(hours=24)
        await module.worker.run_due()
        found: float = SEAT_DIFFERENCES._value.get()
        return found

    assert await night() == 0
    proved = "SELECT array_agg(ARRAY[event_id, entry, differences] ORDER BY event_id) FROM seat_proofs"
    assert await events_database.fetch_value(proved) == [[event, 2, 0], [other, 0, 0]]
    async with events_database.transaction() as session:
        await session.execute(text("UPDATE event_participations SET guests = 1 WHERE participant_username = 'ben'"))
    assert await night() == 1
    async with events_database.transaction() as session:
        await session.execute(text("UPDATE event_participations SET guests = 0 WHERE participant_username = 'ben'"))
    assert await night() == 0
