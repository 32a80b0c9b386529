"""A thousand answers at once, through HTTP and two worker processes (behaviours: capacity, waitlist)."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec

from ijaa.shared.database import Database
from tests.builders import a_member
from tests.e2e.conftest import SignIn
from tests.e2e.processes import serving
from tests.e2e.rush import put_at_once

CROWD = 1_000
CAPACITY = 100


class Place(msgspec.Struct, frozen=True):
    username: str
    status: str
    seq: int | None


async def test_a_thousand_answers_for_a_hundred_seats(
    deployment: dict[str, str],
    sign_in: SignIn,
    users_database: Database,
    events_database: Database,
    tmp_path: Path,
) -> None:
    # mutants: count, then insert (oversells); take seq outside the row lock (order differs from the commits)
    await a_member(users_database, "organiser")
    with serving(["--workers", "2"], deployment, tmp_path / "log") as url:
        event = await _an_event(url, await sign_in("organiser", url))
        tokens = {name: await sign_in(name, url) for name in (f"member{number}" for number in range(CROWD))}
        answers = await put_at_once(f"{url}/api/v1/events/{event}/rsvp", list(tokens.values()), {"status": "GOING"})
    assert Counter(status for status, _ in answers) == {200: CROWD}
    said = {name: body for name, (_, body) in zip(tokens, answers, strict=True)}
    assert Counter(answer["status"] for answer in said.values()) == {"GOING": CAPACITY, "WAITLISTED": CROWD - CAPACITY}
    assert all(answer["seats_taken"] <= CAPACITY for answer in said.values())

    rows = await events_database.fetch(
        Place, "SELECT participant_username, status, seq FROM event_participations WHERE event_id = $1", event
    )
    waiting = sorted((row for row in rows if row.status == "WAITLISTED"), key=lambda row: row.seq or 0)
    assert [row.seq for row in waiting] == list(range(1, CROWD - CAPACITY + 1))
    # nobody left in between, so the position told at commit is the place in the order
    assert [said[row.username]["position"] for row in waiting] == list(range(1, CROWD - CAPACITY + 1))
    counters = await events_database.fetch_value(
        "SELECT format('%s/%s', going, waiting) FROM events WHERE id = $1", event
    )
    assert counters == f"{CAPACITY}/{CROWD - CAPACITY}"


async def _an_event(url: str, token: str) -> int:
    start = datetime.now(UTC) + timedelta(days=30)
    body = {
        "title": "Reunion",
        "start_date": start.isoformat(),
        "end_date": (start + timedelta(hours=3)).isoformat(),
        "timezone": "Asia/Dhaka",
        "capacity": CAPACITY,
    }
    async with httpx.AsyncClient() as client:
        created = await client.post(f"{url}/api/v1/events", json=body, headers={"Authorization": f"Bearer {token}"})
    assert created.status_code == 201, created.text
    identity: int = created.json()["id"]
    return identity
