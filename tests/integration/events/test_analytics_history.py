"""Analytics after any history: what is counted bit by bit, what is counted anew, what is read, and what is by hand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, example, given
from hypothesis import settings as configured
from hypothesis import strategies as st
from sqlalchemy import text

from ijaa.events.analytics.counting import NAMES
from ijaa.events.analytics.repository import AnalyticsRepository
from ijaa.events.commands import rebuild_analytics
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.fakes import FakeUserDirectory
from tests.integration.events.analytics_model import by_hand
from tests.integration.events.conftest import AnEvent, Api, Invite
from tests.integration.events.test_passed_over import stand

_RUNS = count(1)
_DOES = st.sampled_from(
    ["GOING", "GOING", "MAYBE", "NOT_GOING", "leave", "say", "say", "answer", "unsay", "show", "unshow", "invite",
     "invite", "uninvite", "let in", "let in", "let in", "undo", "move", "later", "the day", "erase", "count", "count"]
)  # fmt: skip
_STEPS = st.lists(st.tuples(_DOES, st.integers(0, 4)), min_size=15, max_size=30)
_SHOW = text("""
INSERT INTO event_media (event_id, uploaded_by_username, media_type, file_id, file_type, file_size, sha256,
    is_approved, created_at, updated_at)
VALUES (:event, :who, 'DOCUMENT', gen_random_uuid(), 'application/pdf', 1, decode(repeat('00', 32), 'hex'), true,
    :now, :now)
""")
_UNSHOW = text("DELETE FROM event_media WHERE event_id = :event AND uploaded_by_username = :who")
_UNINVITE = text("DELETE FROM event_invitations WHERE event_id = :event AND invited_username = :who")


async def stored(database: Database, event: int) -> dict[str, Any]:
    """Return the numbers of the last count."""
    (row,) = await database.fetch(
        lambda *row: row, f"SELECT {', '.join(NAMES)} FROM event_analytics WHERE event_id = $1", event
    )
    return _rounded(dict(zip(NAMES, row, strict=True)))


def _rounded(numbers: dict[str, Any]) -> dict[str, Any]:
    hours = numbers["average_response_hours"]
    return {**numbers, "average_response_hours": None if hours is None else round(hours, 6)}


async def read(api: Api, event: int) -> dict[str, Any]:
    """Return the numbers an organiser reads."""
    found = await api.get("olu", f"/events/{event}/analytics")
    numbers = {name: found[name] for name in NAMES}
    for name in ("first_rsvp_at", "last_rsvp_at"):
        numbers[name] = numbers[name] and datetime.fromisoformat(numbers[name])
    return _rounded(numbers)


async def counted(database: Database, clock: FrozenClock) -> None:
    """Count what changed, as the job does."""
    async with database.transaction() as session:
        await AnalyticsRepository(database).put(session, clock.now(), 0, 1000, anew=False)


class History:
    """One event and what may happen at it; what is refused does not happen."""

    def __init__(self, api: Api, module: Module, database: Database, clock: FrozenClock, invite: Invite) -> None:
        self.api, self.module, self.database, self.clock, self.invite = api, module, database, clock, invite
        self.event, self.erased = 0, 0

    async def step(self, does: str, who: str) -> None:
        """Let one thing happen."""
        event, self.clock.at = self.event, self.clock.at + timedelta(minutes=7)
        match does:
            case "GOING" | "MAYBE" | "NOT_GOING":
                await self.api(who, "PUT", f"/events/{event}/rsvp", {"status": does})
            case "leave":
                await self.api(who, "DELETE", f"/events/{event}/rsvp")
            case "say":
                await self.api(who, "POST", f"/events/{event}/comments", {"content": "Hello"})
            case "answer":
                parent = await self.database.fetch_value(
                    "SELECT min(id) FROM event_comments WHERE event_id = $1", event
                )
                body = {"content": "Indeed", "parent_id": parent}
                await self.api(who, "POST", f"/events/{event}/comments", body)
            case "unsay":
                sql = "SELECT min(id) FROM event_comments WHERE event_id = $1 AND username = $2"
                comment = await self.database.fetch_value(sql, event, who)
                await self.api(who, "DELETE", f"/comments/{comment or 1}")
            case "invite":
                await self.write(_UNINVITE, who)
                await self.invite(event, who)
            case "show" | "unshow" | "uninvite":
                await self.write({"show": _SHOW, "unshow": _UNSHOW, "uninvite": _UNINVITE}[does], who)
            case "let in":
                await self.api("olu", "POST", f"/events/{event}/check-in", {"username": who})
            case "undo":
                await self.api("olu", "DELETE", f"/events/{event}/check-in/{who}")
            case _:
                await self.big_step(does, who)

    async def big_step(self, does: str, who: str) -> None:
        """Let time pass, somebody go for ever, or the event be another one."""
        start = await self.database.fetch_value("SELECT start_date FROM events WHERE id = $1", self.event)
        match does:
            case "later":
                self.clock.at += timedelta(hours=20)
            case "the day":
                self.clock.at = max(self.clock.at, start)
            case "move":
                moved = {"start_date": start + timedelta(days=3), "end_date": start + timedelta(days=3, hours=2)}
                await self.api("olu", "PATCH", f"/events/{self.event}", moved)
            case "erase":
                self.erased += 1
                await stand(self.module, who, "erased", self.erased)

    async def write(self, statement: Any, who: str) -> None:
        """Change rows past the API."""
        bound = {"event": self.event, "who": who, "now": self.clock.now()}
        async with self.database.transaction() as session:
            names = statement.compile().params
            await session.execute(statement, {name: bound[name] for name in names})


@configured(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS, capacity=st.sampled_from([1, 2, None]), approval=st.booleans())
@example(steps=[("GOING", 0), ("count", 0), ("let in", 0)], capacity=None, approval=False)
@example(steps=[("GOING", 0), ("count", 0), ("let in", 0), ("move", 0)], capacity=None, approval=False)
@example(steps=[("say", 0), ("answer", 1), ("unsay", 0)], capacity=None, approval=False)
async def test_bit_by_bit_anew_read_and_by_hand_are_the_same(
    steps: list[tuple[str, int]], capacity: int | None, approval: bool, api: Api, module: Module,  # noqa: FBT001
    an_event: AnEvent, invite: Invite, directory: FakeUserDirectory, events_database: Database, clock: FrozenClock,
) -> None:  # fmt: skip
    """Kills: a change that leaves no mark (the door, a deleted medium, an erasure); an erased answer not counted on.

    Also tombstones that count; who answered before he was invited in the average; rates past 1, by the CHECK.
    """
    run = next(_RUNS)
    people = [f"p{run}x{number}" for number in range(5)]
    for one in people:
        directory.add(one, one.title())
    history = History(api, module, events_database, clock, invite)
    times = {"start_date": clock.now() + timedelta(hours=6), "end_date": clock.now() + timedelta(hours=8)}
    history.event = event = (await an_event(capacity=capacity, requires_approval=approval, **times))["id"]
    for does, number in steps:
        if does == "count":
            assert await read(api, event) == await by_hand(events_database, event)
            await counted(events_database, clock)
        else:
            await history.step(does, people[number])
    await counted(events_database, clock)
    expected = await by_hand(events_database, event)
    bit_by_bit, shown = await stored(events_database, event), await read(api, event)
    told: list[int] = []
    note: Callable[[int], None] = told.append
    await rebuild_analytics(events_database, event, clock, note)
    assert (bit_by_bit, shown, await stored(events_database, event)) == (expected, expected, expected)
    assert told == [1]
