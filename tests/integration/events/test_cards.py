"""Cards of members that are remembered, and forgotten when a message says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from ijaa.events.adapters import cached_user_directory
from ijaa.events.adapters.cached_user_directory import FRESH, STALE, CachedUserDirectory
from ijaa.events.members.feed import SKEW, MemberFeed
from ijaa.events.members.repository import MemberRepository
from ijaa.events.ports import MemberCard
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.listener import Listener
from ijaa.shared.redis import connect
from tests.fakes import FakeUserDirectory
from tests.patient import patient


@pytest.fixture
async def redis(servers: dict[str, str]) -> AsyncIterator[Redis]:
    """Give an empty Redis."""
    client = patient(servers["IJAA_REDIS_URL"])
    await client.flushdb()
    yield client
    await client.aclose()


@asynccontextmanager
async def a_process(
    database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> AsyncIterator[tuple[CachedUserDirectory, MemberFeed]]:
    """Give what one process remembers and hears."""
    feed = MemberFeed(clock)
    cached = CachedUserDirectory(directory, redis, feed, clock, namespace="tests")
    async with Listener("events", database.url, [feed]).run(), cached.running():
        yield cached, feed


async def _changed(database: Database, clock: FrozenClock, name: str, feed: MemberFeed) -> None:
    learned = clock.now()
    async with database.transaction() as session:
        await MemberRepository().note(session, [name], clock.now())
    async with asyncio.timeout(30):
        while feed.holds(name, learned):
            await asyncio.sleep(0.01)


async def test_a_card_is_asked_for_once_and_shown_to_everybody(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> None:
    # mutants: ask every time; show the public what members see; remember nothing of who is unknown
    directory.add("asha", "Asha Rahman")
    async with a_process(events_database, directory, redis, clock) as (cached, _):
        for viewer, name in ((None, None), ("bilal", "Asha Rahman"), ("asha", "Asha Rahman"), (None, None)):
            cards = await cached.cards(["asha", "nobody"], viewer)
            assert dict(cards) == {"asha": MemberCard(username="asha", name=name, photo=None)}
    assert directory.calls == 1
    async with a_process(events_database, directory, redis, clock) as (other, _):
        assert (await other.cards(["asha"], "bilal"))["asha"].name == "Asha Rahman"
    assert directory.calls == 1


async def test_a_card_this_process_knows_is_not_fetched_from_redis_again(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> None:
    # mutants: a round trip for each card; a card in this process that outlives its time
    directory.add("asha", "Asha Rahman")
    async with a_process(events_database, directory, redis, clock) as (cached, _):
        await cached.cards(["asha"], "bilal")
        await redis.flushdb()
        assert (await cached.cards(["asha"], "bilal"))["asha"].name == "Asha Rahman"
        assert directory.calls == 1
        clock.at += FRESH
        await cached.cards(["asha"], "bilal")
        assert directory.calls == 2


async def test_what_another_process_learned_later_counts_more_than_what_this_one_remembers(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> None:
    # mutant: an old card of this process in the way of a new one that all have
    directory.add("asha", "Asha Rahman")
    async with (
        a_process(events_database, directory, redis, clock) as (here, _),
        a_process(events_database, directory, redis, clock) as (there, _),
    ):
        await here.cards(["asha"], "bilal")
        clock.at += FRESH
        await there.cards(["asha"], "bilal")
        assert directory.calls == 2
        await here.cards(["asha"], "bilal")
        assert directory.calls == 2


async def test_many_who_want_one_card_ask_once(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> None:
    # mutant: no flight that others join
    directory.add("asha", "Asha Rahman")
    async with a_process(events_database, directory, redis, clock) as (cached, _):
        await asyncio.gather(*(cached.cards(["asha"], "bilal") for _ in range(50)))
    assert directory.calls == 1


async def test_a_member_who_changed_is_never_shown_as_he_was(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> None:
    # mutants: believe Redis alone; show what is old while the directory is down although it has changed
    directory.add("asha", "Asha Rahman")
    async with (
        a_process(events_database, directory, redis, clock) as (here, feed),
        a_process(events_database, directory, redis, clock) as (there, far),
    ):
        assert (await here.cards(["asha"], "bilal"))["asha"].name == "Asha Rahman"
        clock.at += timedelta(minutes=1)
        directory.add("asha", "Asha Rahman", "suspended")
        await _changed(events_database, clock, "asha", feed)
        await _changed(events_database, clock, "asha", far)
        assert await here.cards(["asha"], "bilal") == await there.cards(["asha"], "bilal") == {}
        directory.down = True
        for cached in (here, there):
            assert (await cached.cards(["asha"], "bilal"))["asha"].degraded
        directory.down = False
        clock.at += SKEW + timedelta(seconds=1)
        before = directory.calls
        for cached in (here, there, here):
            assert await cached.cards(["asha"], "bilal") == {}
        assert directory.calls == before + 1


async def test_old_cards_are_better_than_none_while_the_directory_is_down(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> None:
    directory.add("asha", "Asha Rahman")
    directory.add("bilal", "Bilal Khan")
    async with a_process(events_database, directory, redis, clock) as (cached, _):
        await cached.cards(["asha"], "chitra")
        directory.down = True
        clock.at += FRESH + timedelta(seconds=1)
        cards = await cached.cards(["asha", "bilal"], "chitra")
        assert (cards["asha"].name, cards["asha"].degraded) == ("Asha Rahman", False)
        assert (cards["bilal"].name, cards["bilal"].degraded) == (None, True)
        clock.at += STALE
        assert (await cached.cards(["asha"], "chitra"))["asha"].degraded


async def test_without_redis_or_the_feed_everything_is_asked(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> None:
    # mutants: trust what is remembered while nobody tells of changes; fail with Redis
    directory.add("asha", "Asha Rahman")
    async with a_process(events_database, directory, redis, clock) as (cached, feed):
        await cached.cards(["asha"], "bilal")
        feed.lost()
        await cached.cards(["asha"], "bilal")
        assert directory.calls == 2
        directory.down = True
        with pytest.raises(Unavailable):
            await cached.cards(["asha"], "bilal")
    directory.down = False
    away = connect("redis://127.0.0.1:1")
    async with a_process(events_database, directory, away, clock) as (cached, _):
        for _ in range(2):
            assert (await cached.cards(["asha"], "bilal"))["asha"].name == "Asha Rahman"
    await away.aclose()


async def test_who_is_hidden_is_asked_once_and_forgotten_with_a_message(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> None:
    # mutants: ask for every page; remember a block that was lifted, or none; show the old card of somebody blocked
    for name in ("asha", "bilal"):
        directory.add(name, name.title())
    async with a_process(events_database, directory, redis, clock) as (cached, feed):
        for _ in range(3):
            assert (await cached.cards(["asha"], "bilal"))["asha"].name == "Asha"
            assert await cached.hidden("bilal") == frozenset()
        assert directory.looks == 1
        directory.block("asha", "bilal")
        await _changed(events_database, clock, "bilal", feed)
        for _ in range(2):  # for some seconds it is asked each time: clocks differ
            assert await cached.hidden("bilal") == {"asha"}
            assert dict(await cached.cards(["asha"], "bilal")) == {}
            assert (await cached.cards(["asha"], "chitra"))["asha"].name == "Asha"
        clock.at += SKEW + timedelta(seconds=1)
        looks = directory.looks
        for _ in range(2):
            assert await cached.hidden("bilal") == {"asha"}
        assert directory.looks == looks + 1
        directory.unblock("asha", "bilal")
        await _changed(events_database, clock, "bilal", feed)
        assert (await cached.cards(["asha"], "bilal"))["asha"].name == "Asha"


async def test_without_knowing_who_is_hidden_nobody_is_named(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock
) -> None:
    # mutants: take an unknown set for an empty one; keep an old set for ever, or beyond a change
    directory.add("asha", "Asha")
    async with a_process(events_database, directory, redis, clock) as (cached, feed):
        await cached.cards(["asha"], "bilal")
        directory.down = True
        assert (await cached.cards(["asha"], "chitra"))["asha"].degraded
        clock.at += FRESH + timedelta(seconds=1)
        assert (await cached.cards(["asha"], "bilal"))["asha"].name == "Asha"
        await _changed(events_database, clock, "bilal", feed)
        assert (await cached.cards(["asha"], "bilal"))["asha"].degraded
        with pytest.raises(Unavailable):
            await cached.hidden("bilal")


async def test_no_more_is_kept_of_who_is_hidden_than_fits(
    events_database: Database, directory: FakeUserDirectory, redis: Redis, clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    # mutant: remember everybody who ever looked
    monkeypatch.setattr(cached_user_directory, "_MANY", 2)
    async with a_process(events_database, directory, redis, clock) as (cached, _):
        for viewer in ("asha", "bilal", "chitra", "chitra", "bilal"):
            await cached.hidden(viewer)
        assert directory.looks == 3
        await cached.hidden("asha")
        assert directory.looks == 4


async def test_the_latest_standing_counts_whatever_the_order(events_database: Database, clock: FrozenClock) -> None:
    # mutant: believe whichever message comes last
    for told in ([("asha", "suspended", 7)], [("asha", "active", 5), ("bilal", "active", 3), ("bilal", "erased", 9)]):
        async with events_database.transaction() as session:
            await MemberRepository().stand(session, told, clock.now())
    rows = await events_database.fetch(
        lambda *row: row, "SELECT username, standing, standing_seq FROM members ORDER BY username"
    )
    assert rows == [("asha", "suspended", 7), ("bilal", "erased", 9)]
