"""Server-sent events (HTML, 9.2): a state and its changes, for as long as the caller may see them."""

import asyncio
import re
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from types import FrameType
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from ijaa.shared.errors import Problem, RateLimited
from ijaa.shared.http.auth import still_good
from ijaa.shared.http.limits import asker
from ijaa.shared.live import State, Watch

log = structlog.get_logger("ijaa.live")

STREAMS = "streams"
"""Where in the state of the application its streams are."""
HEAD = "ijaa.head"
"""Where in a scope it says that only the head of the answer is wanted."""
LASTS = "ijaa.lasts"
"""Where in a scope it says that its answer lasts as long as the client takes: it counts as under way no longer."""
MEDIA_TYPE = "text/event-stream"
STREAM = b"text/event-stream; charset=utf-8"
HEARTBEAT = 15.0
"""Seconds between signs of life, so that no proxy takes the stream for dead."""
SLOW = 30.0
"""Seconds a client may take nothing before it is dropped."""
MOST_OF_A_MEMBER, MOST_OF_AN_ADDRESS = 20, 200
"""Streams one may have open in a process; many who are not signed in share an address."""
_LOOK_AGAIN = 4
"""Heartbeats after which everybody who watches is asked for anew, whatever changed."""
_RETRY = b"retry: 3000\n\n"
_ALIVE = b":\n\n"

_UNKNOWN = object()
_AND = "-"
"""Between the ids of the parts of a topic."""
_ID = re.compile(r"[0-9a-f]{16}")

LastEventId = Annotated[
    str | None, HeaderParameter(name="Last-Event-ID", max_length=100, description="the id of what was seen last")
]


class ServerSentEvent(msgspec.Struct, frozen=True):
    """One event of a stream, as the document tells of it."""

    id: str
    event: str
    data: str
    """JSON, the whole state."""


STREAMED = ResponseSpec(
    ServerSentEvent, generate_examples=False, media_type=MEDIA_TYPE, description="server-sent events"
)


class Streams:
    """The streams that are open in this process."""

    def __init__(self) -> None:
        self._open: set[Watch] = set()
        self._of: Counter[str] = Counter()
        self.ended = False

    @contextmanager
    def one(self, watch: Watch, who: str, most: int) -> Iterator[None]:
        """Count one of somebody in; raise `RateLimited` when he has as many as one may."""
        if self._of[who] >= most:
            raise RateLimited("You have too many streams open.", retry_after=10)
        self._of[who] += 1
        self._open.add(watch)
        try:
            yield
        finally:
            self._open.discard(watch)
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]

    def end(self) -> None:
        """End all of them: their clients come back, to another process."""
        self.ended = True
        for watch in self._open:
            watch.wake.set()

    @asynccontextmanager
    async def ending_with_the_server(self) -> AsyncIterator[None]:
        """End them when the server is asked to stop: it waits for its requests, and these would never be done."""
        self.ended = False
        if threading.current_thread() is not threading.main_thread():
            yield  # signals are not ours to take
            return
        loop = asyncio.get_running_loop()
        before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}

        def stop(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.end)
            if callable(previous := before[signal.Signals(number)]):
                previous(number, frame)

        for one in before:
            signal.signal(one, stop)
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


class EventStream(Response[bytes]):
    """An answer that goes on until the client leaves, may see no more, or the process stops."""

    def __init__(
        self,
        request: Request[Any, Any, Any],
        watching: AbstractAsyncContextManager[Watch],
        may_see: Callable[[], Awaitable[object]],
        last_event_id: str | None,
    ) -> None:
        """Watch a topic; `may_see` raises a `Problem` where, or once, the caller may not see it."""
        super().__init__(b"", media_type=MEDIA_TYPE)
        self._request, self._watching, self._may_see, self._last = request, watching, may_see, last_event_id
        self._streams: Streams = request.app.state[STREAMS]

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]  # it is only called
        """Return what answers."""
        return self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._watching as watch:
            sight = watch.topic.state.sight if watch.topic.state else _UNKNOWN
            await self._may_see()
            most = MOST_OF_A_MEMBER if scope.get("user") else MOST_OF_AN_ADDRESS
            with self._streams.one(watch, asker(scope), most):
                headers = [(b"content-type", STREAM), (b"x-accel-buffering", b"no")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                leaving = asyncio.create_task(_left(receive, watch))
                try:
                    if scope.get(HEAD) or await self._show(watch, sight, send, leaving):
                        await send({"type": "http.response.body", "body": b"", "more_body": False})
                finally:
                    leaving.cancel()

    async def _show(self, watch: Watch, sight: object, send: Send, leaving: asyncio.Task[None]) -> bool:
        """Show a topic; return whether there is still somebody to be told that this is the end."""
        topic, due, beats = watch.topic, _RETRY, 0
        seen = [one if _ID.fullmatch(one) else "" for one in (self._last or "").split(_AND)]
        while not self._streams.ended:
            watch.wake.clear()
            if topic.loaded:
                if topic.state is None:
                    return True
                if (topic.state.sight != sight or beats >= _LOOK_AGAIN) and not await self._may_go_on():
                    return True
                sight, beats = topic.state.sight, beats % _LOOK_AGAIN
                due += _news(topic.state, seen)
            if due and not await _write(send, due):
                return False
            due = b""
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await watch.wake.wait()
            except TimeoutError:
                due, beats = _ALIVE, beats + 1
            if leaving.done():
                return False
            if not await still_good(self._request):
                return True
        return True

    async def _may_go_on(self) -> bool:
        try:
            await self._may_see()
        except Problem:
            return False
        return True


def _news(state: State, seen: list[str]) -> bytes:
    """Return the events of what was not seen yet, and note it as seen: each carries what has been seen with it."""
    text, parts = b"", state.parts
    seen[:] = [*seen, *[""] * len(parts)][: len(parts)]
    for place, part in enumerate(parts):
        if seen[place] != part.id:
            seen[place] = part.id
            text += f"id: {_AND.join(seen)}\nevent: {part.event}\ndata: ".encode() + part.data + b"\n\n"
    return text


async def _left(receive: Receive, watch: Watch) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    watch.wake.set()


async def _write(send: Send, text: bytes) -> bool:
    try:
        async with asyncio.timeout(SLOW):
            await send({"type": "http.response.body", "body": text, "more_body": True})
    except TimeoutError:
        log.info("a stream was dropped: its client takes nothing")
        return False
    return True
