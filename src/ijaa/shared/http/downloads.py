"""Files that leave portion by portion, and what is done once they have left, or have not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog
from litestar import Response
from litestar.types import ASGIApp, Receive, Scope, Send

from ijaa.shared.errors import Unavailable
from ijaa.shared.http.sandbox import SANDBOX
from ijaa.shared.http.streams import HEAD

log = structlog.get_logger("ijaa.files")

SLOW = 30.0
"""Seconds a client may take no portion before it is given up."""

Ended = Callable[[bool], Awaitable[None]]
"""Is told once whether everything has left."""


class Download(Response[bytes]):
    """A file to be saved; `ended` is told whether its last byte has left, once, whatever happens meanwhile."""

    def __init__(
        self, portions: AsyncIterator[bytes], size: int, ended: Ended, *, name: str, media_type: str
    ) -> None:  # fmt: skip
        """Answer with `size` bytes, saved under `name`."""
        super().__init__(b"", media_type=media_type)
        self._portions, self._ended = portions, ended
        self._headers = head_of(size, name, media_type)

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]  # it is only called
        """Return what answers."""
        return self._answer

    async def _answer(self, _scope: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(left(receive))
        sending = asyncio.create_task(self._send(send))
        whole = False
        try:
            await asyncio.wait({leaving, sending}, return_when=asyncio.FIRST_COMPLETED)
            whole = sending.done() and sending.result()
        finally:
            leaving.cancel()
            sending.cancel()
            telling = asyncio.create_task(self._tell(whole=whole))  # it is told, even if the request is cancelled
            await asyncio.shield(telling)

    async def _send(self, send: Send) -> bool:
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        return await send_portions(send, self._portions)

    async def _tell(self, *, whole: bool) -> None:
        try:
            await self._ended(whole)
        except Unavailable as error:
            log.warning("what follows a download waits for the sweep", detail=error.detail)


def head_of(size: int, name: str, media_type: str) -> list[tuple[bytes, bytes]]:
    """Return the head of a download."""
    return [
        (b"content-type", media_type.encode()),
        (b"content-length", str(size).encode()),
        (b"content-disposition", f'attachment; filename="{name}"'.encode()),
        (b"content-security-policy", SANDBOX.encode()),
    ]


async def send_portions(send: Send, portions: AsyncIterator[bytes]) -> bool:
    """Send a body portion by portion, and its end; return whether all of it has left."""
    try:
        async for portion in portions:
            async with asyncio.timeout(SLOW):
                await send({"type": "http.response.body", "body": portion, "more_body": True})
    except (TimeoutError, Unavailable) as error:
        log.info("a file did not leave as a whole", why=type(error).__name__)
        return False
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return True


async def left(receive: Receive) -> None:
    """Return once the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


def head_alone(scope: Any) -> bool:
    """Whether a request wants the head of the answer and nothing else (RFC 9110 §9.3.2)."""
    return bool(scope.get(HEAD))
