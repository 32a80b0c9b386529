"""The outermost layer of every request: its id, its security headers, its log line, its figures."""

import time
from functools import lru_cache
from typing import Any

import structlog
from litestar.config.cors import CORSConfig
from litestar.types import ASGIApp, Message, Receive, Send
from prometheus_client import Histogram

from ijaa.shared.context import request_id
from ijaa.shared.http.admission import ENTERED, Admission
from ijaa.shared.http.limits import LIMIT_HEADERS
from ijaa.shared.http.proxies import Proxies
from ijaa.shared.http.refusing import Refusal, identity_of
from ijaa.shared.http.streams import HEAD, LASTS, STREAM
from ijaa.shared.metrics import REQUESTS

log = structlog.get_logger("ijaa.request")

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

    def __init__(
        self,
        app: ASGIApp,
        *,
        secure: bool,
        admission: Admission,
        proxies: Proxies | None = None,
        cors: CORSConfig | None = None,
    ) -> None:
        self._app, self._admission, self._proxies = app, admission, proxies
        self._headers = dict(SECURITY_HEADERS)
        if secure:
            self._headers[b"strict-transport-security"] = b"max-age=31536000; includeSubDomains"
        self.refusal = Refusal(admission, self._headers, cors)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request."""
        slot = scope.get(ENTERED) or self._admission.slot_of(scope["path"], scope["method"])
        if slot is not None and ENTERED not in scope and not self._admission.admits(slot):
            await self._refuse(scope, send)
            return
        began = time.perf_counter()
        identity = identity_of(scope["headers"])
        request_id.set(identity.decode())
        status, streaming = 500, False
        inner: Any = scope

        async def stamped(message: Message) -> None:
            nonlocal status, streaming
            if message["type"] == "http.response.start":
                status = message["status"]
                if streaming := (b"content-type", STREAM) in message["headers"] or bool(inner.get(LASTS)):
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

        try:
            if scope["method"] == "HEAD":
                # GET without the body (RFC 9110 §9.3.2), which the server leaves out because its own scope says HEAD
                inner = {**scope, "method": "GET", HEAD: True}
            if self._proxies is not None:
                inner = {**inner, "client": self._proxies.client_of(inner)}
            await self._app(inner, receive, stamped)
        finally:
            leave()
            seconds = time.perf_counter() - began
            if not streaming:  # how long somebody watched is no duration of ours
                _series(scope["method"], _route(inner), status).observe(seconds)
            _write_down(inner, scope["method"], status, seconds)

    async def _refuse(self, scope: Any, send: Send) -> None:
        """Refuse a request; that is written down as a figure alone: there are many, and they must be cheap."""
        headers, body = self.refusal.answer(scope["path"], scope["headers"])
        await send({"type": "http.response.start", "status": self.refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


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
