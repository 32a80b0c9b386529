"""`Idempotency-Key`: a POST's effect and answer are one transaction, and the answer leaves after its commit."""

import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from litestar import Request, Response
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.errors import Malformed, Problem
from ijaa.shared.http.policies import NOT_ASKED, Policy, policy_of
from ijaa.shared.http.problems import as_messages
from ijaa.shared.idempotency import Answer, Claim, IdempotencyKeys
from ijaa.shared.principals import Principal

OPT = "module"
"""`opt` of a module's routes: its name."""
LATER = "later"
"""`opt` of a POST that begins the transaction of its effect itself, as `Once` does, when its file is whole."""
STORES = "idempotency"
"""Where in the state of the application the answers are that modules keep."""
_PENDING = "ijaa.idempotency"
_KEY = re.compile(rb"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = {b"content-type", b"location", b"etag"}
_NEVER_KEPT = {401, 403, 429}
_CREDENTIALS = ("/api/v1/auth/", "/api/v1/admin/auth/")
"""Below these paths passwords come in and tokens go out: nothing of it is kept, whatever a policy says."""


class _Pending:
    """A POST with a key on its way through the application."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.stack = AsyncExitStack()
        self.claimed: tuple[IdempotencyKeys, AsyncSession, Claim] | None = None


class Replays:
    """Wraps the application: holds a POST's answer back until it is kept and its effect has committed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request; all but POST with a key go straight through."""
        key = _key_of(scope) if scope["type"] == "http" and scope["method"] == "POST" else None
        if key is None:
            await self._app(scope, receive, send)
            return
        pending = scope[_PENDING] = _Pending(key)
        held: list[Any] = []

        async def hold(message: Message) -> None:
            held.append(message)

        try:
            async with pending.stack:
                await self._app(scope, receive, hold)
                await _keep(pending, held)
        except _NotKeptError:
            pass  # nothing was done: the answer says why
        except Problem as problem:  # the transaction could not end well, so the answer held back is not true
            held = as_messages(problem, scope)
        for message in held:
            await send(message)


class _NotKeptError(Exception):
    """Takes the transaction back."""


async def replay(
    request: Request[Any, Any, Any], policy: Policy, caller: Principal | None, stores: Mapping[str, IdempotencyKeys]
) -> Response[bytes] | None:
    """Return the first answer to this key, or begin the transaction everything up to the answer belongs to."""
    if (pending := _pending(request, policy, caller)) is None:
        return None
    if LATER in request.route_handler.opt:
        _refuse_odd(pending)
        return None
    return await _begin(request, pending, caller, stores, await request.body())


class Once:
    """A POST that begins the transaction of its effect itself: what comes before it takes time, and no connection."""

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self._request = request
        self.answer: Response[bytes] | None = None
        """The first answer, where there was one."""

    async def begin(self, digest: bytes) -> bool:
        """Begin the transaction everything up to the answer belongs to; return False where it was answered before.

        `digest` is that of the body. Without a key there is nothing to begin.
        """
        request, caller = self._request, self._request.scope["user"]
        pending = _pending(request, policy_of(request.route_handler), caller)
        if pending is not None:
            self.answer = await _begin(request, pending, caller, request.app.state[STORES], digest)
        return self.answer is None


def _pending(request: Request[Any, Any, Any], policy: Policy, caller: Principal | None) -> _Pending | None:
    """Return what waits for the answer, where it is one that may be kept."""
    if caller is None or policy.callers == NOT_ASKED or policy.answers_secret:
        return None
    if request.scope["path_template"].startswith(_CREDENTIALS):
        return None
    pending: _Pending | None = request.scope.get(_PENDING)  # type: ignore[assignment]
    return pending


def _refuse_odd(pending: _Pending) -> None:
    if not _KEY.fullmatch(pending.key):
        raise Malformed("Idempotency-Key takes 1 to 255 visible ASCII characters.")


async def _begin(
    request: Request[Any, Any, Any], pending: _Pending, caller: Principal | None,
    stores: Mapping[str, IdempotencyKeys], body: bytes,
) -> Response[bytes] | None:  # fmt: skip
    keys = stores.get(request.route_handler.opt.get(OPT, ""))
    if keys is None or caller is None:
        return None
    _refuse_odd(pending)
    asked = request.scope["raw_path"] + b"?" + request.scope["query_string"] + b"\0" + body
    claim = keys.claim(caller.user_id, str(request.route_handler.operation_id), pending.key.decode(), asked)
    session = await pending.stack.enter_async_context(keys.database.whole())
    with keys.database.reachable():
        answer = await keys.find(session, claim)
    if answer is not None:
        headers = {**answer.headers, "Idempotent-Replayed": "true"}
        media_type = headers.pop("content-type", None)
        return Response(answer.body, status_code=answer.status, headers=headers, media_type=media_type)
    pending.claimed = (keys, session, claim)
    return None


async def _keep(pending: _Pending, held: list[Message]) -> None:
    if pending.claimed is None:
        raise _NotKeptError
    keys, session, claim = pending.claimed
    start: Any = held[0]
    status = start["status"]
    if status in _NEVER_KEPT or status >= 500:  # noqa: PLR2004 - server errors
        raise _NotKeptError
    headers = {name.decode(): value.decode() for name, value in start["headers"] if name.lower() in _KEPT_HEADERS}
    body = b"".join(message.get("body", b"") for message in held[1:])  # type: ignore[misc]
    await keys.keep(session, claim, Answer(status, headers, body))


def _key_of(scope: Scope) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == b"idempotency-key"), None)
