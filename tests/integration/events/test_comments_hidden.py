"""Whose comments somebody does not see: of members blocks hide from him, and of suspended ones."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest

from ijaa.events.adapters.cached_user_directory import FRESH
from ijaa.shared.clock import FrozenClock
from ijaa.shared.http.modules import Module
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, Appoint, Invite, codes
from tests.integration.events.test_comments import pages
from tests.integration.events.test_passed_over import stand

Block = Callable[..., None]


@pytest.fixture
async def event(an_event: AnEvent) -> int:
    """Make a public event."""
    return int((await an_event())["id"])


@pytest.fixture
def block(directory: FakeUserDirectory, clock: FrozenClock) -> Block:
    """Return what hides two members from each other, or no more, whatever is remembered of them."""

    def blocked(one: str, other: str, *, ends: bool = False) -> None:
        (directory.unblock if ends else directory.block)(one, other)
        clock.at += FRESH + timedelta(seconds=1)

    return blocked


async def test_nothing_is_there_of_who_is_hidden(api: Api, event: int, block: Block) -> None:
    # mutants: a block that works one way; a page that is short; counts that tell; replies to what is not there
    path = f"/events/{event}/comments"
    mine = await api.say("asha", event)
    theirs = await api.say("ben", event)
    below = await api.say("chen", event, parent=theirs)
    answers = [await api.say(who, event, parent=mine) for who in ("ben", "chen", "ben", "dina")]
    deep = await api.say("ben", event, parent=answers[1])
    block("ben", "asha")
    for viewer, hidden in (("asha", "ben"), ("ben", "asha")):
        found = await api.get(viewer, path, include_total=True)
        assert f'"{hidden}"' not in str(found).replace("'", '"'), viewer
    found = await api.get("asha", path, limit=1, include_total=True)
    assert ([one["id"] for one in found["items"]], found["next_cursor"], found["total"]) == ([mine], None, 1)
    (shown,) = found["items"]
    assert (shown["reply_count"], [one["id"] for one in shown["replies"]]) == (2, [answers[1], answers[3]])
    assert (shown["replies"][0]["reply_count"], shown["replies_cursor"]) == (0, None)
    assert await pages(api, "asha", f"/comments/{mine}/replies") == [answers[1], answers[3]]
    for one in (theirs, below, answers[0], deep):
        for method, suffix, body in (
            ("GET", "", None), ("GET", "/replies", None), ("PUT", "/like", None), ("DELETE", "", None),
            ("PATCH", "", {"content": "x"}),
        ):  # fmt: skip
            assert codes(await api("asha", method, f"/comments/{one}{suffix}", body)) == (404, "not-found")
        answer = await api("asha", "POST", path, {"content": "x", "parent_id": one})
        assert answer.json()["errors"][0]["detail"] == "is no comment of this event that can be answered"
    assert await pages(api, "ben", path) == [theirs]
    for viewer in ("dina", None):
        assert await pages(api, viewer, path) == [theirs, mine]


async def test_no_tombstone_stands_for_somebody_hidden(api: Api, event: int, block: Block) -> None:
    # mutants: a tombstone that tells that somebody hidden said something below it, one level down or two
    path = f"/events/{event}/comments"
    first = await api.say("chen", event)
    second = await api.say("chen", event, parent=first)
    await api.say("ben", event, parent=second)
    await api.unsay("chen", second)
    await api.unsay("chen", first)
    assert await pages(api, "asha", path) == [first]
    block("ben", "asha")
    assert (await api.get("asha", path, include_total=True))["total"] == 0
    assert await pages(api, "asha", path) == []
    for one in (first, second):
        assert codes(await api("asha", "GET", f"/comments/{one}")) == (404, "not-found")
    await api.say("dina", event, parent=await api.say("dina", event))
    assert first in await pages(api, "dina", path)


async def test_an_organiser_on_duty_sees_everything_by_name(api: Api, event: int, block: Block) -> None:
    # mutants: a block that keeps what is said from who has to keep order; a nameless author
    comment = await api.say("asha", event)
    block("asha", "olu")
    (shown,) = (await api.get("olu", f"/events/{event}/comments"))["items"]
    assert (shown["id"], shown["author"]["name"]) == (comment, "Asha")
    assert (await api.get("olu", f"/comments/{comment}"))["author"]["name"] == "Asha"
    await api.unsay("olu", comment)


async def test_who_runs_it_beside_its_owner_is_on_duty_and_who_stands_at_the_door_is_not(
    api: Api, an_event: AnEvent, invite: Invite, appoint: Appoint, block: Block
) -> None:
    # mutants: a co-organiser who is kept from what is said; a helper who keeps order, or is a stranger
    event = (await an_event(privacy="INVITE_ONLY"))["id"]
    await appoint(event, "ben", "CO_ORGANISER")
    await appoint(event, "chen", "CHECK_IN")
    await invite(event, "asha")
    comment = await api.say("asha", event)
    mine = [await api.say(who, event) for who in ("ben", "chen")]
    for who in ("ben", "chen"):
        block(who, "asha")
    path = f"/events/{event}/comments"
    assert await pages(api, "ben", path) == [*mine[::-1], comment]
    assert await pages(api, "chen", path) == mine[::-1]
    assert codes(await api("chen", "DELETE", f"/comments/{mine[0]}")) == (403, "not-author")
    await api.unsay("ben", comment)


async def test_what_the_suspended_said_is_not_there_until_they_are_back(module: Module, api: Api, event: int) -> None:
    # mutants: suspended members who are read; comments that do not come back; the organiser who sees them all the same
    path = f"/events/{event}/comments"
    comment = await api.say("asha", event)
    answer = await api.say("ben", event, parent=comment)
    other = await api.say("ben", event)
    await api.say("asha", event, parent=other)
    await stand(module, "asha", "suspended", 1)
    for viewer in (None, "chen", "olu"):
        (shown,) = (await api.get(viewer, path))["items"]
        assert (shown["id"], shown["reply_count"], shown["replies"]) == (other, 0, [])
        assert codes(await api(viewer, "GET", f"/comments/{answer}")) == (404, "not-found")
    await stand(module, "asha", "active", 2)
    assert await pages(api, None, path) == [other, comment]


async def test_whoever_is_hidden_no_page_is_short(api: Api, event: int, block: Block) -> None:
    # mutant: leave rows out of a page that was cut already
    path, names = f"/events/{event}/comments", ("asha", "ben", "chen")
    comments = {name: [await api.say(name, event) for _ in range(3)] for name in names}
    for viewer, hidden in permutations(names, 2):
        block(viewer, hidden)
        seen = sorted((one for name in names if name != hidden for one in comments[name]), reverse=True)
        for limit in (1, 2, 5):
            assert await pages(api, viewer, path, limit=limit) == seen
        assert await pages(api, viewer, path, limit=3, sort="popular") == seen
        block(viewer, hidden, ends=True)
