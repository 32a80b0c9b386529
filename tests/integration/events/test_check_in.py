"""The door: who is let in by whom and when, and what is made of it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.events.checkins.domain import AFTER, BEFORE, SLACK
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, Appoint, at, codes
from tests.integration.events.test_erasing import named
from tests.integration.events.test_passed_over import stand
from tests.integration.events.test_tickets import ROWS, code_of, scan
from tests.integration.users.conftest import counted

TICK = timedelta(microseconds=1)


@pytest.fixture
async def event(api: Api, an_event: AnEvent, clock: FrozenClock) -> int:
    """Make an event that begins in an hour and lasts two, with two who come and three who do not."""
    start = clock.now() + timedelta(hours=1)
    end = start + timedelta(hours=2)
    event: int = (await an_event(start_date=start, end_date=end, max_guests=5, capacity=4))["id"]
    await api.rsvp("asha", event, guests=2, message="vegetarian")
    await api.rsvp("ben", event)
    await api.rsvp("chen", event, "MAYBE")
    await api.rsvp("dina", event, "NOT_GOING")
    await api.rsvp("emre", event)
    return event


async def let_in(api: Api, event: int, by: str = "olu", **given: object) -> Any:
    """Let somebody in, which must succeed."""
    answer = await api(by, "POST", f"/events/{event}/check-in", given)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_scan_says_who_came_and_the_second_says_when_the_first_was(
    api: Api, event: int, events_database: Database, clock: FrozenClock
) -> None:
    # mutants: a second scan that fails, or moves the time, or takes over who let him in
    code = await code_of(api, "asha", event)
    first = await let_in(api, event, code=code)
    assert first == {
        "username": "asha", "name": "Asha", "photo": None, "guests": 2, "arrived_guests": None,
        "checked_in_at": first["checked_in_at"], "already": False,
    }  # fmt: skip
    assert at(first["checked_in_at"]) == clock.now()
    before = await events_database.fetch_value(ROWS)
    clock.at += timedelta(minutes=7)
    assert await let_in(api, event, code=code) == first | {"already": True}
    assert await let_in(api, event, username="ASHA") == first | {"already": True}
    assert await events_database.fetch_value(ROWS) == before
    assert (await let_in(api, event, username="ben"))["already"] is False


async def test_guests_are_counted_at_the_door_and_no_more_than_were_announced(
    api: Api, event: int, events_database: Database
) -> None:
    # mutants: nobody counted taken for nobody came; more guests than seats; guests who come later left out
    assert (await let_in(api, event, username="asha", arrived_guests=1))["arrived_guests"] == 1
    assert (await let_in(api, event, username="asha", arrived_guests=2))["arrived_guests"] == 2
    assert (await let_in(api, event, username="asha"))["arrived_guests"] == 2
    before = await events_database.fetch_value(ROWS)
    for who, arrived in (("asha", 3), ("ben", 1), ("asha", -1), ("asha", 6)):
        answer = await api("olu", "POST", f"/events/{event}/check-in", {"username": who, "arrived_guests": arrived})
        assert codes(answer) == (422, "invalid"), (who, arrived)
    assert await events_database.fetch_value(ROWS) == before
    assert (await api.rsvp("asha", event, guests=1))["guests"] == 1  # fewer than came: so many were his
    assert (await let_in(api, event, username="asha"))["arrived_guests"] == 1


async def test_by_name_only_who_has_a_seat_is_let_in(api: Api, event: int, events_database: Database) -> None:
    # mutants: let in whoever waits, may, declined, or has never answered; say which of them
    before = await events_database.fetch_value(ROWS)
    refusals = [
        await api("olu", "POST", f"/events/{event}/check-in", {"username": who})
        for who in ("chen", "dina", "emre", "fay", "nobody")
    ]
    assert {(one.status_code, one.json()["detail"]) for one in refusals} == {
        (404, "This member has no seat at the event.")
    }
    code = await code_of(api, "asha", event)
    for body in ({}, {"code": code, "username": "asha"}, {"username": ""}, {"username": "x" * 101}, {"code": ""}):
        assert codes(await api("olu", "POST", f"/events/{event}/check-in", body)) == (422, "invalid")
    assert await events_database.fetch_value(ROWS) == before


async def test_the_door_is_for_those_who_run_the_event(api: Api, an_event: AnEvent, event: int) -> None:
    # mutants: a code that is enough to let oneself in; a door that tells of an event one does not see
    code = await code_of(api, "asha", event)
    hidden = (await an_event(privacy="PRIVATE"))["id"]
    for who, where, refused in (
        ("asha", event, (403, "not-organiser")),
        ("ben", event, (403, "not-organiser")),
        ("asha", hidden, (404, "not-found")),
        ("asha", 10**9, (404, "not-found")),
        (None, event, (401, "unauthenticated")),
        ("admin:ada", event, (403, "forbidden")),
    ):
        assert codes(await scan(api, where, code, by=who)) == refused  # type: ignore[arg-type]
        for method, path in (("GET", "check-in"), ("DELETE", "check-in/asha"), ("GET", "attendance")):
            assert codes(await api(who, method, f"/events/{where}/{path}")) == refused


async def test_a_helper_opens_the_door_and_sees_nothing_else(
    api: Api, an_event: AnEvent, event: int, appoint: Appoint, clock: FrozenClock
) -> None:
    """Kills: a helper without the door; one who reads messages, exports the list or counts attendance."""
    await appoint(event, "gus", "CHECK_IN")
    await appoint(event, "fay", "CO_ORGANISER")
    code = await code_of(api, "asha", event)
    assert (await let_in(api, event, by="gus", code=code))["already"] is False
    assert (await let_in(api, event, by="gus", username="ben"))["already"] is False
    assert len((await api.get("gus", f"/events/{event}/check-in"))["items"]) == 2
    assert (await api("gus", "DELETE", f"/events/{event}/check-in/ben")).status_code == 204
    for path in ("attendance", "participants/export"):
        assert codes(await api("gus", "GET", f"/events/{event}/{path}")) == (403, "not-organiser")
        assert (await api("fay", "GET", f"/events/{event}/{path}")).status_code == 200
    assert (await let_in(api, event, by="fay", username="ben"))["already"] is False
    start = clock.now() + timedelta(hours=1)
    other = (await an_event(start_date=start, end_date=start + timedelta(hours=1)))["id"]
    assert codes(await api("gus", "GET", f"/events/{other}/check-in")) == (403, "not-organiser")
    hidden = (await an_event(privacy="PRIVATE", start_date=start, end_date=start + timedelta(hours=1)))["id"]
    assert codes(await scan(api, hidden, "x", by="gus")) == (404, "not-found")
    await appoint(hidden, "gus", "CHECK_IN")
    assert codes(await scan(api, hidden, "x", by="gus")) == (422, "ticket-refused")


async def test_of_50_scans_at_once_one_is_the_first(api: Api, event: int) -> None:
    """Kills: a look whether he is in, and then a write."""
    code = await code_of(api, "asha", event)
    found = await asyncio.gather(
        *(let_in(api, event, code=code) if number % 2 else let_in(api, event, username="asha") for number in range(50))
    )
    assert sorted(one["already"] for one in found) == [False] + [True] * 49
    assert len({one["checked_in_at"] for one in found}) == 1


async def test_a_scan_and_an_answer_taken_back_at_once_leave_one_of_the_two(
    api: Api, event: int, events_database: Database
) -> None:
    """Kills: somebody who is in without a seat; a scan and an answer that wait for each other for ever."""
    for _ in range(10):
        code = await code_of(api, "asha", event)
        scanned, answered = await asyncio.gather(
            scan(api, event, code), api("asha", "PUT", f"/events/{event}/rsvp", {"status": "MAYBE"})
        )
        assert answered.status_code == 200
        assert scanned.status_code in {200, 422}
        left = "SELECT count(*) FROM event_participations WHERE checked_in_at IS NOT NULL AND status <> 'GOING'"
        assert await events_database.fetch_value(left) == 0
        await api.rsvp("asha", event)
        assert await events_database.fetch_value("SELECT count(checked_in_at) FROM event_participations") == 0


async def test_the_door_opens_twelve_hours_before_and_closes_a_day_after(
    api: Api, event: int, clock: FrozenClock, events_database: Database
) -> None:
    # mutants: any edge with or without equality; a window of `at` alone, or of now alone; undo at any time
    code = await code_of(api, "asha", event)
    start, end = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=3)
    for moment, is_open in (
        (start - BEFORE - TICK, False), (start - BEFORE, True), (end + AFTER, True), (end + AFTER + TICK, False),
    ):  # fmt: skip
        clock.at = moment
        expected = [200, 204] if is_open else [409, 409]
        given = {"at": start.isoformat()} if moment > start else {}
        answers = [
            await api("olu", "POST", f"/events/{event}/check-in", {"code": code, **given}),
            await api("olu", "DELETE", f"/events/{event}/check-in/asha"),
        ]
        assert [one.status_code for one in answers] == expected, moment
        if not is_open:
            assert {codes(one) for one in answers} == {(409, "check-in-closed")}
    assert await events_database.fetch_value("SELECT count(checked_in_at) FROM event_participations") == 0


async def test_what_is_sent_later_says_when_it_was(api: Api, event: int, clock: FrozenClock) -> None:
    # mutants: the time of sending; a time to come; a time at which the door was closed; a time without an offset
    path, now = f"/events/{event}/check-in", clock.now()
    start, end = now + timedelta(hours=1), now + timedelta(hours=3)
    clock.at = end + timedelta(hours=20)
    late = start + timedelta(minutes=3)
    assert at((await let_in(api, event, username="asha", at=late.isoformat()))["checked_in_at"]) == late
    ahead = clock.now() + SLACK
    for wrong, refused in (
        (ahead + TICK, (422, "invalid")),
        (start - BEFORE - TICK, (409, "check-in-closed")),
        (late.replace(tzinfo=None), (422, "invalid")),
    ):
        answer = await api("olu", "POST", path, {"username": "ben", "at": wrong.isoformat()})
        assert codes(answer) == refused, wrong
    for extreme in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        answer = await api("olu", "POST", path, {"username": "ben", "at": extreme})
        assert answer.status_code in {409, 422}, answer.text
    found = await let_in(api, event, username="ben", at=ahead.isoformat())
    assert at(found["checked_in_at"]) == clock.now()  # the scanner's clock is ahead


async def test_nobody_is_let_in_to_what_is_cancelled(api: Api, event: int) -> None:
    code = await code_of(api, "asha", event)
    await api("olu", "POST", f"/events/{event}/cancel")
    assert codes(await scan(api, event, code)) == (409, "check-in-closed")


async def test_whoever_came_to_what_is_put_off_has_not_come_yet(api: Api, event: int, clock: FrozenClock) -> None:
    # mutants: a check-in that outlives the day it was for; one forgotten for an hour's delay
    await let_in(api, event, username="asha")
    for later, came in ((timedelta(hours=2), True), (timedelta(days=3), False)):
        start = clock.now() + later
        moved = {"start_date": start, "end_date": start + timedelta(hours=2)}
        assert (await api("olu", "PATCH", f"/events/{event}", moved)).status_code == 200
        shown = (await api.get("olu", f"/events/{event}/participants"))["items"]
        asha = next(one for one in shown if one["username"] == "asha")
        assert (asha["checked_in_at"] is not None) == came


async def test_a_mistake_at_the_door_is_taken_back(api: Api, event: int, events_database: Database) -> None:
    # mutants: an undo of somebody else; one that leaves who let him in, or his guests; one that fails twice
    before = await events_database.fetch_value(ROWS)
    for who in ("asha", "ben"):
        await let_in(api, event, username=who, arrived_guests=0)
    for who in ("asha", "ASHA", "nobody", "chen"):
        assert (await api("olu", "DELETE", f"/events/{event}/check-in/{who}")).status_code == 204
    page = await api.get("olu", f"/events/{event}/check-in")
    assert [(one["username"], one["checked_in_at"] is None) for one in page["items"]] == [
        ("asha", True), ("ben", False),
    ]  # fmt: skip
    await api("olu", "DELETE", f"/events/{event}/check-in/ben")
    assert await events_database.fetch_value(ROWS) == before
    assert (await let_in(api, event, code=await code_of(api, "asha", event)))["already"] is False


async def test_the_list_at_the_door_tells_what_the_door_needs(api: Api, event: int) -> None:
    # mutants: messages or answers of the others at the door; a filter that is not looked at
    await let_in(api, event, username="ben")
    page = await api.get("olu", f"/events/{event}/check-in")
    assert page["next_cursor"] is None
    assert page["items"][0] == {
        "username": "asha", "name": "Asha", "photo": None, "guests": 2, "arrived_guests": None, "checked_in_at": None,
    }  # fmt: skip
    for wanted, names in (("true", ["ben"]), ("false", ["asha"])):
        page = await api.get("olu", f"/events/{event}/check-in", checked_in=wanted)
        assert [one["username"] for one in page["items"]] == names
    first = await api.get("olu", f"/events/{event}/check-in", limit=1)
    rest = await api.get("olu", f"/events/{event}/check-in", limit=1, cursor=first["next_cursor"])
    assert [one["username"] for one in (*first["items"], *rest["items"])] == ["asha", "ben"]
    assert rest["next_cursor"] is None
    other = {"cursor": first["next_cursor"], "q": "a"}
    assert codes(await api("olu", "GET", f"/events/{event}/check-in", params=other)) == (400, "malformed")


async def test_people_are_found_by_name_in_bounded_steps(
    api: Api, event: int, events_database: Database, directory: FakeUserDirectory
) -> None:
    """Kills: a search of usernames alone; accents that count; one that reads everybody at once, or stops early."""
    async with events_database.transaction() as session:
        await session.execute(
            text("""
            INSERT INTO event_participations (event_id, participant_username, status, responded_at)
            SELECT :event, 'm' || lpad(n::text, 4, '0'), 'GOING', now() FROM generate_series(0, 1499) n
            """),
            {"event": event},
        )
    directory.add("m1400", "Zoë Ångström")
    directory.add("m0003", "Zoe Ray")

    async def find(q: str, limit: int = 20) -> list[list[str]]:
        pages, cursor = [], {}
        while True:
            statements.clear()
            page = await api.get("olu", f"/events/{event}/check-in", q=q, limit=limit, **cursor)
            assert len(statements) <= 6, statements
            pages.append([one["username"] for one in page["items"]])
            if page["next_cursor"] is None:
                return pages
            cursor = {"cursor": page["next_cursor"]}

    statements: list[str] = []
    events_database.observers.append(
        lambda _database, statement, _seconds: (
            statements.append(statement) if "event_participations" in statement else None
        )
    )
    assert await find("ZOE") == [["m0003"], ["m1400"]]
    assert await find("angstrom") == [[], ["m1400"]]
    assert await find("m0007") == [["m0007"], []]
    assert await find("zoe", limit=1) == [["m0003"], ["m1400"]]
    found = await find("m14", limit=30)
    assert [one for page in found for one in page] == [f"m{number}" for number in range(1400, 1500)]
    assert await find("%") == [[], []]
    directory.down = True
    assert await find("m1400") == [[], ["m1400"]]


async def test_a_block_keeps_nobody_at_the_door_from_his_duty(
    api: Api, event: int, directory: FakeUserDirectory
) -> None:
    directory.block("asha", "olu")
    assert (await api.get("olu", f"/events/{event}/check-in"))["items"][0]["name"] == "Asha"
    assert (await let_in(api, event, username="asha"))["name"] == "Asha"


async def test_the_door_goes_on_without_the_other_module(api: Api, event: int, directory: FakeUserDirectory) -> None:
    # mutant: let Unavailable through
    directory.down = True
    found = await let_in(api, event, code=await code_of(api, "asha", event))
    assert (found["username"], found["name"], found["degraded"]) == ("asha", None, True)


async def test_participants_show_organisers_who_came(api: Api, event: int) -> None:
    when = (await let_in(api, event, username="asha"))["checked_in_at"]
    everything = await api.get("olu", f"/events/{event}/participants")
    assert [one["checked_in_at"] for one in everything["items"]] == [when, None, None, None, None]
    assert all("checked_in_at" not in one for one in (await api.get("ben", f"/events/{event}/participants"))["items"])


async def test_attendance_counts_who_came_and_after_the_end_who_did_not(
    api: Api, an_event: AnEvent, event: int, clock: FrozenClock
) -> None:
    # mutants: no-shows before the end; whoever waits, or may, counted; a rate over nothing
    expected = {
        "confirmed": 2, "attended": 0, "no_shows": None, "attendance_rate": 0.0, "guests": 2, "arrived_guests": 0,
    }  # fmt: skip
    assert await api.get("olu", f"/events/{event}/attendance") == expected
    await let_in(api, event, username="asha", arrived_guests=1)
    counted = {"attended": 1, "attendance_rate": 0.5, "arrived_guests": 1}
    assert await api.get("olu", f"/events/{event}/attendance") == expected | counted
    clock.at += timedelta(hours=3)
    assert await api.get("olu", f"/events/{event}/attendance") == expected | counted | {"no_shows": 1}
    empty = (await an_event())["id"]
    found = await api.get("olu", f"/events/{empty}/attendance")
    assert (found["confirmed"], found["attendance_rate"], found["no_shows"]) == (0, None, None)


async def test_who_is_erased_is_counted_on_and_named_nowhere(
    module: Module, api: Api, event: int, clock: FrozenClock, events_database: Database
) -> None:
    """Kills: attendance that shrinks with an erasure; a helper whose name stays beside whom he let in."""
    await let_in(api, event, username="asha", arrived_guests=2)
    await let_in(api, event, username="ben")
    clock.at += timedelta(days=3)
    before = await api.get("olu", f"/events/{event}/attendance")
    assert (before["confirmed"], before["attended"], before["no_shows"]) == (2, 2, 0)
    await stand(module, "asha", "erased", 1)
    assert await api.get("olu", f"/events/{event}/attendance") == before
    assert await named(events_database, "asha") == {"members": 1}
    await stand(module, "olu", "erased", 2)
    assert await named(events_database, "olu") == {"members": 1}
    still = "SELECT count(*) FROM event_participations WHERE checked_in_at IS NOT NULL AND checked_in_by IS NULL"
    assert await events_database.fetch_value(still) == 1


@pytest.mark.usefixtures("event")
async def test_a_helper_who_let_somebody_in_while_he_was_erased_is_found_by_night(
    module: Module, clock: FrozenClock, events_database: Database
) -> None:
    """Kills: a name at the door that was written while its member was erased, and is kept for ever."""
    await stand(module, "gus", "erased", 1)
    async with events_database.transaction() as session:
        await session.execute(
            text("UPDATE event_participations SET checked_in_at = now(), checked_in_by = 'gus' WHERE status = 'GOING'")
        )
    await module.worker.schedule()
    clock.at += timedelta(hours=24)
    await module.worker.run_due()
    assert await named(events_database, "gus") == {"members": 1}


async def test_what_the_door_costs(
    api: Api, event: int, events_database: Database, directory: FakeUserDirectory
) -> None:
    # mutants: a card per row; the event read again; a lock of the event, which all answers wait for
    code = await code_of(api, "asha", event)
    for request, expected, batches in (
        (lambda: let_in(api, event, code=code), 3, 1),
        (lambda: let_in(api, event, code=code), 2, 1),
        (lambda: api.get("olu", f"/events/{event}/check-in"), 2, 1),
        (lambda: api.get("olu", f"/events/{event}/attendance"), 2, 0),
        (lambda: api.get("asha", f"/events/{event}/rsvp/ticket"), 1, 0),
    ):
        directory.calls = 0
        with counted(events_database) as statements:
            await request()
        assert (len(statements), directory.calls) == (expected, batches), statements
        assert not any("FROM events" in one and "FOR UPDATE" in one for one in statements)
