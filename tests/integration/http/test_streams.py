"""Streams of events: what a client meets on one, and how each of them ends."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar, Response, get

from ijaa.shared.errors import NotFound
from ijaa.shared.http import streams
from ijaa.shared.http.floor import HttpFloor, observed
from ijaa.shared.http.policies import EVERYBODY, Policy
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.http.streams import MEDIA_TYPE, EventStream, LastEventId, Streams
from ijaa.shared.live import Live, State
from ijaa.shared.principals import Principal
from tests.asgi import client_of
from tests.fakes import FakeFeatureFlags, FakeTokenVerifier


class Board:
    """What is watched, and who may."""

    def __init__(self) -> None:
        self.state: State | None = State("told", b"1", "public")
        self.hidden = False
        self.asked = 0

    async def load(self, _: str) -> State | None:
        return self.state

    async def may_see(self) -> None:
        self.asked += 1
        if self.hidden:
            raise NotFound


class Client:
    """One client of a stream, over ASGI."""

    def __init__(
        self,
        app: Any,
        *,
        method: str = "GET",
        token: str = "",
        last: str = "",
        stuck: bool = False,
        address: str = "127.0.0.1",
    ) -> None:
        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        headers += [(b"last-event-id", last.encode())] if last else []
        self._scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": "/stream", "raw_path": b"/stream", "query_string": b"", "root_path": "", "headers": headers,
            "client": (address, 40_000), "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        self.status, self.text, self.ended, self.headers = 0, b"", False, {}
        self._stuck, self._gone, self._more = stuck, asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(app(self._scope, self._receive, self._send))

    async def _receive(self) -> Any:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.text += message["body"]
            self.ended = not message["more_body"]
            self._more.set()
            if self._stuck:
                await asyncio.Event().wait()

    async def until(self, text: str) -> None:
        """Wait for some text."""
        async with asyncio.timeout(30):
            while text.encode() not in self.text:
                self._more.clear()
                await self._more.wait()

    async def end(self) -> None:
        """Wait for the end of the answer."""
        async with asyncio.timeout(30):
            await self.task

    def leave(self) -> None:
        """Hang up."""
        self._gone.set()


@pytest.fixture
def board() -> Board:
    """Return what is watched."""
    return Board()


@pytest.fixture
def live(board: Board) -> Live:
    """Return the topics."""
    return Live("events", board.load)


@pytest.fixture
def tokens() -> FakeTokenVerifier:
    """Return what knows tokens."""
    return FakeTokenVerifier()


@pytest.fixture
async def app(board: Board, live: Live, tokens: FakeTokenVerifier) -> AsyncIterator[Litestar]:
    """Give an application with one stream."""

    @get("/stream", operation_id="watch", media_type=MEDIA_TYPE)
    async def watch(request: StrictRequest, last_event_id: LastEventId = None) -> Response[bytes]:
        return EventStream(request, live.watch("a"), board.may_see, last_event_id)

    floor = HttpFloor(tokens, {"watch": Policy(EVERYBODY)}, FakeFeatureFlags(), title="t", version="0")
    built = Litestar(route_handlers=[watch], plugins=[floor])
    async with client_of(observed(built, secure=True)):
        yield built


async def change(board: Board, live: Live, state: State | None) -> None:
    """Change what is watched."""
    board.state = state
    live.note("a")


async def test_a_busy_stream_ends_with_its_token(
    app: Litestar, board: Board, live: Live, tokens: FakeTokenVerifier
) -> None:
    # mutant: look at the token in quiet moments alone
    tokens.principals["asha"] = Principal("USER_asha", "asha", "session-1")
    client = Client(app, token="asha")
    await client.until("data: 1\n\n")
    tokens.revoked.add("session-1")
    await change(board, live, State("told", b"2", "public"))
    await client.end()
    assert b"data: 2" not in client.text


async def test_a_client_sees_the_state_and_every_later_one(app: Litestar, board: Board, live: Live) -> None:
    client = Client(app)
    await client.until("data: 1\n\n")
    assert client.text.startswith(b"retry: ")
    await change(board, live, State("told", b"2", "public"))
    await client.until(f"id: {State('told', b'2').id}\nevent: told\ndata: 2\n\n")
    client.leave()
    await client.end()
    assert (client.status, client.headers[b"content-type"]) == (200, b"text/event-stream; charset=utf-8")
    assert client.headers[b"cache-control"] == b"no-store"


async def test_who_comes_back_is_told_only_of_what_is_newer(app: Litestar, board: Board, live: Live) -> None:
    # mutant: ignore Last-Event-ID
    client = Client(app, last=State("told", b"1").id)
    await asyncio.sleep(0.3)
    await change(board, live, State("told", b"2", "public"))
    await client.until("data: 2")
    assert b"data: 1" not in client.text
    client.leave()
    await client.end()


async def test_a_topic_is_shown_in_parts_each_when_it_changes(app: Litestar, board: Board, live: Live) -> None:
    # mutants: a part shown again though it did not change; one forgotten; an id that covers what was not sent yet
    def both(one: bytes, other: bytes) -> State:
        return State("told", one, "public", State("said", other))

    ids = {said: State("", said).id for said in (b"1", b"2", b"3")}
    await change(board, live, both(b"1", b"1"))
    client = Client(app)
    await client.until(
        f"id: {ids[b'1']}-\nevent: told\ndata: 1\n\nid: {ids[b'1']}-{ids[b'1']}\nevent: said\ndata: 1\n\n"
    )
    await change(board, live, both(b"1", b"2"))
    await client.until(f"id: {ids[b'1']}-{ids[b'2']}\nevent: said\ndata: 2\n\n")
    await change(board, live, both(b"3", b"2"))
    await client.until(f"id: {ids[b'3']}-{ids[b'2']}\nevent: told\ndata: 3\n\n")
    assert [client.text.count(one) for one in (b"event: told", b"event: said")] == [2, 2]
    client.leave()
    back = Client(app, last=f"{ids[b'1']}-{ids[b'2']}")
    await back.until("event: told\ndata: 3\n\n")
    assert b"event: said" not in back.text
    back.leave()
    odd = Client(app, last="x-y\x07-z")
    await odd.until(f"id: {ids[b'3']}-{ids[b'2']}\nevent: said")
    assert b"x" not in odd.text
    odd.leave()
    await asyncio.gather(client.end(), back.end(), odd.end())


async def test_a_stream_shows_that_it_lives(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    # mutant: be silent while nothing changes
    monkeypatch.setattr(streams, "HEARTBEAT", 0.05)
    client = Client(app)
    await client.until("\n\n:\n\n:\n\n")
    client.leave()
    await client.end()


async def test_who_may_not_see_it_is_told_what_everybody_is(app: Litestar, board: Board) -> None:
    board.hidden = True
    client = Client(app)
    await client.end()
    assert (client.status, client.headers[b"content-type"]) == (404, b"application/problem+json")


@pytest.mark.parametrize("why", ["hidden", "gone", "forgotten to tell"])
async def test_a_stream_ends_with_the_right_to_see_it(
    why: str, app: Litestar, board: Board, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: ask once; ask only when what is shown changes; never ask while nothing is told
    monkeypatch.setattr(streams, "HEARTBEAT", 0.05)
    client = Client(app)
    await client.until("data: 1")
    board.hidden = why != "gone"
    if why != "forgotten to tell":
        await change(board, live, None if why == "gone" else State("told", b"secret", "closed"))
    await client.end()
    assert client.ended
    assert b"secret" not in client.text


async def test_nobody_is_asked_for_while_nothing_but_the_counts_change(app: Litestar, board: Board, live: Live) -> None:
    # mutant: a question to the database per change and client
    client = Client(app)
    await client.until("data: 1")
    asked = board.asked
    for said in (b"2", b"3"):
        await change(board, live, State("told", said, "public"))
        await client.until(f"data: {said.decode()}")
    assert board.asked == asked
    client.leave()
    await client.end()


async def test_a_stream_ends_with_its_token(
    app: Litestar, tokens: FakeTokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutant: look at the token once
    monkeypatch.setattr(streams, "HEARTBEAT", 0.05)
    tokens.principals["asha"] = Principal("USER_asha", "asha", "session-1")
    client = Client(app, token="asha")
    await client.until("\n\n:\n\n")
    tokens.revoked.add("session-1")
    await client.end()
    assert client.ended


async def test_a_client_that_takes_nothing_is_dropped(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    # mutant: wait for it for ever
    monkeypatch.setattr(streams, "SLOW", 0.1)
    client = Client(app, stuck=True)
    await client.end()
    assert not client.ended


async def test_nobody_takes_all_the_places(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    # mutants: one count for everybody; count what was opened, not what is open
    monkeypatch.setattr(streams, "MOST_OF_AN_ADDRESS", 2)
    clients = [Client(app) for _ in range(2)]
    for client in clients:
        await client.until("data: 1")
    refused, elsewhere = Client(app), Client(app, address="127.0.0.2")
    await refused.end()
    assert (refused.status, refused.headers[b"retry-after"]) == (429, b"10")
    await elsewhere.until("data: 1")
    clients[0].leave()
    await clients[0].end()
    again = Client(app)
    await again.until("data: 1")
    for client in (clients[1], elsewhere, again):
        client.leave()
        await client.end()


async def test_the_head_of_a_stream_has_an_end(app: Litestar) -> None:
    # mutant: take HEAD for GET
    client = Client(app, method="HEAD")
    await client.end()
    assert (client.status, client.text, client.ended) == (200, b"", True)


async def test_a_server_that_stops_ends_its_streams(app: Litestar) -> None:
    # mutants: let the server wait for them; take the signal from whoever had it
    had = []
    client = Client(app)
    await client.until("data: 1")
    before = signal.signal(signal.SIGTERM, lambda *_: had.append(True))
    try:
        async with Streams().ending_with_the_server():
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.05)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert had == [True]
    app.state["streams"].end()
    await client.end()
    assert client.ended
