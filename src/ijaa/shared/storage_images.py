"""Images people send: taken as what they are, and drawn anew in a process that can be killed."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, NoReturn, get_args

import msgspec
import structlog

from ijaa.shared.errors import Invalid, Unavailable, Violation

Variant = Literal["full", "card", "thumbnail"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)
MEDIA_TYPE = "image/webp"
"""Of what is made of any image."""
LARGEST = 5 * 1024 * 1024
"""Bytes of an image somebody sends (domain: limits)."""
PIXELS = 24_000_000
EDGE = 2048
"""Pixels of the longer side of what is kept."""
MEMORY = 512 << 20
"""Bytes of address space a decoder has."""
SECONDS = 10
"""CPU time a decoder has."""
PATIENCE = 20.0
"""Seconds a decoder is waited for on a machine that has other work."""
AT_ONCE, WAITING = 2, 16
_LARGEST_ANSWER = 64 << 20
_DECODER = str(Path(__file__).with_name("storage_decoder.py"))

log = structlog.get_logger("ijaa.images")


class _Answer(msgspec.Struct):
    variants: dict[Variant, int] = {}
    refused: str | None = None


class Images:
    """Draws images anew, a few at once."""

    def __init__(self, *, memory: int = MEMORY, seconds: int = SECONDS) -> None:
        self._asked = json.dumps(
            {
                "memory": memory,
                "seconds": seconds,
                "pixels": PIXELS,
                "full": EDGE,
                "within": {"card": 320},
                "square": {"thumbnail": 96},
            }
        )
        self._free, self._present = asyncio.Semaphore(AT_ONCE), 0

    async def draw(self, raw: bytes) -> Mapping[Variant, bytes]:
        """Return an image in every variant.

        Raises:
            Invalid: it is no JPEG, PNG or WebP, too large, or no decoder comes through it.
            Unavailable: too many wait, or the machine has no time for it.

        """
        if not _looks_like_ours(raw):
            _refuse("is no JPEG, PNG or WebP")
        if self._present >= AT_ONCE + WAITING:
            raise Unavailable("Many images are waiting to be looked at.", retry_after=5)
        self._present += 1
        try:
            async with self._free:
                answer = await self._ask(raw)
        finally:
            self._present -= 1
        return _read(answer)

    async def _ask(self, raw: bytes) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", _DECODER, self._asked,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd="/",
                env={},  # whoever takes it over finds no secret
            )  # fmt: skip
        except OSError as error:
            raise Unavailable("No image can be looked at just now.") from error
        feeding = asyncio.create_task(_feed(process, raw))
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await _drain(process)
                await process.wait()
                return answer
        except TimeoutError:
            raise Unavailable("The image could not be looked at in time.", retry_after=5) from None
        finally:
            feeding.cancel()
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await asyncio.shield(process.wait())


def size_of(webp: bytes) -> tuple[int, int]:
    """Return width and height of an image that was drawn here, from its header alone (RFC 9649 §2.5 to §2.7)."""
    kind, data = webp[12:16], webp[20:30]
    if kind == b"VP8X":
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF


async def _feed(process: asyncio.subprocess.Process, raw: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    with suppress(BrokenPipeError, ConnectionResetError):  # it died, which its answer tells
        process.stdin.write(raw)
        await process.stdin.drain()
        process.stdin.close()


async def _drain(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    answer = bytearray()
    while len(answer) <= _LARGEST_ANSWER and (more := await process.stdout.read(1 << 18)):
        answer += more
    return bytes(answer)


def _read(answer: bytes) -> Mapping[Variant, bytes]:
    """Return the variants of an answer; one that is not whole comes from a decoder that was killed."""
    head, _, rest = answer.partition(b"\n")
    try:
        said = msgspec.json.decode(head, type=_Answer)
    except msgspec.DecodeError:
        said = _Answer()
    if said.refused:
        _refuse(said.refused)
    if said.variants.keys() != set(VARIANTS) or sum(said.variants.values()) != len(rest):
        log.warning("a decoder was killed by its image")
        _refuse("needs more memory or time than a photo does")
    found, at = {}, 0
    for variant, length in said.variants.items():
        found[variant] = rest[at : at + length]
        at += length
    return found


def _looks_like_ours(raw: bytes) -> bool:
    return raw.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (raw[:4] == b"RIFF" and raw[8:12] == b"WEBP")


def _refuse(why: str) -> NoReturn:
    raise Invalid([Violation("/file", why)])
