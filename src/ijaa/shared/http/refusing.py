"""What is more than enough, refused in the same words from within the application and, for a third of it, before it."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from litestar.config.cors import CORSConfig
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ijaa.shared.errors import Unavailable
from ijaa.shared.http.admission import ENTERED, Admission, Slot
from ijaa.shared.http.problems import MEDIA_TYPE, details_of

Header = tuple[bytes, bytes]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_PLAIN = re.compile(rb"/[A-Za-z0-9._~/-]*")
"""Paths that mean what they say; the others are read by the server first."""


def identity_of(headers: Iterable[Header]) -> bytes:
    """Return the id of a request: its client's, where that is one, or a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value
    return os.urandom(16).hex().encode()


class Refusal:
    """The answer to what is more than enough (503)."""

    def __init__(self, admission: Admission, always: Mapping[bytes, bytes], cors: CORSConfig | None) -> None:
        """Take the headers every answer has, and who may read it from another origin."""
        problem = Unavailable("Too much is asked of this process just now.")
        self.status, self.admission, self._cors = problem.status, admission, cors
        self._details = details_of(problem, "")
        own = {b"content-type": MEDIA_TYPE.encode(), **_encoded(problem.headers)}
        self._headers = [*(dict(always) | own).items()]
        self._to_pages = [*_encoded(cors.simple_headers).items()] if cors else []
        self._head = STATUS_LINE[self.status] + _lines(self._headers)

    def answer(self, path: str, asked: Sequence[Header]) -> tuple[list[Header], bytes]:
        """Return headers and body for a request."""
        own, body = self._of(path, asked)
        return [*self._headers, *own], body

    def written(self, path: str, asked: Sequence[Header], further: Sequence[Header], *, head: bool) -> bytes:
        """Return the same as it goes over the wire, with what the server adds."""
        own, body = self._of(path, asked)
        return b"%b%b%b\r\n%b" % (self._head, _lines(further), _lines(own), b"" if head else body)

    def _of(self, path: str, asked: Sequence[Header]) -> tuple[list[Header], bytes]:
        identity = identity_of(asked)
        body = msgspec.json.encode(msgspec.structs.replace(self._details, instance=path, request_id=identity.decode()))
        own = [(b"content-length", b"%d" % len(body)), (b"x-request-id", identity)]
        return (own + self._for_page(asked) if self._cors else own), body

    def _for_page(self, asked: Iterable[Header]) -> list[Header]:
        origin = next((value for name, value in asked if name == b"origin"), None)
        if origin is None or self._cors is None or not self._cors.is_origin_allowed(origin.decode("latin-1")):
            return []
        return [(b"access-control-allow-origin", origin), (b"vary", b"Origin"), *self._to_pages]


class RefusingProtocol(HttpToolsProtocol):
    """Refuses reads before a scope, a task or the application is made for them; all else is uvicorn's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refusal: Refusal | None = getattr(getattr(self.app, "asgi_handler", None), "refusal", None)
        self._refused: str | None = None

    def on_headers_complete(self) -> None:
        """Take a request on, counted in, or remember that it is refused."""
        self._refused, slot = None, self._slot()
        if slot is None or self._refusal is None:
            super().on_headers_complete()
            return
        # counted here: many may come before the first of their tasks begins
        if not self._refusal.admission.admits(slot):
            self._refused = _path_of(self.url).decode()
            return
        self.scope[ENTERED] = slot  # type: ignore[literal-required]  # ours, as middleware has it
        try:
            super().on_headers_complete()
        except BaseException:
            self._refusal.admission.leave(slot)
            raise

    def on_body(self, body: bytes) -> None:
        """Leave out what belongs to a request that is refused."""
        if self._refused is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Answer what is refused."""
        if self._refused is None or self._refusal is None:
            super().on_message_complete()
            return
        lasting = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        further = [*self.server_state.default_headers, *(() if lasting else ((b"connection", b"close"),))]
        head = self.parser.get_method() == b"HEAD"
        self.transport.write(self._refusal.written(self._refused, self.headers, further, head=head))
        if not lasting:
            self.transport.close()
        self.on_response_complete()

    def _slot(self) -> Slot | None:
        """Return what a request counts as that can be refused here: a read, with nothing before it left to answer."""
        method, path = self.parser.get_method(), _path_of(self.url)
        waiting = bool(self.cycle) and not self.cycle.response_complete
        if self._refusal is None or method not in {b"GET", b"HEAD"} or waiting or self.expect_100_continue:
            return None
        if self.flow.write_paused or not _PLAIN.fullmatch(path):
            return None
        return self._refusal.admission.slot_of(path.decode(), method.decode())


def _path_of(url: bytes) -> bytes:
    return url.partition(b"?")[0]


def _encoded(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.lower().encode(): value.encode() for name, value in headers.items()}


def _lines(headers: Iterable[Header]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])
