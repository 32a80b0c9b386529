"""What a message that a member was erased does here (behaviours: Leaving)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.http.modules import Module
from tests.integration.events.conftest import AnEvent, Api, Invite, codes
from tests.integration.events.test_passed_over import places, stand

COUNTED = """
SELECT e.going - coalesce(sum(1 + p.guests) FILTER (WHERE p.status = 'GOING'), 0)
     - coalesce((SELECT sum(seats) FROM erased_answers WHERE event_id = e.id), 0),
       e.waiting - count(p.id) FILTER (WHERE p.status = 'WAITLISTED')
FROM events e LEFT JOIN event_participations p ON p.event_id = e.id GROUP BY e.id
"""
"""How far the counters of each event are from its rows."""


async def named(database: Database, username: str) -> dict[str, int]:
    """Return how many rows of each table name somebody."""
    tables = await database.fetch(str, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    counts = {one: f"SELECT count(*) FROM {one} t WHERE t::text ~ '\\m{username}\\M'" for one in tables}
    found = {one: await database.fetch_value(sql) for one, sql in counts.items()}
    return {one: number for one, number in found.items() if number and one != "outbox"}


async def exact(database: Database) -> bool:
    """Whether every counter agrees with the rows it counts."""
    return {tuple(row) for row in await database.fetch(lambda *row: row, COUNTED)} <= {(0, 0)}


async def test_his_seats_are_handed_on_and_his_places_given_up(
    module: Module, api: Api, an_event: AnEvent, events_database: Database
) -> None:
    """Kills: a row deleted without its seats; seats freed twice; nobody promoted; a waitlist counted wrong."""
    full, waiting = (await an_event(capacity=3, max_guests=1))["id"], (await an_event(capacity=1))["id"]
    await api.rsvp("asha", full, guests=1)
    for name in ("ben", "chen", "dina"):
        await api.rsvp(name, full)
    await api.rsvp("ben", waiting)
    for name in ("asha", "chen"):
        await api.rsvp(name, waiting)
    await stand(module, "asha", "erased", 1)
    assert await places(api, full, "ben", "chen", "dina") == [("GOING", None)] * 3
    assert await places(api, waiting, "ben", "chen") == [("GOING", None), ("WAITLISTED", 1)]
    assert codes(await api("asha", "GET", f"/events/{full}/rsvp")) == (404, "not-found")
    assert await exact(events_database)
    assert await named(events_database, "asha") == {"members": 1}
    promoted = "SELECT data ->> 'username' FROM outbox WHERE type LIKE '%seat-promoted%' ORDER BY seq"
    assert await events_database.fetch(str, promoted) == ["chen", "dina"]


async def test_of_what_is_over_the_numbers_stay(
    module: Module, api: Api, an_event: AnEvent, events_database: Database, clock: FrozenClock
) -> None:
    """Kills: a past event that had fewer guests than it had; one that promotes; a number that names somebody."""
    event = (await an_event(capacity=3, max_guests=2))["id"]
    await api.rsvp("asha", event, guests=1, message="Asha's words")
    await api.rsvp("emre", event)
    await api.rsvp("ben", event)
    await api.rsvp("chen", event, "MAYBE")
    clock.at += timedelta(days=2)
    before = await api.get("dina", f"/events/{event}")
    listed = {"include_total": True}
    total = (await api.get("dina", f"/events/{event}/participants", **listed))["total"]
    for number, name in enumerate(("asha", "emre", "chen"), 1):
        await stand(module, name, "erased", number)
    after = await api.get("dina", f"/events/{event}")
    assert (after["seats_taken"], after["waitlisted"]) == (before["seats_taken"], before["waitlisted"]) == (3, 1)
    page = await api.get("dina", f"/events/{event}/participants", **listed)
    assert (page["items"], page["total"], total) == ([], 3, 3)
    counted = await events_database.fetch_value(
        "SELECT json_agg(json_build_array(status, answers, seats) ORDER BY status)::text FROM erased_answers"
    )
    assert counted == '[["GOING", 2, 3], ["MAYBE", 1, 0]]'
    assert await exact(events_database)
    assert [await named(events_database, name) for name in ("asha", "emre")] == [{"members": 1}] * 2
    assert codes(await api("olu", "DELETE", f"/events/{event}")) == (409, "event-has-participants")


async def test_what_he_organises_goes_on_without_him(
    module: Module, api: Api, an_event: AnEvent, invite: Invite, events_database: Database, clock: FrozenClock
) -> None:
    """Kills: an event that goes with its organiser; one that names him; one nobody is told needs somebody."""
    personal = {"organizer_name": "Olu Obi", "organizer_email": "olu@mail.example", "invite_message": "Olu asks you"}
    past = (await an_event(**personal))["id"]
    clock.at += timedelta(days=2)
    coming = (await an_event(capacity=1, privacy="PRIVATE", **personal))["id"]
    draft, cancelled = (await an_event(status="DRAFT"))["id"], (await an_event())["id"]
    await api("olu", "POST", f"/events/{cancelled}/cancel")
    await invite(coming, "asha", "ben")
    async with events_database.transaction() as session:
        await session.execute(text("UPDATE event_invitations SET personal_message = 'Yours, Olu'"))
    await api.rsvp("olu", coming)
    await api.rsvp("asha", coming)
    seen = await api.get("asha", f"/events/{coming}")
    await stand(module, "olu", "erased", 1)

    found = await api.get("asha", f"/events/{coming}")
    assert (found["status"], found["created_by_username"], found["organizer"]) == ("NEEDS_ORGANISER", None, None)
    assert [found[name] for name in personal] == [None] * 3
    assert (found["title"], found["my_rsvp"], found["version"]) == (seen["title"], "GOING", seen["version"] + 1)
    assert (await api.get("ben", f"/events/{coming}"))["id"] == coming  # still invited
    assert codes(await api("asha", "PATCH", f"/events/{coming}", {"title": "Mine"})) == (403, "not-organiser")
    assert codes(await api("asha", "GET", f"/events/{draft}")) == (404, "not-found")
    assert [(await api.get("asha", f"/events/{one}"))["status"] for one in (past, cancelled)] == [
        "PUBLISHED", "CANCELLED",
    ]  # fmt: skip
    await api.leave("asha", coming)
    listed = await api.get("admin:ada", "/events/needing-organiser")
    assert [(one["id"], one["privacy"]) for one in listed["items"]] == [(coming, "PRIVATE")]
    assert codes(await api("asha", "GET", "/events/needing-organiser")) == (403, "forbidden")
    assert await named(events_database, "olu") == {"members": 1}
    assert await exact(events_database)


async def test_nobody_is_told_of_answers_to_nobodys_event(
    module: Module, api: Api, an_event: AnEvent, events_database: Database
) -> None:
    """Kills: a message to an organiser who is None, which nobody can take in."""
    event = (await an_event())["id"]
    await stand(module, "olu", "erased", 1)
    async with events_database.transaction() as session:
        await session.execute(text("UPDATE events SET status = 'PUBLISHED'"))  # as an organiser who is found may
    await api.rsvp("asha", event)
    assert await events_database.fetch_value("SELECT count(*) FROM outbox WHERE type LIKE '%answer-given%'") == 0


async def test_who_is_erased_stays_so(module: Module, events_database: Database) -> None:
    """Kills: an older message that comes late, or a newer one of a database put back, that brings him back."""
    standing = "SELECT standing FROM members WHERE username = 'asha'"
    await stand(module, "asha", "suspended", 9)
    for told, number in (("erased", 5), ("active", 4), ("active", 12), ("suspended", 13)):
        await stand(module, "asha", told, number)
        assert await events_database.fetch_value(standing) == "erased"


async def test_the_effect_and_the_receipt_are_one(
    module: Module, api: Api, an_event: AnEvent, events_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a message that counts as received though half of it was done, and never comes again."""
    event = (await an_event())["id"]
    await api.rsvp("asha", event)
    erase = "ijaa.events.members.repository.MemberRepository.erase"

    async def fail(*_: Any) -> None:
        raise Unavailable("The database is away.")

    with monkeypatch.context() as patch:
        patch.setattr(erase, fail)
        with pytest.raises(Unavailable):
            await stand(module, "asha", "erased", 1)
    assert await places(api, event, "asha") == [("GOING", None)]
    assert (
        await events_database.fetch_value("SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM members)") == 0
    )
    await stand(module, "asha", "erased", 1)
    assert await named(events_database, "asha") == {"members": 1}


async def test_what_he_wrote_while_he_was_erased_goes_at_night(
    module: Module, api: Api, an_event: AnEvent, invite: Invite, events_database: Database, clock: FrozenClock
) -> None:
    """Kills: a request that was under way and is kept for ever."""
    event = (await an_event(capacity=1))["id"]
    for name in ("asha", "ben"):
        await stand(module, name, "erased", 1)
    await api.rsvp("asha", event)
    await invite(event, "ben")
    await api.rsvp("chen", event)
    assert (await an_event(by="ben"))["created_by_username"] == "ben"
    await module.worker.schedule()
    clock.at += timedelta(hours=24)
    await module.worker.run_due()
    assert [await named(events_database, name) for name in ("asha", "ben")] == [{"members": 1}] * 2
    assert await exact(events_database)
    assert await places(api, event, "chen") == [("GOING", None)]


async def test_a_parked_message_does_not_keep_his_name(module: Module, events_database: Database) -> None:
    """Kills: a queue that a person looks at and nobody empties, as a place where names live on."""
    put = """
    INSERT INTO outbox (id, type, subject, data, created_at, parked_at)
    VALUES (gen_random_uuid(), 'x', CAST(:subject AS text), CAST(:data AS jsonb), now(), now())
    """
    parked = (("asha", '{"username": "asha"}'), ("7", '{"usernames": ["ben", "asha"], "organisers": ["asha"]}'))
    async with events_database.transaction() as session:
        for subject, data in parked:
            await session.execute(text(put), {"subject": subject, "data": data})
    await stand(module, "asha", "erased", 1)
    assert await events_database.fetch(str, "SELECT data::text FROM outbox") == [
        '{"usernames": ["ben"], "organisers": []}'
    ]


async def test_the_nightly_job_ends_though_somebody_cannot_be_erased(
    module: Module, an_event: AnEvent, invite: Invite, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a job that tries the same member for ever."""
    event = (await an_event())["id"]
    await stand(module, "asha", "erased", 1)
    await invite(event, "asha")
    tried = []

    async def fail(_: object, __: object, usernames: list[str]) -> None:
        tried.append(usernames)

    monkeypatch.setattr("ijaa.events.members.repository.MemberRepository.erase", fail)
    await module.worker.schedule()
    clock.at += timedelta(hours=24)
    async with asyncio.timeout(10):
        await module.worker.run_due()
    assert tried == [["asha"]]
