"""Requests that reach the application in this process as they are, without a client that mends them first."""

import asyncio
import io
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from litestar import Litestar
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from tests.asgi import hanging_up
from tests.surface.world import BASE

Headers = list[tuple[bytes, bytes]]


async def ask(
    app: Litestar, method: str, target: str, headers: Headers, chunks: list[bytes], *, gone: bool = False
) -> tuple[int, Headers, bytes]:
    """Return status, headers and body; `gone` hangs up after the last chunk instead of ending the body."""
    path, _, query = target.partition("?")
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode("latin-1"), "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 40_000), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    messages: list[Any] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages += [{"type": "http.disconnect"} if gone else {"type": "http.request", "body": b"", "more_body": False}]
    sent: list[Any] = []
    answered = asyncio.Event()

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        if not gone:
            await answered.wait()  # the client stays until it has its answer
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            answered.set()

    await hanging_up(app)(scope, receive, send)
    if not sent:
        return 0, [], b""  # nobody is there to be answered
    return sent[0]["status"], sent[0]["headers"], b"".join(message.get("body", b"") for message in sent[1:])


class InProcess(HTTPAdapter):
    """Takes what `requests` would send over a socket to the application."""

    def __init__(self, app: Litestar, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._app, self._loop = app, loop

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        """Return the answer of the application."""
        parts = urlsplit(str(request.url))
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = [(_bytes(name).lower(), _bytes(value)) for name, value in request.headers.items()]
        body = _bytes(request.body or b"")
        asked = ask(self._app, str(request.method), target, headers, [body] if body else [])
        status, said, content = self._loop.run_until_complete(asked)
        told = HTTPHeaderDict([(name.decode("latin-1"), value.decode("latin-1")) for name, value in said])
        raw = HTTPResponse(io.BytesIO(content), told, status, version=11, preload_content=False)
        return self.build_response(request, raw)


def a_session(app: Litestar, loop: asyncio.AbstractEventLoop) -> requests.Session:
    """Return a session whose requests stay in this process."""
    session = requests.Session()
    session.trust_env = False
    session.mount(BASE, InProcess(app, loop))
    return session


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")
