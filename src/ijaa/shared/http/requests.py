"""The request as controllers meet it: a strict JSON body and no parameter that is not declared."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from ijaa.shared.errors import Invalid, Malformed, NotFound, UnsupportedMediaType, Violation
from ijaa.shared.http.json_scan import scan
from ijaa.shared.http.uploads import MULTIPART
from ijaa.shared.principals import Principal
from ijaa.shared.schema import violations

BODY_LIMIT = 256 * 1024
"""Bytes of a JSON body (domain: limits)."""

_OFFSET = re.compile(r"([zZ]|[+-]\d{2}:?\d{2})$")
_BODILESS = {"GET", "HEAD", "OPTIONS"}
_JSON_TYPES = {"application/json"}
_PATCH_TYPES = {"application/json", "application/merge-patch+json"}


class StrictRequest(Request[Principal | None, Any, State]):
    """A request whose JSON body is decoded once, strictly, into the struct its handler declares.

    Litestar decodes to builtins and converts laxly (`"3"` passes for an int); the struct made here is passed on as is.
    """

    async def body(self) -> bytes:
        """Return the whole body; raise `Malformed` for a client that hung up within it."""
        try:
            return await super().body()
        except InternalServerException:  # Litestar's word for it
            raise Malformed("The connection ended within the body.") from None

    async def json(self) -> Any:
        """Return the body as the handler's struct; raise `Malformed`, `Invalid` or `UnsupportedMediaType`."""
        return decode_body(await self.body(), self.route_handler.parsed_fn_signature.parameters["data"].annotation)


def decode_body(raw: bytes, kind: Any) -> Any:
    """Return a raw JSON body as `kind`, or raise every violation at once."""
    value = scan(raw)
    try:
        return msgspec.json.decode(raw, type=kind, strict=True)
    except msgspec.ValidationError as error:
        found = list(violations(value, kind))
        raise Invalid(found or [Violation("", str(error))]) from None
    except msgspec.DecodeError as error:
        raise Malformed(f"The body is not JSON: {error}") from None


def refuse_undeclared(request: Request[Any, Any, Any]) -> None:
    """Refuse what no handler declares: unknown or repeated query parameters, bytes no text holds, other media types."""
    _refuse_media_type(request)
    if _unstorable(request.scope["path"]):
        raise NotFound
    if request.scope["query_string"]:
        found = list(_query_violations(request))
        if found:
            raise Invalid(found)


def _query_violations(request: Request[Any, Any, Any]) -> Iterator[Violation]:
    declared = _query_parameters(request.route_handler)
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in declared:
            yield Violation(f"/{name}", "is not a query parameter of this resource")
        elif name in seen:
            yield Violation(f"/{name}", "is given more than once")
        elif _unstorable(value):
            yield Violation(f"/{name}", "holds a character that cannot be stored")
        elif declared[name] and not _OFFSET.search(value):
            yield Violation(f"/{name}", "needs an offset from UTC, such as 2026-01-31T18:00:00Z")
        seen.add(name)


def _unstorable(text: str) -> bool:
    """Whether a decoded URL held NUL or bytes that are not UTF-8."""
    return "\0" in text or "\ufffd" in text


def _refuse_media_type(request: Request[Any, Any, Any]) -> None:
    if request.method in _BODILESS:
        return
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return
    allowed = request.route_handler.opt.get("media_types") or (
        _PATCH_TYPES if request.method == "PATCH" else _JSON_TYPES
    )
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    kind = media_type.strip().lower()
    charset = "" if kind == MULTIPART else parameters.strip().lower()  # a form has a boundary there
    if kind not in allowed or charset not in {"", "charset=utf-8", 'charset="utf-8"'}:
        raise UnsupportedMediaType(f"Send {' or '.join(sorted(allowed))}.")


@cache
def _query_parameters(handler: HTTPRouteHandler) -> dict[str, bool]:
    """Return the query parameters a handler declares, and whether each is a time."""
    return {
        field.kwarg_definition.name or name: field.has_inner_subclass_of(datetime) or field.is_subclass_of(datetime)
        for name, field in handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    }
