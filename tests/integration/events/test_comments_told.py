"""Whom a comment tells, and that those who watch hear of it."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.events.catalogue.repository import EventRepository
from ijaa.shared.database import Database
from tests.integration.events.conftest import AnEvent, Api, Invite

_TOLD = "SELECT type, data::text FROM outbox WHERE type ~ 'mentioned|replied|answer-given' ORDER BY seq"


@pytest.fixture
async def event(an_event: AnEvent) -> int:
    """Make a public event."""
    return int((await an_event())["id"])


async def told(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """Return what was told since the last time, by the word in the middle of its type."""
    found = await database.fetch(lambda kind, data: (kind.split(".")[2], json.loads(data)), _TOLD)
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM outbox"))
    return found


async def test_who_is_answered_is_told_and_who_is_named(api: Api, event: int, events_database: Database) -> None:
    # mutants: tell oneself; tell twice who is answered and named; tell everybody above; ring at the organiser's
    first = await api.say("asha", event)
    assert await told(events_database) == []
    second = await api.say("ben", event, "@asha, @ben and @Chen: look", parent=first)
    assert await told(events_database) == [
        ("comment-replied", {"username": "asha", "by": "ben", "event_id": event, "title": "Reunion",
                             "parent_id": first, "comment_id": second}),
        ("mentioned", {"event_id": event, "by": "ben", "title": "Reunion", "comment_id": second,
                       "usernames": ["chen"]}),
    ]  # fmt: skip
    await api.say("ben", event, parent=second)
    assert await told(events_database) == []
    await api.say("asha", event, parent=second)
    assert [data["username"] for _, data in await told(events_database)] == ["ben"]


async def test_nobody_is_told_of_what_he_may_not_see(
    api: Api, an_event: AnEvent, invite: Invite, events_database: Database
) -> None:
    # mutants: a mention that tells of a private event; a reply to who is invited no more
    private = (await an_event(privacy="PRIVATE"))["id"]
    await invite(private, "ben", "chen")
    first = await api.say("ben", private, "@asha @chen @olu @nobody-at-all")
    assert [data["usernames"] for _, data in await told(events_database)] == [["chen", "olu"]]
    async with events_database.transaction() as session:
        await session.execute(text("DELETE FROM event_invitations WHERE invited_username = 'ben'"))
    await api.say("chen", private, "@ben", parent=first)
    assert await told(events_database) == []


async def test_an_edit_tells_whom_it_names_for_the_first_time(api: Api, event: int, events_database: Database) -> None:
    # mutants: tell everybody again; tell again who was taken out and put in; tell nobody
    comment = await api.say("ben", event, "@asha")
    await told(events_database)
    for content, names in (
        ("@asha @chen", ["chen"]), ("nobody", None), ("@asha @chen @dina!", ["dina"]), ("@asha @chen @dina", None),
    ):  # fmt: skip
        assert (await api("ben", "PATCH", f"/comments/{comment}", {"content": content})).status_code == 200
        assert [data["usernames"] for _, data in await told(events_database)] == ([names] if names else [])


async def test_whoever_watches_hears_that_something_was_said(api: Api, event: int, events_database: Database) -> None:
    # mutants: a count that is kept wrong; an edit, or a removal, nobody hears of; the text in what is shown
    async def shown() -> dict[str, Any]:
        state = await EventRepository(events_database).live(str(event))
        assert state is not None
        assert [part.event for part in state.parts] == ["participation", "comment"]
        found: dict[str, Any] = json.loads(state.parts[1].data)
        return found

    seen = [await shown()]
    first = await api.say("asha", event, "words")
    seen.append(await shown())
    second = await api.say("ben", event, "words", parent=first)
    seen.append(await shown())
    await api("ben", "PATCH", f"/comments/{second}", {"content": "other words"})
    seen.append(await shown())
    await api.unsay("asha", first)
    seen.append(await shown())
    await api.unsay("ben", second)
    seen.append(await shown())
    assert [one["comments"] for one in seen] == [0, 1, 2, 2, 1, 0]
    versions = [one["version"] for one in seen]
    assert versions == sorted(set(versions))
    assert {*seen[0]} == {"event_id", "comments", "version"}
