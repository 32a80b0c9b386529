"""The form a mail service posts where its user wants no more mails, in one click (RFC 8058)."""

from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from multipart import MultipartError, MultipartParser, parse_options_header

from ijaa.shared.errors import Malformed
from ijaa.shared.http.uploads import MULTIPART

FORM = "application/x-www-form-urlencoded"
FIELD, VALUE = "List-Unsubscribe", "One-Click"
ONE_CLICK = "one-click"
"""`opt` of a route that is clicked."""
TAKES_A_CLICK = {"media_types": frozenset({FORM, MULTIPART}), ONE_CLICK: True}
"""`opt` of a route that calls `refuse_other_forms`."""


async def refuse_other_forms(request: Request[Any, Any, Any]) -> None:
    """Raise `Malformed` for what is not that form, in either of its two encodings (RFC 8058 §3.2)."""
    raw = await request.body()
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    try:
        fields = _parts(raw, options.get("boundary", "")) if kind == MULTIPART else _pairs(raw)
    except (MultipartError, ValueError):
        fields = []
    if fields != [(FIELD, VALUE)]:
        raise Malformed(f"Send the form {FIELD}={VALUE} and nothing else.")


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    return parse_qsl(raw.decode("ascii").strip(), keep_blank_values=True, strict_parsing=True, max_num_fields=2)


def _parts(raw: bytes, boundary: str) -> list[tuple[str, str]]:
    parser = MultipartParser(BytesIO(raw), boundary, part_limit=2, memory_limit=1024, spool_limit=1024)
    return [(part.name, part.value) for part in parser]
