"""One HTTP peer: pooled, in time, authenticated, and unavailable rather than wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import msgspec
import structlog

from ijaa.shared.context import request_id
from ijaa.shared.errors import Unavailable
from ijaa.shared.fuse import Fuse
from ijaa.shared.http.services import ServiceTokens
from ijaa.shared.tasks import background, stop

log = structlog.get_logger("ijaa.events.peer")

_POLL = 2
"""Seconds one poll stays open; a service that stops waits for it."""
_BACKOFF = (0.1, 2.0)

WAIT = 1.0
"""Seconds an answer may take."""
LATE, NO_SIGN = 0.3, 0.1
"""Seconds after which an answer is late, and seconds a sign of life may then take until nobody waits for it."""

T = TypeVar("T")


class Peer:
    """Another service of this system."""

    def __init__(
        self, base_url: str, name: str, tokens: ServiceTokens, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._name, self._tokens = name, tokens
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=20)
        self._fuse = Fuse(f"the {name} service")
        self._looking: asyncio.Task[None] | None = None
        self._look_began = self._heard_at = 0.0
        self._client = httpx.AsyncClient(base_url=base_url, timeout=WAIT, limits=limits, transport=transport)

    async def get(self, kind: type[T], path: str, *, within: float = WAIT, **parameters: Any) -> T:
        """Return an answer as a struct; raise `Unavailable` when there is none to be had."""
        return await self._ask(kind, "GET", path, within, params=parameters)

    async def post(self, kind: type[T], path: str, body: msgspec.Struct) -> T:
        """Send a body and return the answer as a struct; raise `Unavailable` when there is none to be had."""
        return await self._ask(kind, "POST", path, WAIT, content=msgspec.json.encode(body))

    async def close(self) -> None:
        """Close every connection."""
        await stop([self._looking] if self._looking else [])
        await self._client.aclose()

    async def _ask(self, kind: type[T], method: str, path: str, within: float, **how: Any) -> T:
        if self._fuse.blown:
            if self._fuse.may_look():
                self._begin_to_look()
            raise self._unavailable()
        if self._in_doubt:
            raise self._unavailable()
        loop = asyncio.get_running_loop()
        late = loop.call_later(LATE + within - WAIT, self._note_late, loop.time())
        try:
            return await self._answer(kind, method, path, within, **how)
        finally:
            late.cancel()

    async def _answer(self, kind: type[T], method: str, path: str, within: float, **how: Any) -> T:
        headers = {
            "Authorization": f"Bearer {self._tokens.token_for(self._name)}",
            "Content-Type": "application/json",
            "X-Request-Id": request_id.get(),
        }
        timeout = httpx.Timeout(WAIT, read=within)  # a long poll is long in waiting, not in connecting
        try:
            answer = await self._client.request(method, path, headers=headers, timeout=timeout, **how)
            self._hear()
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=kind)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            if isinstance(error, httpx.TransportError) and not isinstance(error, httpx.PoolTimeout):
                self._fuse.failed()
            raise self._unavailable() from error

    @property
    def _in_doubt(self) -> bool:
        """Whether an answer is late and no sign of life came in its place: who comes now would wait as long."""
        looking = self._looking is not None and not self._looking.done()
        return looking and asyncio.get_running_loop().time() - self._look_began > NO_SIGN

    def _note_late(self, asked_at: float) -> None:
        """Find out whether it is the answer alone that takes its time."""
        if self._heard_at < asked_at:
            self._begin_to_look()

    def _begin_to_look(self) -> None:
        if self._looking is None or self._looking.done():
            self._look_began = asyncio.get_running_loop().time()
            self._looking = asyncio.create_task(self._look(), name=f"look for {self._name}")

    async def _look(self) -> None:
        """Find out whether it is there while nobody waits: many may want the same of it at once."""
        while True:
            try:
                await self._client.get("/health/live")
            except httpx.TransportError:
                self._fuse.failed()
                if self._fuse.blown:
                    return
                await asyncio.sleep(NO_SIGN)
            else:
                self._hear()
                return

    def _hear(self) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        self._fuse.worked()

    def _unavailable(self) -> Unavailable:
        return Unavailable(f"The {self._name} service cannot answer just now.")


@asynccontextmanager
async def following(peer: Peer, kind: type[T], path: str, take: Callable[[T], str]) -> AsyncIterator[None]:
    """Follow a state of the peer by long polls while inside; `take` takes it in and returns its cursor."""
    async with background(f"follow {path}", lambda: _follow(peer, kind, path, take)):
        yield


async def _follow(peer: Peer, kind: type[T], path: str, take: Callable[[T], str]) -> None:
    cursor, pause = "", _BACKOFF[0]
    while True:
        asked = {"after": cursor, "wait": _POLL} if cursor else {}
        try:
            cursor = take(await peer.get(kind, path, within=_POLL + 2.0, **asked))
        except Unavailable as error:
            log.warning("a state of the peer cannot be followed", path=path, detail=error.detail, retry_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _BACKOFF[1])
        else:
            pause = _BACKOFF[0]
