"""Every error as application/problem+json (RFC 9457), mapped in this one place."""

import re
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.types import ExceptionHandlersMap

from ijaa.shared.context import request_id
from ijaa.shared.errors import (
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    Violation,
)

MEDIA_TYPE = "application/problem+json"
_MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")
"""What Litestar says of a parameter it has not found, in its text alone."""
TYPE_PREFIX = "urn:ijaa:problem:"

log = structlog.get_logger("ijaa.http")

_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        Malformed,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        TooLarge,
        UnsupportedMediaType,
        Unavailable,
    )
}


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every error answer (RFC 9457 §3)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: tuple[Violation, ...] = ()


def details_of(problem: Problem, instance: str) -> ProblemDetails:
    """Return the body that tells a client of this problem."""
    return ProblemDetails(
        type=TYPE_PREFIX + problem.code,
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        instance=instance,
        code=problem.code,
        request_id=request_id.get(),
        errors=problem.violations if isinstance(problem, Invalid) else (),
    )


def as_messages(problem: Problem, scope: Any) -> list[Any]:
    """Return the ASGI messages that answer a problem, for where there is no application to do it."""
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    body = msgspec.json.encode(details_of(problem, scope["path"]))
    headers.append((b"content-length", str(len(body)).encode()))
    start = {"type": "http.response.start", "status": problem.status, "headers": headers}
    return [start, {"type": "http.response.body", "body": body, "more_body": False}]


def _answer(request: Request[Any, Any, Any], problem: Problem) -> Response[ProblemDetails]:
    return Response(
        details_of(problem, request.scope["path"]),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def _on_problem(request: Request[Any, Any, Any], problem: Problem) -> Response[ProblemDetails]:
    if isinstance(problem, Unavailable):
        log.warning("unavailable", detail=problem.detail, cause=repr(problem.__cause__))
    return _answer(request, problem)


def _on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[ProblemDetails]:
    """Answer what Litestar found in parameters; `extra` is its list of messages."""
    found = [
        Violation(
            "/" + _name_of(request, str(item.get("key", ""))).replace(".", "/"),
            str(item.get("message", "is not valid")).replace("`", ""),
        )
        for item in (error.extra or [])
        if isinstance(item, dict)
    ]
    if missing := _MISSING.match(error.detail):
        found.append(Violation(f"/{missing[1]}", "is required"))
    if any(v.pointer == "/data" for v in found):
        return _answer(request, Invalid([Violation("", "a JSON body is required")]))
    return _answer(request, Invalid(found or [Violation("", "is not valid")]))


def _name_of(request: Request[Any, Any, Any], key: str) -> str:
    """Return a parameter's name as clients know it; Litestar tells the handler's own."""
    field = request.route_handler.parsed_fn_signature.parameters.get(key)
    return getattr(field and field.kwarg_definition, "name", None) or key


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[ProblemDetails]:
    """Answer Litestar's own refusals in our words; its detail may echo what the client sent."""
    if error.status_code == Unauthenticated.status:
        return _answer(request, Unauthenticated())
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        return _on_anything(request, error)
    return _answer(request, kind(headers=_allow(error)) if kind is MethodNotAllowed else kind())


def _allow(error: HTTPException) -> dict[str, str]:
    """Return the methods there are (RFC 9110 §15.5.6); HEAD is served wherever GET is, which Litestar cannot know."""
    given = next((value for name, value in (error.headers or {}).items() if name.lower() == "allow"), "")
    methods = {method.strip() for method in given.split(",") if method.strip()}
    return {"Allow": ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))}


def _on_anything(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemDetails]:
    log.error("unhandled error", exc_info=error)
    return _answer(request, Problem("It has been written down; the request id finds it."))


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    Problem: _on_problem,
    ValidationException: _on_validation,
    NotFoundException: _on_http,
    MethodNotAllowedException: _on_http,
    ClientException: _on_http,
    HTTPException: _on_http,
    Exception: _on_anything,
}
