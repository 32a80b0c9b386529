"""Forms with a long file and a few words beside it: on their way into a temporary file, never into memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from ijaa.shared.errors import Invalid, Malformed, TooLarge, Unavailable, Violation
from ijaa.shared.http.idempotency import LATER
from ijaa.shared.http.limits import asker
from ijaa.shared.http.uploads import MULTIPART, UPLOAD, UPLOADS, Uploads

WORDS = "words"
"""`opt` of a route whose form has words beside its file: the longest each may be, by name."""
PATIENCE = 600.0
"""Seconds a long file may take to come: 50 MB over a slow line."""
HEAD = 64
"""Bytes of a file that tell what it is."""
_FILE = "file"
_BUFFER = 1 << 18

Limit = Callable[[bytes], int]
"""Returns how long a file that begins so may be; raises `Invalid` for one nobody takes."""


class Form(msgspec.Struct, frozen=True):
    """What came: the file, without a name, and the words beside it."""

    file: BinaryIO
    head: bytes
    words: dict[str, str]
    digest: bytes
    """Of everything that came, however the client put it together."""


def takes_a_form(**words: int) -> dict[str, Any]:
    """Return the `opt` of a route that reads its body with `read_form`, and has a `request_max_body_size` of its own.

    `words` are the fields a form may have beside its file, with the most characters each may have.
    """
    return {"media_types": frozenset({MULTIPART}), UPLOAD: True, WORDS: words, LATER: True}


@asynccontextmanager
async def read_form(request: Request[Any, Any, Any], limit: Limit) -> AsyncIterator[Form]:
    """Give the form while the block runs; what the client calls the file and says of its type is not looked at.

    Raises:
        TooLarge: the file is longer than `limit` says; the rest is not read.
        Malformed: the form cannot be read, or the client hung up within it.
        Invalid: there is no file, something beside it nobody asked for, or a word that is too long.
        RateLimited: the caller sends many files at once.
        Unavailable: everybody together does, or there is no room for it.

    """
    uploads: Uploads = request.app.state[UPLOADS]
    with TemporaryFile() as file:  # without a name: what dies leaves nothing behind
        reader = _Reader(file, limit, request.route_handler.opt[WORDS])
        try:
            with uploads.one(asker(request.scope)):
                async with asyncio.timeout(PATIENCE):
                    await _feed(request, reader)
        except TimeoutError:
            raise Malformed(f"The file did not come within {PATIENCE:.0f} seconds.") from None
        except OSError as error:
            raise Unavailable("There is no room for the file just now.") from error
        yield reader.form()


async def _feed(request: Request[Any, Any, Any], reader: "_Reader") -> None:
    boundary = parse_options_header(request.headers.get("content-type", ""))[1].get("boundary", "")
    try:
        with PushMultipartParser(boundary, max_segment_count=reader.most + 1, strict=True) as parser:
            async for chunk in request.stream():
                for part in parser.parse(chunk) if chunk else ():
                    if isinstance(part, MultipartSegment):
                        reader.begin(part.name)
                    elif part:
                        await reader.take(bytes(part))
    except InternalServerException:  # Litestar's word for a client that hung up
        raise Malformed("The connection ended within the body.") from None
    except (MultipartError, UnicodeError):
        raise Malformed("The form cannot be read.") from None
    await reader.flush()


class _Reader:
    """Takes a form portion by portion."""

    def __init__(self, file: BinaryIO, limit: Limit, words: Mapping[str, int]) -> None:
        self._file, self._limit, self._allowed = file, limit, words
        self._words: dict[str, bytearray] = {}
        self._field: str | None = None
        self._seen: set[str] = set()
        self._head, self._buffer = bytearray(), bytearray()
        self._size = 0
        self._largest: int | None = None
        self._digest = hashlib.sha256()

    @property
    def most(self) -> int:
        """How many parts there may be."""
        return 1 + len(self._allowed)

    def begin(self, name: str) -> None:
        """Begin a part."""
        if name != _FILE and name not in self._allowed:
            raise Invalid([Violation(f"/{name[:100]}", "is not a field of this request")])
        if name in self._seen:
            raise Invalid([Violation(f"/{name}", "is given more than once")])
        self._seen.add(name)
        self._field = name

    async def take(self, part: bytes) -> None:
        """Take some bytes of the part that was begun."""
        if self._field != _FILE:
            self._take_word(str(self._field), part)
            return
        self._size += len(part)
        self._buffer += part
        if len(self._head) < HEAD:
            self._head += part[: HEAD - len(self._head)]
        if self._largest is None and len(self._head) == HEAD:
            self._largest = self._limit(bytes(self._head))
        if self._largest is not None and self._size > self._largest:
            raise TooLarge(f"A file of this kind has at most {self._largest} bytes.")
        if len(self._buffer) >= _BUFFER:
            await self.flush()

    async def flush(self) -> None:
        """Write what came; the processor is left to others meanwhile."""
        if self._buffer:
            portion, self._buffer = bytes(self._buffer), bytearray()
            await asyncio.to_thread(self._write, portion)

    def form(self) -> Form:
        """Return what came."""
        if not self._size:
            raise Invalid([Violation(f"/{_FILE}", "is required")])
        if self._largest is None and self._size > (largest := self._limit(bytes(self._head))):
            raise TooLarge(f"A file of this kind has at most {largest} bytes.")
        words = {name: self._word(name, bytes(raw)) for name, raw in sorted(self._words.items())}
        told = hashlib.sha256(self._digest.digest())
        for name, word in words.items():
            told.update(b"\0%b\0%b" % (name.encode(), word.encode()))
        return Form(self._file, bytes(self._head), words, told.digest())

    def _take_word(self, name: str, part: bytes) -> None:
        word = self._words.setdefault(name, bytearray())
        word += part
        if len(word) > 4 * self._allowed[name]:  # bytes of a character, at most
            raise Invalid([Violation(f"/{name}", f"must have at most {self._allowed[name]} characters")])

    def _word(self, name: str, raw: bytes) -> str:
        try:
            word = raw.decode()
        except UnicodeDecodeError:
            raise Malformed(f"The field {name} is not UTF-8.") from None
        if "\0" in word:
            raise Invalid([Violation(f"/{name}", "holds a character that cannot be stored")])
        if len(word) > self._allowed[name]:
            raise Invalid([Violation(f"/{name}", f"must have at most {self._allowed[name]} characters")])
        return word

    def _write(self, portion: bytes) -> None:
        self._digest.update(portion)
        self._file.write(portion)
