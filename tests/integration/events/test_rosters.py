"""The list of participants as a file."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, codes

COLUMNS = [
    "username", "name", "status", "guests", "message", "responded_at", "position", "checked_in_at", "arrived_guests",
    "degraded",
]  # fmt: skip


@pytest.fixture
async def event(api: Api, an_event: AnEvent, clock: FrozenClock) -> int:
    """Make an event with answers of every kind, and one who is in."""
    start = clock.now() + timedelta(hours=1)
    times = {"start_date": start, "end_date": start + timedelta(hours=2)}
    event: int = (await an_event(**times, max_guests=2, capacity=3))["id"]
    await api.rsvp("asha", event, guests=2, message='=HYPERLINK("https://evil.example";"Menu")')
    await api.rsvp("ben", event, "MAYBE", message='two "lines",\nand a comma')
    await api.rsvp("chen", event, "NOT_GOING", message="@me")
    await api.rsvp("dina", event)
    await api.rsvp("emre", event)
    await api("olu", "POST", f"/events/{event}/check-in", {"username": "asha", "arrived_guests": 1})
    return event


async def sheet(api: Api, event: int, who: str = "olu") -> list[dict[str, str]]:
    """Return the rows of the CSV file."""
    answer = await api(who, "GET", f"/events/{event}/participants/export")
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True))


async def test_an_organiser_takes_along_all_he_may_see(api: Api, event: int, clock: FrozenClock) -> None:
    # mutants: GOING alone; a place in the line that is the row's; a message that a spreadsheet runs
    rows = await sheet(api, event)
    assert list(rows[0]) == COLUMNS
    assert [(one["username"], one["name"], one["status"], one["position"]) for one in rows] == [
        ("asha", "Asha", "GOING", ""), ("ben", "Ben", "MAYBE", ""), ("chen", "Chen", "NOT_GOING", ""),
        ("dina", "Dina", "WAITLISTED", "1"), ("emre", "Emre", "WAITLISTED", "2"),
    ]  # fmt: skip
    assert [one["message"] for one in rows[:3]] == [
        '\'=HYPERLINK("https://evil.example";"Menu")', 'two "lines",\nand a comma', "'@me",
    ]  # fmt: skip
    assert (rows[0]["guests"], rows[0]["arrived_guests"], rows[0]["degraded"]) == ("2", "1", "false")
    assert rows[0]["checked_in_at"][:19] == clock.now().isoformat()[:19]
    assert rows[1]["checked_in_at"] == ""


async def test_json_says_the_same_and_nothing_is_changed_for_spreadsheets(api: Api, event: int) -> None:
    answer = await api("olu", "GET", f"/events/{event}/participants/export", params={"format": "json"})
    rows = answer.json()
    assert [list(one) for one in rows] == [COLUMNS] * 5
    assert rows[0]["message"].startswith("=HYPERLINK")
    assert [one["position"] for one in rows] == [None, None, None, 1, 2]
    wrong = await api("olu", "GET", f"/events/{event}/participants/export", params={"format": "xlsx"})
    assert codes(wrong) == (422, "invalid")


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_it_is_a_file_to_be_saved_and_kept_by_no_cache(api: Api, event: int, form: str) -> None:
    answer = await api("olu", "GET", f"/events/{event}/participants/export", params={"format": form})
    assert answer.headers["content-disposition"] == f'attachment; filename="participants-{event}.{form}"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"].split(";")[0] == {"csv": "text/csv", "json": "application/json"}[form]


async def test_it_is_for_organisers_and_who_took_it_is_written_down(
    api: Api, an_event: AnEvent, event: int, events_database: Database
) -> None:
    # mutants: a list for whoever sees the event; an entry after the answer, or with names in it
    hidden = (await an_event(privacy="PRIVATE"))["id"]
    for who, where, refused in (
        ("asha", event, (403, "not-organiser")), ("asha", hidden, (404, "not-found")),
        ("asha", 10**9, (404, "not-found")), (None, event, (401, "unauthenticated")),
        ("admin:ada", event, (403, "forbidden")),
    ):  # fmt: skip
        assert codes(await api(who, "GET", f"/events/{where}/participants/export")) == refused
    assert await events_database.fetch_value("SELECT count(*) FROM audit_log") == 0
    await sheet(api, event)
    entries = await events_database.fetch(
        lambda *row: row, "SELECT action, actor, subject, details::text FROM audit_log"
    )
    assert entries == [("participants-exported", "USER_olu", f"event/{event}", '{"format": "csv"}')]


async def test_a_block_leaves_no_gap_for_an_organiser(
    api: Api, an_event: AnEvent, directory: FakeUserDirectory
) -> None:
    # mutant: cards as the organiser would see them off duty
    directory.block("asha", "olu")
    event = (await an_event())["id"]
    for name in ("asha", "ben"):
        await api.rsvp(name, event)
    assert [(one["username"], one["name"]) for one in await sheet(api, event)] == [("asha", "Asha"), ("ben", "Ben")]


async def test_without_the_other_module_it_says_that_names_are_missing(
    api: Api, event: int, directory: FakeUserDirectory
) -> None:
    # mutant: let Unavailable through, or leave the rows out
    directory.down = True
    rows = await sheet(api, event)
    assert [(one["username"], one["name"], one["degraded"]) for one in rows][:2] == [
        ("asha", "", "true"), ("ben", "", "true"),
    ]  # fmt: skip
    assert len(rows) == 5


async def test_5000_leave_in_batches_of_a_constant_cost(
    api: Api, an_event: AnEvent, events_database: Database, directory: FakeUserDirectory
) -> None:
    """Kills: everything read at once; a statement or a card for each row; a row twice or never at a seam."""
    event = (await an_event(capacity=1))["id"]
    async with events_database.transaction() as session:
        await session.execute(
            text("""
            INSERT INTO event_participations (event_id, participant_username, status, seq, message, responded_at)
            SELECT :event, 'm' || n, 'WAITLISTED', 6000 - n, repeat('é', 500), now() FROM generate_series(1, 5000) n
            """),
            {"event": event},
        )
    statements: list[str] = []
    events_database.observers.append(
        lambda _database, statement, _seconds: (
            statements.append(statement) if "event_participations" in statement else None
        )
    )
    directory.calls = directory.looks = 0
    answer = await api("olu", "GET", f"/events/{event}/participants/export", params={"format": "json"})
    rows: list[dict[str, Any]] = json.loads(answer.content)
    assert [one["username"] for one in rows] == [f"m{number}" for number in range(1, 5001)]
    assert [one["position"] for one in rows] == list(range(5000, 0, -1))
    assert len(statements) == 1 + 11  # who asks, and ten batches and the end of them
    assert (directory.calls, directory.looks) == (10, 1)  # whom blocks hide is remembered
