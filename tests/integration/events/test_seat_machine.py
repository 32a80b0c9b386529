"""Any sequence of what can be done to seats, against a model that is too simple to be wrong, and the ledger of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ijaa.events.seats.ledger_repository import LedgerRepository
from ijaa.events.seats.proof import differing
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.integration.events.conftest import AnEvent, Api
from tests.integration.events.seat_model import Model, Refused, Seats
from tests.integration.events.test_passed_over import stand

_STATE = """
SELECT participant_username, status, guests,
       CASE WHEN status = 'WAITLISTED'
            THEN row_number() OVER (PARTITION BY status ORDER BY priority DESC, seq) END, offered_until
FROM event_participations WHERE event_id = $1
"""
_TOLD = count(1)
"""Numbers of messages: what is told later has the higher one."""
_COUNTERS = "SELECT going, waiting FROM events WHERE id = $1"

_EVERYBODY = ("asha", "ben", "chen", "dina", "emre", "fay")
_NAMES = st.sampled_from(_EVERYBODY)
_ANSWERS = st.sampled_from(["GOING", "GOING", "GOING", "MAYBE", "NOT_GOING"])
_ANSWER = st.tuples(st.just("answer"), _NAMES, _ANSWERS, st.sampled_from([0, 0, 1, 3]))
_MOVE = st.tuples(
    st.just("move"), _NAMES, st.sampled_from(["GOING", "WAITLISTED", "WAITLISTED", "NOT_GOING"]),
    st.none() | st.integers(1, 4),
)  # fmt: skip
_RARE = (
    st.tuples(st.just("decide"), _NAMES, st.booleans())
    | st.tuples(st.just("stand"), _NAMES, st.booleans())
    | st.tuples(st.just("rule"), st.sampled_from(["offer", "auto", "approval", "free"]))
)
_STEPS = st.lists(
    _ANSWER
    | _ANSWER
    | st.tuples(st.just("leave"), _NAMES)
    | st.tuples(st.just("resize"), st.sampled_from([None, 1, 2, 3, 4, 5]))
    | _MOVE
    | st.tuples(st.just("wait"), st.sampled_from([1, 30, 61]))
    | _RARE,
    min_size=8,
    max_size=24,
)


class Machine:
    """The system, and the model beside it."""

    def __init__(self, api: Api, module: Module, clock: FrozenClock, event: int, model: Model) -> None:
        self._api, self._module, self._clock, self._event, self._model = api, module, clock, event, model

    async def step(self, what: str, *how: Any) -> None:
        """Do the same to both: what one refuses, the other refuses for the same reason."""
        model, at = self._model, f"/events/{self._event}"
        model.now = self._clock.now()
        match what:
            case "answer":
                name, status, guests = how
                body = {"status": status, "guests": guests}
                await self._both(lambda: model.answer(name, status, guests), name, "PUT", f"{at}/rsvp", body)
            case "leave":
                await self._both(lambda: model.part(how[0], None), how[0], "DELETE", f"{at}/rsvp")
            case "decide":
                path = f"{at}/participants/{how[0]}/{'approve' if how[1] else 'reject'}"
                await self._both(lambda: model.decide(how[0], approve=how[1]), "olu", "POST", path)
            case "move":
                name, status, place = how
                place = place if status == "WAITLISTED" else None
                body = {"status": status} | ({"position": place} if place else {})
                path = f"{at}/participants/{name}/move"
                await self._both(lambda: model.move(name, status, place), "olu", "POST", path, body)
            case "resize":
                model.capacity = how[0]
                await self._both(model.settle, "olu", "PATCH", at, {"capacity": how[0]})
            case "rule" if how[0] in {"offer", "auto"}:
                model.offers = how[0] == "offer"
                await self._both(model.settle, "olu", "PATCH", at, {"waitlist_mode": how[0]})
            case "rule":
                model.approval = how[0] == "approval"
                await self._both(model.settle, "olu", "PATCH", at, {"requires_approval": model.approval})
            case "wait":
                self._clock.at += timedelta(minutes=how[0])
                model.now = self._clock.now()
                await self._module.worker.run_due()
                model.settle()
            case _:
                await self._stand(*how)

    async def _stand(self, name: str, active: bool) -> None:  # noqa: FBT001 - one of the steps
        await stand(self._module, name, "active" if active else "suspended", next(_TOLD))
        if active:
            self._model.suspended.discard(name)
            self._model.settle()
        else:
            self._model.suspended.add(name)

    async def _both(self, done: Callable[[], None], who: str, method: str, path: str, body: object = None) -> None:
        try:
            done()
        except Refused as refused:
            expected = str(refused)
        else:
            expected = ""
        answer = await self._api(who, method, path, body)
        assert (answer.json().get("code", "") if answer.content else "") == expected, answer.text


_Rows = Callable[[], Awaitable[tuple[Seats, dict[str, datetime]]]]


def _rows(database: Database, event: int) -> _Rows:
    async def read() -> tuple[Seats, dict[str, datetime]]:
        rows: list[Any] = await database.fetch(lambda *row: row, _STATE, event)  # type: ignore[arg-type]
        return {row[0]: row[1:4] for row in rows}, {row[0]: row[4] for row in rows if row[4]}

    return read


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    capacity=st.integers(1, 4), offers=st.booleans(), guests=st.lists(st.integers(0, 2), min_size=6, max_size=6),
    steps=_STEPS,
)  # fmt: skip
async def test_any_sequence_ends_like_the_model_and_the_ledger_adds_up_to_it(
    capacity: int,
    offers: bool,  # noqa: FBT001 - drawn
    guests: list[int],
    steps: list[tuple[Any, ...]],
    api: Api,
    module: Module,
    an_event: AnEvent,
    clock: FrozenClock,
    events_database: Database,
) -> None:
    """Kills: any rule of seats, who is next, who frees what; an entry that is missing, doubled or says another thing.

    One mutant for each: promote past the offers; offer what is held; keep an offer when seats go; let a moved one keep
    his place; write the entry with the old guests, or without the place in the order.
    """
    start = clock.now() + timedelta(days=30)
    made = await an_event(
        capacity=capacity, max_guests=3, waitlist_mode="offer" if offers else "auto", offer_minutes=60,
        start_date=start, end_date=start + timedelta(hours=2),
    )  # fmt: skip
    event: int = made["id"]
    model = Model(capacity, clock.now(), offers)
    await module.worker.schedule()
    machine, ledger = Machine(api, module, clock, event, model), LedgerRepository(events_database)
    rows = _rows(events_database, event)
    for name in _EVERYBODY:
        await machine.step("stand", name, True)  # noqa: FBT003 - of the example before
    answers = [("answer", name, "GOING", number) for name, number in zip(_EVERYBODY, guests, strict=True)]
    for step in [*answers, *steps]:
        before = model.going
        await machine.step(*step)
        assert await rows() == (model.seats(), model.offered), step
        counted: list[Any] = await events_database.fetch(lambda *row: row, _COUNTERS, event)  # type: ignore[arg-type]
        assert counted[0] == (model.going, len(model.queue)), step
        assert model.capacity is None or model.going <= max(model.capacity, before), step
        proved = await ledger.proof(event)
        assert proved is not None
        assert differing(proved) == [], step
