"""Files that are played: parts of them leave portion by portion, as a player asks for them (RFC 9110 §14)."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any

from litestar import Request, Response
from litestar.types import ASGIApp, Receive, Scope, Send

from ijaa.shared.errors import Problem, RateLimited, Unavailable
from ijaa.shared.http.crowd import Crowd
from ijaa.shared.http.downloads import head_alone, left, send_portions
from ijaa.shared.http.limits import asker
from ijaa.shared.http.sandbox import SANDBOX
from ijaa.shared.http.streams import LASTS

PLAYED = "played"
"""Where in the state of the application the `Played` are."""
AT_ONCE, OF_ONE = 256, 32
"""Files on their way out of a process, to everybody and to one caller; many who are not signed in share an address."""
_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeNotSatisfiable(Problem):
    """The part that is asked for begins after the end."""

    status, code, title = 416, "range-not-satisfiable", "The file is shorter than that"

    def __init__(self, size: int) -> None:
        super().__init__(headers={"Content-Range": f"bytes */{size}"})


class Played(Crowd):
    """The files on their way out of this process: each takes memory for a portion."""

    def one(self, who: str) -> AbstractContextManager[None]:
        """Count one of somebody in; raise `RateLimited` or `Unavailable` when he, or everybody, has enough."""
        return self.counted(
            who,
            of_one=OF_ONE,
            his=RateLimited("You are fetching many files at once.", retry_after=2),
            of_all=AT_ONCE,
            everybodys=Unavailable("Many files are being fetched just now.", retry_after=5),
        )


def range_of(asked: str | None, size: int) -> tuple[int, int] | None:
    """Return the one range a client asks for, its end not included; None for the whole file.

    What cannot be read, or names several ranges, counts for nothing (RFC 9110 §14.2). Raises `RangeNotSatisfiable`.
    """
    found = _ONE_RANGE.fullmatch((asked or "").strip())
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
        if found[2] and int(found[2]) < first:
            return None
    if first >= size:
        raise RangeNotSatisfiable(size)
    return first, last + 1


class Portions(Response[bytes]):
    """A file, or a part of it, that leaves portion by portion."""

    def __init__(
        self, request: Request[Any, Any, Any], portions: AsyncIterator[bytes], size: int, part: tuple[int, int] | None,
        *, media_type: str, disposition: str, tag: str, seconds: int,
    ) -> None:  # fmt: skip
        """Answer with `part` of a file of `size` bytes, or with all of it, to be cached for so many seconds."""
        super().__init__(b"", media_type=media_type)
        self._portions, self._who = portions, asker(request.scope)
        self._played: Played = request.app.state[PLAYED]
        first, end = part or (0, size)
        self._status = 206 if part else 200
        said = {
            "content-type": media_type,
            "content-length": str(end - first),
            "accept-ranges": "bytes",
            "etag": tag,
            "content-disposition": disposition,
            "content-security-policy": SANDBOX,
            "cross-origin-resource-policy": "cross-origin",  # pages of other origins show it, with a link
            "x-content-type-options": "nosniff",
            "cache-control": f"private, max-age={seconds}, immutable",
        }
        if part:
            said["content-range"] = f"bytes {first}-{end - 1}/{size}"
        self._said = [(name.encode(), value.encode()) for name, value in said.items()]

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]  # it is only called
        """Return what answers."""
        return self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._played.one(self._who):
            leaving = asyncio.create_task(left(receive))
            sending = asyncio.create_task(self._send(scope, send))
            try:
                await asyncio.wait({leaving, sending}, return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
            finally:
                leaving.cancel()
                sending.cancel()

    async def _send(self, scope: Any, send: Send) -> None:
        scope[LASTS] = True
        await send({"type": "http.response.start", "status": self._status, "headers": self._said})
        if head_alone(scope):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await send_portions(send, self._portions)
