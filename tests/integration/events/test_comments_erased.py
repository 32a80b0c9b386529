"""What becomes of what somebody said who is erased (behaviours: Leaving)."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.integration.events.conftest import AnEvent, Api
from tests.integration.events.test_comments import pages
from tests.integration.events.test_comments_raced import exact
from tests.integration.events.test_erasing import named
from tests.integration.events.test_passed_over import stand


@pytest.fixture
async def event(an_event: AnEvent) -> int:
    """Make a public event."""
    return int((await an_event())["id"])


async def test_his_words_go_and_the_replies_of_others_stay(
    module: Module, api: Api, event: int, an_event: AnEvent, events_database: Database
) -> None:
    # mutants: replies that go with him; a leaf that stays; likes of his that count on; what he said before kept
    other = (await an_event())["id"]
    path = f"/events/{event}/comments"
    first = await api.say("asha", event, "his words")
    await api("asha", "PATCH", f"/comments/{first}", {"content": "other words of his"})
    second = await api.say("asha", event, "more", parent=first)
    third = await api.say("ben", event, "an answer", parent=second)
    await api.say("asha", event, "the last word", parent=second)
    leaf = await api.say("asha", event, "nobody answers")
    thread = await api.say("asha", event, parent=await api.say("asha", event))
    theirs = await api.say("ben", other)
    for who, comment in (("asha", third), ("asha", theirs), ("ben", first), ("chen", third)):
        await api.like(who, comment)
    await stand(module, "asha", "erased", 1)
    assert await pages(api, None, path) == [first]
    (shown,) = (await api.get(None, path))["items"]
    assert (shown["deleted"], shown["author"], shown["content"], shown["likes"]) == (True, None, "", 0)
    (kept,) = (await api.get(None, f"/comments/{second}/replies"))["items"]
    assert (kept["id"], kept["content"], kept["likes"]) == (third, "an answer", 1)
    assert (await api.get(None, f"/comments/{theirs}"))["likes"] == 0
    assert await events_database.fetch_value("SELECT count(*) FROM event_comment_edits") == 0
    gone = await events_database.fetch_value("SELECT count(*) FROM event_comments WHERE id = ANY ($1)", [leaf, thread])
    assert gone == 0
    assert await exact(events_database)
    assert await named(events_database, "asha") == {"members": 1}


async def test_what_he_said_while_he_was_erased_goes_at_night(
    module: Module, api: Api, event: int, events_database: Database, clock: FrozenClock
) -> None:
    # mutant: a comment, or a like, of a request that was under way and is kept for ever
    comment = await api.say("olu", event)
    for name in ("asha", "ben"):
        await stand(module, name, "erased", 1)
    await api.say("asha", event)
    await api.like("ben", comment)
    await module.worker.schedule()
    clock.at += timedelta(hours=24)
    await module.worker.run_due()
    assert [await named(events_database, name) for name in ("asha", "ben")] == [{"members": 1}] * 2
    assert await exact(events_database)


async def test_a_parked_message_of_what_he_said_goes_with_him(
    module: Module, api: Api, event: int, events_database: Database
) -> None:
    # mutant: his name as the one who said it, in a queue nobody empties
    await api.say("asha", event, "@ben", parent=await api.say("chen", event))
    async with events_database.transaction() as session:
        await session.execute(text("UPDATE outbox SET parked_at = now(), due_at = NULL"))
    assert await events_database.fetch_value("SELECT count(*) FROM outbox") == 2
    await stand(module, "asha", "erased", 1)
    assert await events_database.fetch_value("SELECT count(*) FROM outbox") == 0
