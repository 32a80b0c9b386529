"""Files that come as multipart/form-data (RFC 7578): one part, called `file`, read while it comes."""

import asyncio
from contextlib import AbstractContextManager
from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from ijaa.shared.errors import Invalid, Malformed, RateLimited, TooLarge, Unavailable, Violation
from ijaa.shared.http.crowd import Crowd
from ijaa.shared.http.limits import asker

MULTIPART = "multipart/form-data"
UPLOAD = "upload"
"""`opt` of a route that takes a file."""
TAKES_A_FILE = {"media_types": frozenset({MULTIPART}), UPLOAD: True}
"""`opt` of a route that reads its body with `read_file`, and has a `request_max_body_size` of its own."""
ENVELOPE = 16 * 1024
"""Bytes a form may have around its file."""
UPLOADS = "uploads"
"""Where in the state of the application the `Uploads` are."""
AT_ONCE, OF_ONE = 32, 8
"""Files on their way into a process, of everybody and of one caller: each takes memory until it is whole."""
PATIENCE = 120.0
"""Seconds a file may take to come."""
_PART = "file"


class Uploads(Crowd):
    """The files on their way into this process."""

    def one(self, who: str) -> AbstractContextManager[None]:
        """Count one of somebody in; raise `RateLimited` or `Unavailable` when he, or everybody, has enough."""
        return self.counted(
            who,
            of_one=OF_ONE,
            his=RateLimited("You are sending many files at once.", retry_after=2),
            of_all=AT_ONCE,
            everybodys=Unavailable("Many files are coming in just now.", retry_after=5),
        )


async def read_file(request: Request[Any, Any, Any], largest: int) -> bytes:
    """Return the file; what the client calls it and says of its type is not looked at.

    Raises:
        TooLarge: it has more than `largest` bytes; the rest is not read.
        Malformed: the form cannot be read, or the client hung up within it.
        Invalid: there is no file, or something beside it.
        RateLimited: the caller sends many files at once.
        Unavailable: everybody together does.

    """
    uploads: Uploads = request.app.state[UPLOADS]
    try:
        with uploads.one(asker(request.scope)):
            async with asyncio.timeout(PATIENCE):
                return await _file_of(request, largest)
    except TimeoutError:
        raise Malformed(f"The file did not come within {PATIENCE:.0f} seconds.") from None


async def _file_of(request: Request[Any, Any, Any], largest: int) -> bytes:
    found = bytearray()
    boundary = parse_options_header(request.headers.get("content-type", ""))[1].get("boundary", "")
    seen = False
    try:
        with PushMultipartParser(boundary, max_segment_count=2, strict=True) as parser:
            async for chunk in request.stream():
                for part in parser.parse(chunk) if chunk else ():
                    if isinstance(part, MultipartSegment):
                        _refuse_other(part.name, seen=seen)
                        seen = True
                    elif part:
                        found += part
                        if len(found) > largest:
                            raise TooLarge(f"A file of at most {largest} bytes is taken here.")
    except InternalServerException:  # Litestar's word for a client that hung up
        raise Malformed("The connection ended within the body.") from None
    except (MultipartError, UnicodeError):
        raise Malformed("The form cannot be read.") from None
    if not found:
        raise Invalid([Violation(f"/{_PART}", "is required")])
    return bytes(found)


def _refuse_other(name: str, *, seen: bool) -> None:
    if name != _PART:
        raise Invalid([Violation(f"/{name[:100]}", "is not a field of this request")])
    if seen:
        raise Invalid([Violation(f"/{_PART}", "is given more than once")])
