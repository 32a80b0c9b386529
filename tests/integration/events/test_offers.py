"""Seats that are offered for a while instead of given (behaviours: waitlist)."""

from datetime import timedelta
from typing import Any

import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.integration.events.conftest import AnEvent, Api, at, codes
from tests.integration.events.test_passed_over import places, stand


@pytest.fixture
async def event(api: Api, an_event: AnEvent) -> int:
    """Make an event of two seats that offers them for an hour; Asha has both, Ben and Chen wait."""
    made: int = (await an_event(capacity=2, max_guests=2, waitlist_mode="offer", offer_minutes=60))["id"]
    await api.rsvp("asha", made, guests=1)
    for name in ("ben", "chen"):
        await api.rsvp(name, made)
    return made


async def _offers(api: Api, event: int, *names: str) -> list[bool]:
    return ["offered_until" in await api.get(name, f"/events/{event}/rsvp") for name in names]


async def test_a_freed_seat_is_offered_and_taken_by_answering_again(
    api: Api, event: int, clock: FrozenClock, events_database: Database
) -> None:
    # mutants: promote by itself; take one's answer, sent again, for nothing new; offer the seat that is kept
    await api.rsvp("asha", event, guests=0)
    offered = await api.get("ben", f"/events/{event}/rsvp")
    assert (offered["status"], offered["position"]) == ("WAITLISTED", 1)
    assert at(offered["offered_until"]) == clock.now() + timedelta(hours=1)
    assert await _offers(api, event, "chen") == [False]
    assert (await api.rsvp("dina", event))["position"] == 3  # nobody takes what is kept
    taken = await api.rsvp("ben", event)
    assert (taken["status"], taken["position"], taken["seats_taken"]) == ("GOING", None, 2)
    assert "offered_until" not in taken
    told = "SELECT array_agg(data ->> 'username' ORDER BY seq) FROM outbox WHERE type LIKE '%.seat-offered.%'"
    assert await events_database.fetch_value(told) == ["ben"]


@pytest.mark.parametrize("how", ["MAYBE", "NOT_GOING", None])
async def test_an_offer_that_is_declined_goes_to_the_next(api: Api, event: int, how: str | None) -> None:
    # mutant: keep the seat for whom it was offered
    await api.leave("asha", event)
    assert await _offers(api, event, "ben", "chen") == [True, True]
    await api.rsvp("dina", event)
    await (api.rsvp("ben", event, how) if how else api.leave("ben", event))
    assert await _offers(api, event, "chen", "dina") == [True, True]
    history = (await api.get("dina", f"/events/{event}/rsvp"))["history"]
    assert [(one["what"], one["position"], one["reason"]) for one in history] == [
        ("waitlisted", 3, None), ("offered", 2, "seat-freed"),
    ]  # fmt: skip


async def test_an_offer_nobody_takes_goes_to_the_next_and_he_to_the_tail(
    module: Module, api: Api, event: int, clock: FrozenClock
) -> None:
    # mutants: keep the place; end it a moment too early; leave the seat kept for nobody
    await api.rsvp("asha", event)
    await module.worker.schedule()
    clock.at += timedelta(hours=1)
    await module.worker.run_due()
    assert await _offers(api, event, "ben", "chen") == [True, False]
    clock.at += timedelta(minutes=1)
    await module.worker.run_due()
    assert await places(api, event, "chen", "ben") == [("WAITLISTED", 1), ("WAITLISTED", 2)]
    assert await _offers(api, event, "ben", "chen") == [False, True]
    history = (await api.get("chen", f"/events/{event}/rsvp"))["history"]
    assert (history[-1]["what"], history[-1]["reason"]) == ("offered", "offer-expired")
    assert (await api.get("ben", f"/events/{event}/rsvp"))["history"][-1]["what"] == "offer-expired"


async def test_who_answers_too_late_asks_from_the_tail(api: Api, event: int, clock: FrozenClock) -> None:
    # mutant: wait for the job to end an offer
    await api.rsvp("asha", event)
    clock.at += timedelta(hours=1, microseconds=1)
    assert await _offers(api, event, "ben") == [False]
    late = await api.rsvp("ben", event)
    assert (late["status"], late["position"]) == ("WAITLISTED", 2)
    assert (await api.rsvp("chen", event))["status"] == "GOING"


async def test_who_is_late_and_alone_has_the_seat_all_the_same(api: Api, event: int, clock: FrozenClock) -> None:
    await api.leave("chen", event)
    await api.rsvp("asha", event)
    clock.at += timedelta(days=0, hours=2)
    assert (await api.rsvp("ben", event))["status"] == "GOING"


async def test_more_guests_than_were_offered_need_seats_nobody_waits_for(api: Api, event: int) -> None:
    # mutants: take the seats of the next offer; lose the offer with the refusal
    await api.leave("asha", event)
    refused = await api("ben", "PUT", f"/events/{event}/rsvp", {"status": "GOING", "guests": 1})
    assert codes(refused) == (409, "not-enough-seats")
    assert await _offers(api, event, "ben", "chen") == [True, True]
    await api.leave("chen", event)
    assert (await api.rsvp("ben", event, guests=1))["seats_taken"] == 2


async def test_offers_end_with_the_deadline_and_with_the_start(
    module: Module, api: Api, an_event: AnEvent, clock: FrozenClock
) -> None:
    # mutants: an offer that outlives the deadline; one made after the start
    deadline = clock.now() + timedelta(minutes=30)
    for given in ({"rsvp_deadline": deadline}, {"start_date": deadline, "end_date": deadline + timedelta(hours=3)}):
        event = (await an_event(capacity=1, waitlist_mode="offer", **given))["id"]
        for name in ("asha", "ben", "chen"):
            await api.rsvp(name, event)
        await api.leave("asha", event)
        assert at((await api.get("ben", f"/events/{event}/rsvp"))["offered_until"]) == deadline
    await module.worker.schedule()
    clock.at += timedelta(minutes=31)
    await module.worker.run_due()
    assert await _offers(api, event, "ben", "chen") == [False, False]
    assert await places(api, event, "chen", "ben") == [("WAITLISTED", 1), ("WAITLISTED", 2)]


async def test_fewer_seats_take_the_last_offers_back_and_nobodys_place(api: Api, event: int) -> None:
    # mutants: oversell by an offer that stood; take the first offer back
    await api.leave("asha", event)
    await api("olu", "PATCH", f"/events/{event}", {"capacity": 1})
    assert await _offers(api, event, "ben", "chen") == [True, False]
    assert await places(api, event, "ben", "chen") == [("WAITLISTED", 1), ("WAITLISTED", 2)]
    assert (await api.rsvp("ben", event))["seats_taken"] == 1
    await api("olu", "PATCH", f"/events/{event}", {"capacity": 2})
    assert await _offers(api, event, "chen") == [True]


async def test_an_offer_nobody_can_take_costs_nobody_his_place(
    api: Api, event: int, module: Module, clock: FrozenClock
) -> None:
    # mutant: who could not answer, because nobody organises the event, goes to the tail
    await api.rsvp("asha", event, guests=0)
    await stand(module, "olu", "erased", 1)
    await module.worker.schedule()
    clock.at += timedelta(hours=2)
    await module.worker.run_due()
    assert await places(api, event, "ben", "chen") == [("WAITLISTED", 1), ("WAITLISTED", 2)]
    assert await _offers(api, event, "ben", "chen") == [False, False]


async def test_who_has_an_offer_gets_the_seat_when_offers_end(api: Api, event: int) -> None:
    # mutant: offers that stand for ever beside a waitlist that promotes by itself
    await api.leave("asha", event)
    after: dict[str, Any] = (await api("olu", "PATCH", f"/events/{event}", {"waitlist_mode": "auto"})).json()
    assert (after["seats_taken"], after["waitlisted"]) == (2, 0)
    assert await places(api, event, "ben", "chen") == [("GOING", None)] * 2
