"""What is shown to somebody who did not look for it: trending, similar, recommended."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.events.discovery.repository import DiscoveryRepository
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.fakes import FakeMemberInterests, FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, Invite, codes

Refresh = Callable[[], Awaitable[None]]
_ANSWERED = text("""
INSERT INTO event_participations (event_id, participant_username, status, responded_at)
SELECT :event_id, 'm' || n, :status, :at FROM generate_series(1, CAST(:people AS int)) n
""")


@pytest.fixture
def refresh(events_database: Database, clock: FrozenClock) -> Refresh:
    """Return what the job does every five minutes."""

    async def done() -> None:
        async with events_database.transaction() as session:
            await DiscoveryRepository(events_database).refresh(session, clock.now())

    return done


@pytest.fixture
def crowd(events_database: Database) -> Callable[..., Awaitable[None]]:
    """Return what has people answer an event at some moment."""

    async def answered(event: int, people: int, at: datetime, status: str = "GOING") -> None:
        async with events_database.transaction() as session:
            await session.execute(_ANSWERED, {"event_id": event, "people": people, "at": at, "status": status})

    return answered


async def _ids(api: Api, who: str | None, path: str, **params: Any) -> list[int]:
    return [one["id"] for one in (await api.get(who, path, **params))["items"]]


async def _reasons(api: Api, who: str | None, path: str, **params: Any) -> dict[int, dict[str, Any]]:
    items = (await api.get(who, path, **params))["items"]
    return {one["id"]: {reason.pop("code"): reason for reason in one["reasons"]} for one in items}


async def test_trending_counts_what_went_on_lately_half_as_much_every_three_days(
    api: Api, an_event: AnEvent, refresh: Refresh, crowd: Callable[..., Awaitable[None]], clock: FrozenClock
) -> None:
    """Kills: no decay, another half-life or window, refusals that count, an order by seats taken."""
    now = clock.now()
    plans = {
        "fresh": (3, 0.1, "GOING"), "older": (5, 3.2, "MAYBE"), "old": (9, 6.3, "WAITLISTED"),
        "ancient": (900, 31, "GOING"), "refused": (50, 0.1, "NOT_GOING"), "asked": (2, 0.1, "PENDING"),
    }  # fmt: skip
    made = {}
    for title, (people, days, status) in plans.items():
        made[title] = (await an_event(title=title))["id"]
        if status != "WAITLISTED":
            await crowd(made[title], people, now - timedelta(days=days), status)
        else:
            await crowd(made[title], people, now - timedelta(days=days))

    def score(title: str) -> float:
        people, days, status = plans[title]
        return 0 if days > 30 or status == "NOT_GOING" else people * 0.5 ** (days / 3)

    assert await _ids(api, "asha", "/events/trending") == []
    await refresh()
    expected = sorted((one for one in plans if score(one)), key=score, reverse=True)
    assert await _ids(api, None, "/events/trending") == [made[one] for one in expected]
    assert await _ids(api, None, "/events/trending", limit=2) == [made[one] for one in expected[:2]]
    clock.at += timedelta(days=1, minutes=1)  # all of them began
    assert await _ids(api, "asha", "/events/trending") == []
    await refresh()
    clock.at = now
    assert await _ids(api, "asha", "/events/trending") == []


async def test_trending_counts_who_writes_and_who_answers_once_each(
    api: Api, an_event: AnEvent, refresh: Refresh
) -> None:
    """Kills: comments left out, each of somebody counted, tombstones counted."""
    loud, two, deleted = (await an_event())["id"], (await an_event())["id"], (await an_event())["id"]
    for _ in range(4):
        await api.say("asha", loud)
    for name in ("ben", "chen"):
        await api.say(name, two)
    await api.rsvp("ben", two)
    await api.unsay("dina", await api.say("dina", deleted))
    await refresh()
    assert await _ids(api, None, "/events/trending") == [two, loud]


@pytest.fixture
async def world(
    api: Api, an_event: AnEvent, invite: Invite, events_database: Database, refresh: Refresh,
    interests: FakeMemberInterests,
) -> dict[tuple[str, str], int]:  # fmt: skip
    """Make alike events of every privacy in every status that everything speaks for."""
    made = {}
    for privacy, status in product(
        ("PUBLIC", "INVITE_ONLY", "PRIVATE"), ("PUBLISHED", "DRAFT", "CANCELLED", "COMPLETED", "NEEDS_ORGANISER")
    ):
        event = made[privacy, status] = (
            await an_event(privacy=privacy, title="Chess", event_type="GAME", tags=["chess"], location="Secret Garden")
        )["id"]
        friends = ("chen", "dina", "emre", "fay")
        await invite(event, *friends)
        for friend in friends:
            await api.rsvp(friend, event)
        async with events_database.transaction() as session:
            await session.execute(
                text(
                    "UPDATE events SET status = :status,"
                    " cancelled_at = CASE WHEN :status = 'CANCELLED' THEN now() END WHERE id = :id"
                ).bindparams(status=status, id=event)
            )
    for name in ("asha", "ben"):
        interests.put(name, "chess", location="Secret Garden", connections=("chen", "dina", "emre", "fay"))
    await invite(made["PRIVATE", "PUBLISHED"], "ben")
    await refresh()
    return made


async def test_nothing_hidden_is_shown_or_counted(api: Api, world: dict[tuple[str, str], int]) -> None:
    """Kills: VISIBLE left out of any of the three, or of what a reason is made of; what nobody can join any more."""
    public, closed, private = (world[privacy, "PUBLISHED"] for privacy in ("PUBLIC", "INVITE_ONLY", "PRIVATE"))
    seen: dict[str | None, set[int]] = {None: {public}, "asha": {public, closed}, "ben": {public, closed, private}}
    for who, expected in seen.items():
        assert set(await _ids(api, who, "/events/trending")) == expected
        for event in (*world.values(), 999_999):
            answer = await api(who, "GET", f"/events/{event}/similar")
            if event in {one["id"] for one in (await api.get(who, "/events", limit=100))["items"]}:
                assert {one["id"] for one in answer.json()["items"]} == expected - {event}
            else:
                assert codes(answer) == (404, "not-found")
        if who is not None:
            assert set(await _ids(api, who, "/events/recommended")) == expected
    assert (await api(None, "GET", "/events/recommended")).status_code == 401
    # where a closed event is, is no reason, and no reason to be found at its place
    for path in (f"/events/{public}/similar", "/events/recommended"):
        reasons = await _reasons(api, "asha", path)
        assert not {"same-place", "near-you"} & reasons[closed].keys()
        item = next(one for one in (await api.get("asha", path))["items"] if one["id"] == closed)
        assert item["location"] is None
    assert "same-place" not in (await _reasons(api, "asha", f"/events/{closed}/similar"))[public]


async def test_similar_says_what_is_shared_and_orders_by_it(
    api: Api, an_event: AnEvent, crowd: Callable[..., Awaitable[None]], clock: FrozenClock
) -> None:
    """Kills: any reason left out or made up; attendees named, or counted where they are few; what is over; itself."""
    shared = {"event_type": "Social", "location": "Café Zürich", "tags": ["food", "dhaka"]}
    seed = (await an_event(**shared))["id"]
    twin = (await an_event(event_type="SOCIAL", location="cafe zurich", tags=["dhaka", "food", "tea"]))["id"]
    tag, place = (await an_event(tags=["food"]))["id"], (await an_event(location="CAFE ZURICH"))["id"]
    met, few = (await an_event())["id"], (await an_event())["id"]
    await an_event(title="other", event_type="", location="", tags=[])
    begun = (await an_event(**shared, start_date=clock.now() + timedelta(minutes=1)))["id"]
    clock.at += timedelta(minutes=2)
    for event, people in ((seed, 4), (met, 3), (few, 2)):
        await crowd(event, people, clock.now())
    found = await _reasons(api, None, f"/events/{seed}/similar")
    assert found == {
        twin: {"shared-tags": {"values": ["dhaka", "food"]}, "same-type": {}, "same-place": {}},
        tag: {"shared-tags": {"values": ["food"]}},
        place: {"same-place": {}},
        met: {"shared-attendees": {"count": 3}},
    }
    assert [*found] == [twin, tag, place, met]
    assert begun not in found
    assert await _ids(api, "asha", f"/events/{seed}/similar", limit=1) == [twin]
    assert codes(await api("asha", "GET", f"/events/{seed}/similar?limit=11")) == (422, "invalid")


async def test_recommended_follows_interests_connections_history_and_place(
    api: Api, an_event: AnEvent, interests: FakeMemberInterests, refresh: Refresh, clock: FrozenClock
) -> None:
    """Kills: any reason left out or made up, a weight moved, what he answered or organises, full events first."""
    interests.put("asha", "Chéss", "deep sea", location="Dhaka", connections=("ben", "chen", "dina", "emre"))
    past = (await an_event(tags=["tea"], event_type="TALK", end_date=clock.now() + timedelta(days=1, hours=1)))["id"]
    await api.rsvp("asha", past)
    clock.at += timedelta(days=2)
    full = (await an_event(title="chess deep sea", capacity=1))["id"]
    await api.rsvp("gus", full)
    friends = (await an_event(title="Friends"))["id"]
    for name, status in (("ben", "GOING"), ("chen", "MAYBE"), ("dina", "GOING"), ("emre", "GOING"), ("fay", "GOING")):
        await api.rsvp(name, friends, status)
    likes, near = (await an_event(title="CHESS night"))["id"], (await an_event(location="dhaka"))["id"]
    half = (await an_event(title="deep thoughts"))["id"]
    known, kind = (await an_event(tags=["tea", "x"]))["id"], (await an_event(event_type="talk"))["id"]
    for mine in ((await an_event(by="asha"))["id"], (await an_event(title="chess, declined"))["id"]):
        await api("asha", "PUT", f"/events/{mine}/rsvp", {"status": "NOT_GOING"})
    await api.rsvp("ben", full)  # waits: no reason
    found = await _reasons(api, "asha", "/events/recommended")
    members = [{"username": one, "name": one.title(), "photo": None} for one in ("ben", "chen", "dina")]
    assert found == {
        friends: {"connections-going": {"count": 4, "members": members}},
        likes: {"your-interests": {"values": ["Chéss"]}},
        known: {"tags-you-went-to": {"values": ["tea"]}},
        near: {"near-you": {}},
        kind: {"type-you-went-to": {}},
        half: {"coming-soon": {}},
        full: {"your-interests": {"values": ["Chéss", "deep sea"]}},
    }
    assert [*found] == [friends, likes, known, near, kind, half, full]
    await refresh()
    assert (await _reasons(api, "asha", "/events/recommended"))[full].keys() == {"your-interests", "trending"}
    assert await _ids(api, "asha", "/events/recommended", limit=2) == [friends, likes]
    assert (await api.get("asha", "/events/recommended"))["degraded"] is False


async def test_whom_a_block_hides_is_no_reason_and_his_events_are_not_recommended(
    api: Api, an_event: AnEvent, interests: FakeMemberInterests, directory: FakeUserDirectory
) -> None:
    """Kills: connections taken as they are told, or hidden organisers' events shown."""
    interests.put("asha", connections=("ben", "chen"))
    event, his = (await an_event())["id"], (await an_event(by="ben"))["id"]
    for name in ("ben", "chen"):
        await api.rsvp(name, event)
    directory.block("ben", "asha")
    found = await _reasons(api, "asha", "/events/recommended")
    assert (his in found, found[event]["connections-going"]["count"]) == (False, 1)
    assert [one["username"] for one in found[event]["connections-going"]["members"]] == ["chen"]


async def test_without_the_users_module_history_and_what_is_trending_remain(
    api: Api, an_event: AnEvent, interests: FakeMemberInterests, directory: FakeUserDirectory, refresh: Refresh
) -> None:
    """Kills: 503 where there is something to show; the failure not told."""
    interests.put("asha", "chess", connections=("ben",))
    went, known, busy = [(await an_event(**given))["id"] for given in ({"tags": ["tea"]}, {"tags": ["tea"]}, {})]
    await api.rsvp("asha", went)
    await api.rsvp("ben", busy)
    await refresh()
    interests.down = directory.down = True
    answer = await api.get("asha", "/events/recommended")
    assert (answer["degraded"], answer["next_cursor"]) == (True, None)
    assert [one["organizer"]["degraded"] for one in answer["items"]] == [True, True]
    assert await _reasons(api, "asha", "/events/recommended") == {
        known: {"tags-you-went-to": {"values": ["tea"]}}, busy: {"trending": {}},
    }  # fmt: skip
    assert (await api("asha", "GET", f"/events/{went}/similar")).status_code == 200
    assert (await api(None, "GET", "/events/trending")).status_code == 200


async def test_what_is_shown_costs_the_same_however_much_there_is(
    api: Api, an_event: AnEvent, interests: FakeMemberInterests, refresh: Refresh, directory: FakeUserDirectory,
    events_database: Database,
) -> None:  # fmt: skip
    """Kills: a statement or a batch of cards for each event or reason."""
    interests.put("asha", "chess", "tea", location="Dhaka", connections=("ben", "chen", "dina"))
    for number in range(6):
        event = (await an_event(title="Chess", tags=["tea"], location="Dhaka", by=("olu", "fay")[number % 2]))["id"]
        for name in ("ben", "chen", "dina"):
            await api.rsvp(name, event)
    await refresh()
    statements: list[str] = []
    events_database.observers.append(
        lambda _database, statement, _seconds: statements.append(statement) if "e.start_date" in statement else None
    )
    for path, expected in (("/events/trending", 1), (f"/events/{event}/similar", 2), ("/events/recommended", 1)):
        statements.clear()
        directory.calls = 0
        assert len((await api.get("asha", path))["items"]) >= 5
        assert (len(statements), directory.calls) == (expected, 1), (path, statements)
