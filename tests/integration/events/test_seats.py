"""Seats under fire: many at once, over more than one process's service; whatever happens, the ledger adds up."""

import asyncio
import random
from collections.abc import Callable

import pytest

from ijaa.events.errors import NotEnoughSeats
from ijaa.events.participations.repository import ParticipationRepository
from ijaa.events.participations.schemas import Answer, RsvpPut
from ijaa.events.participations.service import ParticipationService
from ijaa.events.seats.ledger_repository import LedgerRepository
from ijaa.events.seats.proof import differing
from ijaa.events.seats.repository import SeatRepository
from ijaa.events.tickets.domain import Tickets
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.outbox import Outbox
from ijaa.shared.pages import Cursors
from ijaa.shared.principals import Principal
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api

_COUNTERS = """
SELECT going, waiting,
       (SELECT coalesce(sum(1 + guests), 0) FROM event_participations WHERE event_id = $1 AND status = 'GOING'),
       (SELECT count(*) FROM event_participations WHERE event_id = $1 AND status = 'WAITLISTED')
FROM events WHERE id = $1
"""


@pytest.fixture
def service(events_database: Database, clock: FrozenClock) -> Callable[[], ParticipationService]:
    """Return what makes one more process's service over the same database."""
    publish = Outbox(events_database, clock).publish

    def made() -> ParticipationService:
        return ParticipationService(
            events_database,
            ParticipationRepository(events_database),
            SeatRepository(publish, Tickets(b"k"), lambda *_: None),
            FakeUserDirectory(),
            publish=publish,
            tickets=Tickets(b"k"),
            cursors=Cursors(b"k"),
            clock=clock,
        )

    return made


def _member(username: str) -> Principal:
    return Principal(f"USER_{username}", username, f"session-{username}")


async def _counted(database: Database, event: int) -> tuple[int, int]:
    """Return the counters of an event, which must agree with its rows, and these with the ledger."""
    proved = await LedgerRepository(database).proof(event)
    assert proved is not None
    assert differing(proved) == []
    found: list[tuple[int, int, int, int]] = await database.fetch(lambda *row: row, _COUNTERS, event)  # type: ignore[arg-type]
    going, waiting, seats, entries = found[0]
    assert (going, waiting) == (seats, entries)
    return going, waiting


async def test_200_at_once_for_20_seats_take_exactly_20(
    api: Api, an_event: AnEvent, service: Callable[[], ParticipationService], events_database: Database
) -> None:
    # mutant: count, then insert; a claim without `going + n <= capacity`; a seq taken outside of the lock
    event = (await an_event(capacity=20))["id"]
    workers = [service(), service()]
    names = [f"m{number:03}" for number in range(200)]
    answers = await asyncio.gather(
        *(
            workers[number % 2].answer(_member(name), event, RsvpPut(status="GOING"))
            for number, name in enumerate(names)
        )
    )
    assert sorted(answer.status for answer in answers) == ["GOING"] * 20 + ["WAITLISTED"] * 180
    assert await _counted(events_database, event) == (20, 180)
    assert await events_database.fetch_value("SELECT seat_entries FROM events WHERE id = $1", event) == 200
    places = {name: (await workers[0].own(_member(name), event)).position for name in names}
    assert sorted(place for place in places.values() if place) == list(range(1, 181))
    first = min((name for name in names if places[name]), key=lambda name: places[name] or 0)
    going = next(name for name in names if places[name] is None)
    await workers[1].take_back(_member(going), event)
    assert (await api.get(first, f"/events/{event}/rsvp"))["status"] == "GOING"


async def test_one_member_everywhere_at_once_ends_with_one_answer(
    an_event: AnEvent, service: Callable[[], ParticipationService], events_database: Database
) -> None:
    # mutant: write without re-checking the version; count a seat twice
    event = (await an_event(capacity=3, max_guests=2))["id"]
    workers = [service() for _ in range(3)]
    wishes: list[tuple[Answer, int]] = [("GOING", 0), ("GOING", 2), ("MAYBE", 0), ("GOING", 1)]
    for _ in range(5):
        puts = [
            workers[number % 3].answer(_member("asha"), event, RsvpPut(status=status, guests=guests))
            for number, (status, guests) in enumerate(wishes * 2)
        ]
        leaves = [workers[0].take_back(_member("asha"), event)]
        found = await asyncio.gather(*puts, *leaves, return_exceptions=True)
        assert not [one for one in found if isinstance(one, Exception) and not isinstance(one, NotEnoughSeats)]
        await _counted(events_database, event)


async def test_any_crowd_leaves_the_counters_true(
    an_event: AnEvent, service: Callable[[], ParticipationService], events_database: Database, api: Api
) -> None:
    # mutant: promote without the event's lock; take the participation's lock first (deadlocks)
    rng = random.Random(7)  # noqa: S311
    events = [(await an_event(capacity=4, max_guests=3))["id"] for _ in range(2)]
    workers = [service(), service()]

    async def step() -> None:
        event, worker, member = rng.choice(events), rng.choice(workers), _member(f"m{rng.randrange(8)}")
        match rng.randrange(6):
            case 0:
                await worker.take_back(member, event)
            case 1:
                await api("olu", "PATCH", f"/events/{event}", {"capacity": rng.randint(2, 6)})
            case _:
                status: Answer = rng.choice(["GOING", "GOING", "GOING", "MAYBE", "NOT_GOING"])
                await worker.answer(member, event, RsvpPut(status=status, guests=rng.randrange(4)))

    for _ in range(24):  # as many at once as the pool has connections: waiting for one is not what this is about
        found = await asyncio.gather(*(step() for _ in range(10)), return_exceptions=True)
        assert not [one for one in found if isinstance(one, Exception) and not isinstance(one, NotEnoughSeats)]
        for event in events:
            await _counted(events_database, event)


async def test_answering_while_the_event_is_deleted_or_cancelled_is_nobodys_fault(api: Api, an_event: AnEvent) -> None:
    # mutant: write an answer without the event's lock (a foreign key then fails, or a cancelled event fills up)
    for ending in ("DELETE", "POST"):
        for _ in range(8):
            event = (await an_event())["id"]
            ended, *answers = await asyncio.gather(
                api("olu", ending, f"/events/{event}" if ending == "DELETE" else f"/events/{event}/cancel"),
                *(
                    api(who, "PUT", f"/events/{event}/rsvp", {"status": status})
                    for who, status in (("asha", "MAYBE"), ("ben", "NOT_GOING"), ("chen", "GOING"))
                ),
            )
            assert ended.status_code in {200, 204, 409}
            assert {answer.status_code for answer in answers} <= {200, 404, 409}
            left = await api("olu", "GET", f"/events/{event}/participants")
            assert (left.status_code == 404) == (ended.status_code == 204)
