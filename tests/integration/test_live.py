"""What people watch as it changes: one state per process, told over Redis, or over PostgreSQL without it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest
import structlog

from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.listener import Connection, Listener
from ijaa.shared.live import Live, State, Watch
from ijaa.shared.live_bus import LiveBus
from ijaa.shared.redis import connect
from tests.faulty import eventually

NOBODY = "redis://127.0.0.1:1"


class Board:
    """What a topic shows, and how often it was read."""

    def __init__(self) -> None:
        self.said: dict[str, str | None] = {"a": "1", "b": "1"}
        self.reads: list[str] = []

    async def load(self, topic: str) -> State | None:
        self.reads.append(topic)
        said = self.said[topic]
        return None if said is None else State("told", said.encode())


@pytest.fixture
def board() -> Board:
    """Return what every process of a test reads."""
    return Board()


@asynccontextmanager
async def a_process(board: Board, database: Database, redis: str) -> AsyncIterator[Live]:
    """Give the topics of one process of the module."""
    live = Live("events", board.load)
    client = connect(redis)
    bus = LiveBus("events", live, client, database, namespace=f"test:{database.url[-20:]}")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.aclose)
        await stack.enter_async_context(Listener("events", database.url, [bus]).run())
        await stack.enter_async_context(bus.running())
        await asyncio.sleep(0.3)  # it has subscribed
        yield live


async def seen(watch: Watch, text: str, within: float = 30.0) -> None:
    """Wait until a watch shows this."""
    async with asyncio.timeout(within):
        while not (watch.topic.loaded and watch.topic.state and watch.topic.state.data == text.encode()):
            watch.wake.clear()
            await watch.wake.wait()


async def change(board: Board, live: Live, database: Database, topic: str, said: str | None) -> None:
    """Change a topic in a transaction."""
    async with database.transaction() as session:
        board.said[topic] = said
        live.tell(session, topic)


@pytest.mark.parametrize("kind", ["redis", "without redis"])
async def test_a_change_in_one_process_is_seen_in_every_other(
    kind: str, servers: dict[str, str], board: Board, events_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: tell only this process; no way without Redis
    monkeypatch.setattr("ijaa.shared.live_bus._SLICE", 60.0)
    redis = servers["IJAA_REDIS_URL"] if kind == "redis" else NOBODY
    async with (
        a_process(board, events_database, redis) as here,
        a_process(board, events_database, redis) as there,
        here.watch("a") as mine,
        there.watch("a") as theirs,
    ):
        for said in ("2", "3", "4"):
            await change(board, here, events_database, "a", said)
            await seen(mine, said)
            await seen(theirs, said, within=20)


async def test_who_lost_redis_reads_anew_until_it_is_back(
    servers: dict[str, str], board: Board, events_database: Database
) -> None:
    # mutant: trust a subscription that is gone
    async with (
        a_process(board, events_database, servers["IJAA_REDIS_URL"]) as telling,
        a_process(board, events_database, NOBODY) as cut_off,
        cut_off.watch("a") as watch,
    ):
        await seen(watch, "1")
        await change(board, telling, events_database, "a", "2")
        await seen(watch, "2")


@pytest.mark.parametrize("kind", ["redis", "without redis"])
async def test_what_nobody_can_read_or_tell_ends_neither_being_told_nor_telling(
    kind: str, servers: dict[str, str], board: Board, events_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: a subscriber that ends with the first message that is no UTF-8; one that tells, with a NOTIFY too long
    monkeypatch.setattr("ijaa.shared.live_bus._SLICE", 60.0)
    monkeypatch.setattr("ijaa.shared.tasks.PAUSE", 0.05)
    redis = servers["IJAA_REDIS_URL"] if kind == "redis" else NOBODY
    async with (
        a_process(board, events_database, redis) as here,
        a_process(board, events_database, redis) as there,
        there.watch("a") as watch,
    ):
        await seen(watch, "1")
        if kind == "redis":
            async with connect(redis) as client:
                assert await client.publish(f"test:{events_database.url[-20:]}:live:events", b"\xff") == 2
        else:
            await change(board, here, events_database, "x" * 8000, "1")
        await asyncio.sleep(0.3)
        board.reads.clear()
        await change(board, here, events_database, "a", "2")
        await seen(watch, "2")


async def test_the_listener_goes_on_whatever_its_library_fails_of(
    events_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutant: go on after errors of the network and the server alone
    monkeypatch.setattr("ijaa.shared.tasks.PAUSE", 0.05)
    loads = [asyncpg.InternalClientError("cannot switch to state 12"), None]

    class Subscribed:
        channel = "ijaa_live"

        async def load(self, connection: Connection) -> None:  # noqa: ARG002 - a Subscriber
            if (error := loads.pop(0)) is not None:
                raise error

        def told(self, payload: str) -> None: ...
        def lost(self) -> None: ...
        async def tend(self, connection: Connection) -> None: ...

    async with Listener("events", events_dsn, [Subscribed()]).run():
        assert loads == []


async def test_nothing_is_told_before_its_commit_nor_without_it(board: Board, events_database: Database) -> None:
    # mutant: tell at once
    live = Live("events", board.load)
    async with live.watch("a") as watch:
        await seen(watch, "1")
        board.reads.clear()
        with pytest.raises(ZeroDivisionError):
            async with events_database.transaction() as session:
                live.tell(session, "a")
                await asyncio.sleep(0.2)
                _ = 1 / 0
        await asyncio.sleep(0.2)
        assert board.reads == []


async def test_a_burst_is_read_a_few_times_and_by_one_for_all(board: Board) -> None:
    # mutants: a read per watcher; a read per change; a last change that nobody reads
    live = Live("events", board.load)
    async with AsyncExitStack() as stack:
        watches = [await stack.enter_async_context(live.watch("a")) for _ in range(50)]
        await seen(watches[0], "1")
        began = asyncio.get_running_loop().time() - 0.2
        for number in range(300):
            board.said["a"] = str(number)
            live.note("a")
            live.note("b")  # nobody watches it
            await asyncio.sleep(0.001)
        for watch in watches:
            await seen(watch, "299")
        most = (asyncio.get_running_loop().time() - began) / 0.1 + 3
        assert 2 <= len(board.reads) <= most
        assert set(board.reads) == {"a"}


async def test_many_topics_are_read_a_few_at_a_time_and_wait_with_one_line() -> None:
    # mutants: read all at once; a line a topic; one that holds its place while it waits to be tried again
    at_once, most, reads, away = 0, 0, 0, False

    async def load(topic: str) -> State | None:
        nonlocal at_once, most, reads
        reads, at_once = reads + 1, at_once + 1
        most = max(most, at_once)
        await asyncio.sleep(0.001)
        at_once -= 1
        if away:
            raise Unavailable("away")
        return State("told", topic.encode())

    live = Live("users", load)
    async with AsyncExitStack() as stack:
        for number in range(300):
            await stack.enter_async_context(live.watch(str(number)))
        await eventually(lambda: reads == 300)
        away, reads = True, 0
        live.note_all()
        with structlog.testing.capture_logs() as said:
            await eventually(lambda: reads >= 600, seconds=20)
        assert [one["log_level"] for one in said] == ["warning"]
        away = False
        await eventually(lambda: all(not topic.stale.is_set() for topic in live._topics.values()), seconds=20)
    assert most == 4


@pytest.mark.parametrize("kind", ["redis", "without redis"])
async def test_without_redis_everything_is_read_anew_a_slice_at_a_time(
    kind: str, servers: dict[str, str], board: Board, events_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: read everything each time; the same slice each time; go on where Redis tells
    monkeypatch.setattr("ijaa.shared.live_bus._SLICE", 0.15)
    monkeypatch.setattr("ijaa.shared.live_bus._RESYNC", 1.5)
    board.said = {str(number): "1" for number in range(40)}
    noted: list[str] = []
    redis = servers["IJAA_REDIS_URL"] if kind == "redis" else NOBODY
    async with a_process(board, events_database, redis) as live, AsyncExitStack() as stack:
        for name in board.said:
            await stack.enter_async_context(live.watch(name))
        await asyncio.sleep(1)
        monkeypatch.setattr(live, "note", noted.append)
        if kind == "redis":
            await asyncio.sleep(1)
            assert noted == []
            return
        await eventually(lambda: len(noted) >= 80, seconds=20)
        assert {*Counter(noted[:80]).values()} == {2}
        assert len(noted) % 4 == 0


async def test_a_topic_nobody_watches_is_forgotten(board: Board) -> None:
    # mutant: follow for ever
    live = Live("events", board.load)
    before = len(asyncio.all_tasks())
    async with live.watch("a") as one, live.watch("a") as other:
        assert one.topic is other.topic
        await seen(one, "1")
        assert len(asyncio.all_tasks()) == before + 1
    assert len(asyncio.all_tasks()) == before
    async with live.watch("a") as again:
        assert again.topic is not one.topic


async def test_a_topic_that_cannot_be_read_is_read_later(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    # mutant: give up after a failure
    monkeypatch.setattr("ijaa.shared.live._AGAIN", 0.05)
    failures: list[Exception] = [Unavailable("away"), ZeroDivisionError()]

    async def load(topic: str) -> State | None:
        if failures:
            raise failures.pop()
        return await board.load(topic)

    async with Live("events", load).watch("a") as watch:
        await seen(watch, "1")


async def test_only_so_many_may_watch(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    # mutant: count what was opened, not what is open
    monkeypatch.setattr("ijaa.shared.live.MOST", 2)
    live = Live("events", board.load)
    async with live.watch("a"), live.watch("b"):
        with pytest.raises(Unavailable):
            async with live.watch("a"):
                pass
    async with live.watch("a"), live.watch("b"):
        pass
