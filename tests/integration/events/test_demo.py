"""The events of the demo are the same for the same seed, and keep every rule."""

from datetime import UTC, datetime
from typing import Any

from ijaa.events import demo
from ijaa.shared.database import Database
from tests.integration.events.test_comments_raced import exact

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
MEMBERS = [f"member{number:03}" for number in range(500)]

_WRONG_COUNTERS = """
SELECT count(*) FROM events e WHERE
    e.going <> (SELECT coalesce(sum(1 + guests), 0) FROM event_participations p
                WHERE p.event_id = e.id AND p.status = 'GOING')
 OR e.waiting <> (SELECT count(*) FROM event_participations p WHERE p.event_id = e.id AND p.status = 'WAITLISTED')
 OR e.waitlist_seq <> (SELECT coalesce(max(seq), 0) FROM event_participations p WHERE p.event_id = e.id)
 OR e.going > e.capacity
 OR EXISTS (SELECT FROM event_participations p WHERE p.event_id = e.id AND p.status = 'WAITLISTED'
            AND e.going + 1 + p.guests <= e.capacity)
 OR EXISTS (SELECT FROM event_participations p WHERE p.event_id = e.id
            AND (p.guests > e.max_guests OR p.responded_at NOT BETWEEN e.created_at AND $1
                 OR p.participant_username = e.created_by_username))
 OR (e.privacy <> 'PUBLIC' AND EXISTS (SELECT FROM event_participations p WHERE p.event_id = e.id AND NOT EXISTS (
     SELECT FROM event_invitations i WHERE i.event_id = e.id AND i.invited_username = p.participant_username)))
"""
_TALK = "SELECT count(*), count(parent_id) FROM event_comments"
_FACTS = """
SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM event_participations),
       (SELECT count(*) FROM events WHERE start_date > $1), (SELECT count(*) FROM events WHERE waiting > 0),
       (SELECT count(DISTINCT privacy) FROM events), (SELECT count(DISTINCT timezone) FROM events),
       (SELECT md5(string_agg(title || start_date || going, ',' ORDER BY id)) FROM events)
"""


async def _facts(database: Database) -> tuple[Any, ...]:
    rows: list[tuple[Any, ...]] = await database.fetch(lambda *row: row, _FACTS, NOW)  # type: ignore[arg-type]
    return rows[0]


async def test_the_demo_is_believable_and_exact(events_database: Database) -> None:
    # mutant: counters that are made up; answers past the capacity; strangers at a private event
    assert await demo.seed(events_database, MEMBERS, seed=2009, now=NOW) == 60
    events, answers, upcoming, full, privacies, zones, _ = await _facts(events_database)
    assert events == 60
    assert 2500 <= answers <= 3000
    assert 10 <= upcoming <= 40
    assert full >= 5
    assert privacies == 3
    assert zones >= 5
    assert await events_database.fetch_value(_WRONG_COUNTERS, NOW) == 0
    said, replies = await events_database.fetch_one(lambda *row: row, _TALK) or (0, 0)
    assert 500 <= said <= 1000
    assert said / 4 < replies < said
    assert await exact(events_database)


async def test_seeding_twice_changes_nothing(events_database: Database) -> None:
    # mutant: a random that is not the seed's; no look whether there is anything
    assert await demo.seed(events_database, MEMBERS[:20], seed=1, now=NOW, count=8, participations=60) == 8
    before = await _facts(events_database)
    assert await demo.seed(events_database, MEMBERS[:20], seed=2, now=NOW) == 0
    assert await _facts(events_database) == before
