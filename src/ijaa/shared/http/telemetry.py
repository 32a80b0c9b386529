"""The outermost layer of every request: its id, its security headers, its log line, its figures."""

import os
import re
import time
from functools import lru_cache
from typing import Any

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Histogram

from ijaa.shared.context import request_id
from ijaa.shared.errors import Unavailable
from ijaa.shared.http.admission import Admission, Slot
from ijaa.shared.http.limits import LIMIT_HEADERS
from ijaa.shared.http.problems import as_messages
from ijaa.shared.http.proxies import Proxies
from ijaa.shared.http.streams import HEAD, STREAM
from ijaa.shared.metrics import REQUESTS

log = structlog.get_logger("ijaa.request")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_UNTEMPLATED = "(no route)"

SECURITY_HEADERS: dict[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"x-frame-options": b"DENY",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
"""Set on every response unless it says otherwise itself."""


class Telemetry:
    """Wraps the application: nothing it answers leaves without a request id, and every answer is written down once."""

    def __init__(self, app: ASGIApp, *, secure: bool, admission: Admission, proxies: Proxies | None = None) -> None:
        self._app, self._admission, self._proxies = app, admission, proxies
        self._headers = dict(SECURITY_HEADERS)
        if secure:
            self._headers[b"strict-transport-security"] = b"max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = time.perf_counter()
        identity = _identity(scope)
        request_id.set(identity.decode())
        status, streaming = 500, False
        slot: Slot | None = None

        async def stamped(message: Message) -> None:
            nonlocal status, streaming
            if message["type"] == "http.response.start":
                status = message["status"]
                if streaming := (b"content-type", STREAM) in message["headers"]:
                    leave()
                said = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in self._headers.items() if name not in said),
                    (b"x-request-id", identity),
                    *inner.get(LIMIT_HEADERS, ()),
                ]
            await send(message)

        def leave() -> None:
            nonlocal slot
            if slot is not None:
                self._admission.leave(slot)
                slot = None

        # HEAD is GET without the body (RFC 9110 §9.3.2), which the server leaves out because its own scope says HEAD
        inner: Any = {**scope, "method": "GET", HEAD: True} if scope["method"] == "HEAD" else scope
        if self._proxies is not None:
            inner = {**inner, "client": self._proxies.client_of(inner)}
        try:
            slot = self._admission.enter(scope)
        except Unavailable as problem:  # written down by the admission, many in one line
            for answer in as_messages(problem, scope):
                await stamped(answer)
            return
        try:
            await self._app(inner, receive, stamped)
        finally:
            leave()
            seconds = time.perf_counter() - began
            if not streaming:  # how long somebody watched is no duration of ours
                _series(scope["method"], _route(inner), status).observe(seconds)
            _write_down(inner, scope["method"], status, seconds)


def _identity(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value
    return os.urandom(16).hex().encode()


def _write_down(scope: Any, method: str, status: int, seconds: float) -> None:
    principal = scope.get("user")
    log.info(
        "request",
        method=method,
        route=_route(scope),
        status=status,
        ms=round(seconds * 1000, 2),
        user=principal.username if principal else None,
    )


def _route(scope: Any) -> str:
    return scope.get("path_template") or _UNTEMPLATED


@lru_cache(maxsize=4096)
def _series(method: str, route: str, status: int) -> Histogram:
    known = method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "OTHER"
    return REQUESTS.labels(known, route, str(status))
