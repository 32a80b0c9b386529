"""Analytics of events, as those who run them, and admins, read them."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from ijaa.events.analytics.repository import AnalyticsRepository
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.fakes import FakeFeatureFlags
from tests.integration.events.conftest import AnEvent, Api, Appoint, Invite, at, codes
from tests.integration.events.test_passed_over import stand

TOTALS = ("events", "confirmed", "attended", "no_shows", "total_invitations", "responded", "engaged")


@pytest.fixture
async def event(api: Api, an_event: AnEvent, invite: Invite, clock: FrozenClock) -> int:
    """Make an event to which two are invited, three come, and one is in; it is on."""
    event: int = (await an_event(capacity=3, title="=1+1"))["id"]
    await invite(event, "asha", "gus")
    clock.at += timedelta(hours=3)
    for name in ("asha", "ben", "chen", "dina"):
        await api.rsvp(name, event)
    await api.rsvp("emre", event, "MAYBE")
    await api.rsvp("fay", event, "NOT_GOING")
    for name in ("ben", "emre", "fay", "gus"):
        await api.say(name, event)
    clock.at += timedelta(hours=21)
    assert (await api("olu", "POST", f"/events/{event}/check-in", {"username": "asha"})).status_code == 200
    return event


async def _totals(api: Api, who: str, path: str, **params: Any) -> list[int]:
    found = await api.get(who, path, **params)
    totals = found.get("totals", found)
    return [totals[name] for name in TOTALS]


async def test_an_event_in_numbers(api: Api, event: int, clock: FrozenClock) -> None:
    """Kills: no-shows before the end; whoever declined or only came by among the engaged; another divisor."""
    found = await api.get("olu", f"/events/{event}/analytics")
    expected = {
        "confirmed": 3, "maybe": 1, "declined": 1, "pending": 0, "waitlisted": 1, "attended": 1, "no_shows": None,
        "total_invitations": 2, "responded": 1, "comments": 4, "media": 0, "reminders": 0, "engaged": 2,
        "attendance_rate": 1 / 3, "response_rate": 0.5, "engagement_rate": 0.5, "average_response_hours": 3.0,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert at(found["first_rsvp_at"]) == at(found["last_rsvp_at"]) == clock.now() - timedelta(hours=21)
    assert at(found["computed_at"]) == clock.now()
    assert "timeseries" not in found
    clock.at += timedelta(hours=3)
    assert (await api.get("olu", f"/events/{event}/analytics"))["no_shows"] == 2


async def test_of_an_event_nobody_knows_of_there_are_no_rates(api: Api, an_event: AnEvent) -> None:
    # mutant: 0 where the divisor is 0
    found = await api.get("olu", f"/events/{(await an_event())['id']}/analytics")
    names = ("attendance_rate", "response_rate", "engagement_rate", "first_rsvp_at", "average_response_hours")
    assert [found[name] for name in names] == [None] * 5
    assert found["confirmed"] == 0


async def test_they_are_for_those_who_run_the_event(
    api: Api, an_event: AnEvent, event: int, appoint: Appoint, flags: FakeFeatureFlags
) -> None:
    # mutants: whoever has a role; 403 for what one does not see; no flag
    hidden = (await an_event(privacy="PRIVATE"))["id"]
    await appoint(event, "gus")
    await appoint(event, "fay", "CHECK_IN")
    for path in ("analytics", "analytics/export"):
        for who, where, refused in (
            ("asha", event, (403, "not-organiser")), ("fay", event, (403, "not-organiser")),
            ("asha", hidden, (404, "not-found")), ("asha", 10**9, (404, "not-found")),
            (None, event, (401, "unauthenticated")), ("admin:ada", event, (403, "forbidden")),
        ):  # fmt: skip
            assert codes(await api(who, "GET", f"/events/{where}/{path}")) == refused
        assert (await api("gus", "GET", f"/events/{event}/{path}")).status_code == 200
    assert codes(await api("olu", "GET", "/admin/analytics")) == (403, "forbidden")
    assert codes(await api("admin:ada", "GET", "/me/analytics")) == (403, "forbidden")
    flags.off.add("events.analytics")
    for who, path in (
        ("olu", f"/events/{event}/analytics"), ("olu", f"/events/{event}/analytics/export"), ("olu", "/me/analytics"),
        ("admin:ada", "/admin/analytics"),
    ):  # fmt: skip
        assert (await api(who, "GET", path)).json()["code"] == "feature-disabled"


async def test_a_series_ends_with_what_is_answered_now(
    api: Api, module: Module, an_event: AnEvent, clock: FrozenClock
) -> None:
    """Kills: days in UTC; changes instead of what was; who left counted on; one erased later taken out."""
    clock.at = clock.at.replace(hour=17, minute=30)  # 23:30 in Dhaka
    event = (await an_event(capacity=2))["id"]
    for name in ("asha", "ben", "chen"):
        await api.rsvp(name, event)
    clock.at += timedelta(hours=1)  # another day there
    await api.leave("asha", event)
    await api.rsvp("dina", event, "MAYBE")
    clock.at += timedelta(days=3)
    await stand(module, "ben", "erased", 1)
    found = await api.get("olu", f"/events/{event}/analytics", timeseries="day")
    points = [(one["at"][11:], *(one[name] for name in ("going", "maybe", "declined", "waitlisted")))
              for one in found["timeseries"]]  # fmt: skip
    assert points == [("00:00:00+06:00", 2, 0, 0, 1), ("00:00:00+06:00", 2, 1, 0, 0)]
    assert (found["confirmed"], found["maybe"], found["waitlisted"]) == (2, 1, 0)
    first, second = (at(one["at"]) for one in found["timeseries"])
    assert second - first == timedelta(days=1)
    hours = await api.get("olu", f"/events/{event}/analytics", timeseries="hour")
    assert [one["at"][11:13] for one in hours["timeseries"]] == ["23", "00"]
    assert codes(await api("olu", "GET", f"/events/{event}/analytics?timeseries=minute")) == (422, "invalid")


async def test_a_series_has_400_points_and_ends_with_the_latest(
    api: Api, an_event: AnEvent, events_database: Database, clock: FrozenClock
) -> None:
    # mutants: no bound; the first 400; points that forget what was before them
    event = (await an_event())["id"]
    await events_database.fetch_value(
        """
        INSERT INTO seat_ledger (event_id, entry, at, what, actor, participation_id, status)
        SELECT $1::bigint, n, $2::timestamptz + n * interval '1 hour', 'answered', 'self', n, 'MAYBE'
        FROM generate_series(1, 500) n RETURNING 1
        """,
        event, clock.now(),
    )  # fmt: skip
    points = (await api.get("olu", f"/events/{event}/analytics", timeseries="hour"))["timeseries"]
    assert [one["maybe"] for one in points] == list(range(101, 501))


async def test_my_events_in_a_half_open_window(
    api: Api, an_event: AnEvent, appoint: Appoint, event: int, clock: FrozenClock
) -> None:
    """Kills: an end that is in the window; a start that is not; helpers; drafts; a page that repeats or leaves out."""
    now = clock.now()
    times = [{"start_date": now + timedelta(days=n), "end_date": now + timedelta(days=n, hours=1)} for n in (1, 2, 3)]
    one, two, three = [(await an_event(**given))["id"] for given in times]
    await an_event(**times[0], status="DRAFT")
    await an_event("ben", **times[0])
    theirs = (await an_event("ben", **times[1]))["id"]
    await appoint(theirs, "olu", by="ben")
    await appoint((await an_event("ben", **times[1]))["id"], "olu", "CHECK_IN", by="ben")
    await api.rsvp("asha", one)
    starts, ends = times[0]["start_date"].isoformat(), times[2]["start_date"].isoformat()
    window = {"from": starts, "to": ends}
    seen, cursor = [], None
    while True:
        page = await api.get("olu", "/me/analytics", limit=1, **window, **({"cursor": cursor} if cursor else {}))
        assert page["totals"]["events"] == 3
        assert page["totals"]["confirmed"] == 1
        seen += [item["event_id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [theirs, two, one]
    everything = await api.get("olu", "/me/analytics")
    assert [item["event_id"] for item in everything["items"]] == [three, theirs, two, one, event]
    assert (await api.get("fay", "/me/analytics"))["totals"]["computed_at"] is None
    clock.at += timedelta(hours=3)
    totals = (await api.get("olu", "/me/analytics"))["totals"]
    assert [totals[name] for name in TOTALS] == [5, 4, 1, 2, 2, 1, 2]
    assert totals["attendance_rate"] == 1 / 3  # of what is over


async def test_admins_get_totals_as_they_were_counted(
    api: Api, module: Module, event: int, an_event: AnEvent, clock: FrozenClock, events_database: Database
) -> None:
    """Kills: a job that is not there; drafts; a window that is closed; numbers of an event that is gone."""
    await an_event("ben", status="DRAFT")
    gone = (await an_event("ben"))["id"]
    assert (await api.get("admin:ada", "/admin/analytics"))["confirmed"] == 0
    await module.worker.schedule()
    clock.at += timedelta(hours=3)
    await module.worker.run_due()
    assert await _totals(api, "admin:ada", "/admin/analytics") == [2, 3, 1, 2, 2, 1, 2]
    start = (await api.get("olu", f"/events/{event}"))["start_date"]
    assert (await _totals(api, "admin:ada", "/admin/analytics", to=start))[0] == 0
    late = (datetime.fromisoformat(start) + timedelta(seconds=1)).isoformat()
    assert (await _totals(api, "admin:ada", "/admin/analytics", **{"from": start, "to": late}))[:2] == [1, 3]
    assert (await api("ben", "DELETE", f"/events/{gone}")).status_code == 204
    clock.at += timedelta(minutes=10)
    await module.worker.run_due()
    assert await events_database.fetch(int, "SELECT event_id FROM event_analytics WHERE event_id = $1", gone) == []


async def test_the_numbers_as_a_file(api: Api, event: int) -> None:
    # mutants: a title that is a formula; another answer than the route beside it; kept by a cache
    answer = await api("olu", "GET", f"/events/{event}/analytics/export")
    assert answer.headers["content-disposition"] == f'attachment; filename="analytics-{event}.csv"'
    assert (answer.headers["content-type"].split(";")[0], answer.headers["cache-control"]) == ("text/csv", "no-store")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True)
    assert (row["title"], row["confirmed"], row["no_shows"], row["response_rate"]) == ("'=1+1", "3", "", "0.5")
    told = await api("olu", "GET", f"/events/{event}/analytics/export", params={"format": "json"})
    assert told.json() == [await api.get("olu", f"/events/{event}/analytics")]


async def test_reading_is_a_statement_and_counts_only_what_changed(
    api: Api, an_event: AnEvent, event: int, clock: FrozenClock, events_database: Database
) -> None:
    """Kills: a statement for each event; a read that writes; counting again what holds still."""
    for _ in range(3):
        await an_event()
    statements: list[str] = []
    events_database.observers.append(
        lambda _database, statement, _seconds: statements.append(statement) if "analytics" in statement else None
    )
    await api.get("olu", f"/events/{event}/analytics")
    assert len(statements) == 1
    await api.get("olu", "/me/analytics")
    assert len(statements) == 1 + 2
    assert await events_database.fetch_value("SELECT count(*) FROM event_analytics") == 0
    clock.at += timedelta(days=3)
    repository = AnalyticsRepository(events_database)
    async with events_database.transaction() as session:
        first = await repository.put(session, clock.now(), 0, 100, anew=False)
        again = await repository.put(session, clock.now(), 0, 100, anew=False)
    assert (first.counted, again.counted, again.events) == (4, 0, 4)
    counted_at = clock.now()
    clock.at += timedelta(days=1)
    assert at((await api.get("olu", f"/events/{event}/analytics"))["computed_at"]) == counted_at
