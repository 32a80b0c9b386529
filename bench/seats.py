"""How fast seats are taken, against a bare asyncpg loop that runs the same statements."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import cast

import asyncpg
import msgspec
import uvloop
from bench.machine import machine, versions
from bench.outcome import Benchmark, Outcome, Row, Run
from bench.world import World, world

from ijaa.events.messages import AnswerGiven
from ijaa.events.participations.repository import MINE_SQL, ParticipationRepository
from ijaa.events.participations.schemas import RsvpPut
from ijaa.events.participations.service import ParticipationService
from ijaa.events.ports import UserDirectory
from ijaa.events.seats.answer_repository import INSERT_COUNTED
from ijaa.events.seats.repository import CLAIM, QUEUE, STATE, SeatRepository
from ijaa.events.tickets.domain import Tickets
from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.outbox import PUT, Outbox
from ijaa.shared.pages import Cursors
from ijaa.shared.principals import Principal

_AMOUNT = 1_000
"""Answers of one measurement."""
_SEATS = 100
_EVENTS = 1_000
_AT_ONCE = 10
"""Connections, and answers under way."""
_GOAL = 0.6
_MAKE = """
INSERT INTO events (title, start_date, end_date, timezone, privacy, is_online, capacity, requires_approval,
    waitlist_mode, max_guests, created_by_username, tags, status, search_key, created_at, updated_at, version)
SELECT 'Reunion', now() + interval '30 days', now() + interval '31 days', 'Asia/Dhaka', 'PUBLIC', false, $2, false,
    'auto', 0, 'organiser', '{}', 'PUBLISHED', 'reunion', now(), now(), 1
FROM generate_series(1, $1::int) RETURNING id
"""
_HOW = """
{amount:,} members answer GOING, {at_once} at a time: all to one event of {seats} seats, then one to each of {events:,}
events. Ours is the use case as the route calls it, over a pool of {at_once} connections: it reads the event, takes the
seat or the place on the waitlist, writes answer, ledger and message, and reads the outcome. The loop runs the same
statements, bound to what they need, on asyncpg and nothing else. {rounds} rounds, in turn, uvloop: {machine},
{versions}.

| | ours, answers/s | bare loop, answers/s | ratio |
|---|---:|---:|---:|
| one hot event | {hot_ours:,.0f} | {hot_floor:,.0f} | {hot_ratio:.2f} |
| {events:,} events | {many_ours:,.0f} | {many_floor:,.0f} | {many_ratio:.2f} |
"""


def run(asked: Run) -> Outcome:
    """Measure both, on one event and on many."""
    with world(members=200, events=50, progress=lambda said: asked.progress(said, 0.0)) as there:
        return uvloop.run(_measure(asked, there))


BENCHMARK = Benchmark("seats", "answers that take seats against a bare asyncpg loop", run)

Answer = Callable[[int, str], Awaitable[None]]


async def _measure(asked: Run, there: World) -> Outcome:
    url = there.environ["IJAA_EVENTS_DATABASE_URL"]
    database, clock = Database("events", url, pool_size=_AT_ONCE), SystemClock()
    outbox = Outbox(database, clock)
    service = ParticipationService(
        database,
        ParticipationRepository(database),
        SeatRepository(outbox.publish, Tickets(b"key of a benchmark"), lambda *_: None),
        cast("UserDirectory", None),  # answering asks for no names
        publish=outbox.publish,
        tickets=Tickets(b"key of a benchmark"),
        cursors=Cursors(b"key of a benchmark"),
        clock=clock,
    )

    async def ours(event: int, name: str) -> None:
        await service.answer(Principal(f"USER_{name}", name, "session"), event, RsvpPut(status="GOING"))

    figures: dict[str, list[float]] = {"hot ours": [], "hot floor": [], "many ours": [], "many floor": []}
    async with asyncpg.create_pool(url, min_size=_AT_ONCE, max_size=_AT_ONCE) as pool:
        floor = _loop(pool)
        for index in range(asked.rounds):
            asked.progress(f"Round {index + 1} of {asked.rounds}", index / asked.rounds)
            for kind, number in (("hot", 1), ("many", _EVENTS)):
                for who, answer in (("ours", ours), ("floor", floor)):
                    events = await _events(there, number)
                    figures[f"{kind} {who}"].append(await _rate(answer, events))
    await database.dispose()
    return _outcome(asked, there, figures)


async def _events(there: World, number: int) -> list[int]:
    connection = await asyncpg.connect(there.superuser["events"])
    try:
        return [row[0] for row in await connection.fetch(_MAKE, number, _SEATS)]
    finally:
        await connection.close()


async def _rate(answer: Answer, events: Sequence[int]) -> float:
    """Return how many answers a second are taken."""
    waiting = [(events[number % len(events)], f"bench{number:05}") for number in range(_AMOUNT)]

    async def member() -> None:
        while waiting:
            await answer(*waiting.pop())

    began = time.perf_counter()
    await asyncio.gather(*(member() for _ in range(_AT_ONCE)))
    return _AMOUNT / (time.perf_counter() - began)


def _loop(pool: "asyncpg.Pool[asyncpg.Record]") -> Answer:
    """Return what answers with the statements of ours and nothing around them."""

    async def answer(event: int, name: str) -> None:
        async with pool.acquire() as connection:
            now = datetime.now(UTC)
            mine = await connection.fetchrow(MINE_SQL, name, event)
            assert mine is not None
            values = {
                "event_id": event, "seats": 1, "now": now, "username": name, "status_before": None, "guests_before": 0,
                "what": "claimed", "actor": "self", "status": "GOING", "guests": 0, "message": None, "waiting": 0,
                "seq": None, "priority": 0, "noted_priority": None, "position": None, "reason": None,
            }  # fmt: skip
            async with connection.transaction():
                values["entry"] = await connection.fetchval(CLAIM.sql, *CLAIM.bound(values))
                queued = values["entry"] is None
                if queued:
                    row = await connection.fetchrow(QUEUE.sql, *QUEUE.bound(values))
                    assert row is not None
                    waits = {"status": "WAITLISTED", "what": "waitlisted", "waiting": 1, "noted_priority": 0}
                    values |= {"entry": row[0], "seq": row[1], "position": row[2], "seats": 0, **waits}
                await connection.fetchrow(INSERT_COUNTED.sql, *INSERT_COUNTED.bound(values))
                if queued:
                    await connection.fetchrow(STATE.sql, *STATE.bound(values))
                await connection.execute(PUT.sql, *PUT.bound({"messages": _message(event), "now": now}))
                await connection.fetchrow(MINE_SQL, name, event)

    return answer


def _message(event: int) -> str:
    given = AnswerGiven(event_id=event, title="Reunion", organisers=["organiser"])
    return msgspec.json.encode([{"type": given.TYPE, "subject": given.subject, "data": given}]).decode()


def _outcome(asked: Run, there: World, figures: dict[str, list[float]]) -> Outcome:
    median = {name: statistics.median(found) for name, found in figures.items()}
    ratios = {
        kind: statistics.median(
            one / other for one, other in zip(figures[f"{kind} ours"], figures[f"{kind} floor"], strict=True)
        )
        for kind in ("hot", "many")
    }
    rows = [
        Row(name=f"answers to {what} vs a bare asyncpg loop", ours=round(median[f"{kind} ours"], 1),
            floor=round(median[f"{kind} floor"], 1), unit="answers/s", ratio=round(ratios[kind], 3), goal=_GOAL,
            statements=None)
        for kind, what in (("hot", "one hot event"), ("many", "1,000 events"))
    ]  # fmt: skip
    how = _HOW.format(
        amount=_AMOUNT, at_once=_AT_ONCE, seats=_SEATS, events=_EVENTS, rounds=asked.rounds, machine=machine(),
        versions=versions(there.postgres_version, ("asyncpg", "sqlalchemy", "uvloop")),
        hot_ours=median["hot ours"], hot_floor=median["hot floor"], hot_ratio=ratios["hot"],
        many_ours=median["many ours"], many_floor=median["many floor"], many_ratio=ratios["many"],
    )  # fmt: skip
    return Outcome(rows=rows, section=how)
