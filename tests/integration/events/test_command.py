"""`ijaa events seats-check`, on events that are what their ledgers say and on one that is not."""

import asyncio
import json
import os

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from ijaa.commands.events import events
from ijaa.shared.database import Database
from tests.integration.events.conftest import AnEvent, Api


@pytest.fixture
def environ(servers: dict[str, str], users_dsn: str, events_dsn: str) -> dict[str, str]:
    """Return the environment of a deployment."""
    names = ("IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY", "IJAA_DATA", "IJAA_MAIL_URL")
    given = {name: servers[name] for name in names if name in servers}
    return {**given, "IJAA_USERS_DATABASE_URL": users_dsn, "IJAA_EVENTS_DATABASE_URL": events_dsn}


async def _check(environ: dict[str, str], *arguments: str) -> Result:
    unset = {name: None for name in os.environ if name.startswith("IJAA_")}
    runner = CliRunner(env={**unset, **environ})
    return await asyncio.to_thread(runner.invoke, events, ["seats-check", *arguments])


async def test_a_difference_is_named_and_ends_with_1(
    environ: dict[str, str], api: Api, an_event: AnEvent, events_database: Database
) -> None:
    # mutants: end with 0 whatever was found; look at the counters alone; look at every event when asked for one
    sound, other = [(await an_event(capacity=1))["id"] for _ in range(2)]
    for name in ("asha", "ben"):
        await api.rsvp(name, sound)
        await api.rsvp(name, other)
    found = await _check(environ)
    assert (found.exit_code, found.stdout) == (0, "2 events with 4 entries: all are what the ledger says.\n")
    async with events_database.transaction() as session:
        await session.execute(
            text("UPDATE event_participations SET status = 'GOING', seq = NULL WHERE event_id = :id AND seq = 1"),
            {"id": other},
        )
    found = await _check(environ, "--json")
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert [one["event_id"] for one in told["differing"]] == [other]
    assert told["differing"][0]["differences"][0].endswith("is status=GOING, by the ledger status=WAITLISTED seq=1")
    assert (await _check(environ, "--event", str(sound))).exit_code == 0
    said = await _check(environ, "--event", str(other))
    assert said.exit_code == 1
    assert f"event {other}: answer" in said.stdout


async def test_what_the_ledger_lacks_is_carried_over(
    environ: dict[str, str], api: Api, an_event: AnEvent, events_database: Database
) -> None:
    # mutants: carry an answer over twice; write the counters of a broken event into its ledger
    event, broken = [(await an_event(capacity=1))["id"] for _ in range(2)]
    await api.rsvp("asha", event)
    await api.rsvp("asha", broken)
    older = (  # as a release without a ledger writes
        "UPDATE event_participations SET status = 'MAYBE' WHERE event_id = :id",
        """
        INSERT INTO event_participations (event_id, participant_username, status, seq, responded_at)
        VALUES (:id, 'ben', 'GOING', NULL, now()), (:id, 'chen', 'WAITLISTED', 1, now())
        """,
        "UPDATE events SET waiting = 1, waitlist_seq = 1 WHERE id = :id",
    )
    async with events_database.transaction() as session:
        for statement in older:
            await session.execute(text(statement), {"id": event})
        await session.execute(text("UPDATE events SET going = 7 WHERE id = :id"), {"id": broken})
    found = await _check(environ, "--carry-over")
    assert found.exit_code == 1
    assert found.stdout.startswith(f"event {broken}: going is 7, by the ledger 1\n2 events")
    assert (await _check(environ, "--event", str(event), "--carry-over")).exit_code == 0
    await api.leave("ben", event)
    history = (await api.get("chen", f"/events/{event}/rsvp"))["history"]
    assert [one["what"] for one in history] == ["carried-over", "promoted"]
    assert (await _check(environ, "--event", str(event))).exit_code == 0
