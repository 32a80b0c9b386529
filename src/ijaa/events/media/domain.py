"""What may be uploaded, by whom, and how much of it."""

import re
from typing import Literal

from ijaa.shared.errors import Invalid, Violation

MediaType = Literal["IMAGE", "VIDEO", "DOCUMENT"]

CAPTION = 200
"""Characters of a caption."""
OF_EVENT = 200
"""Media of one event: an album people look through, and ten pages of a list."""
OF_MEMBER = 500 * 1024 * 1024
"""Bytes of one member at all events together: ten of the longest videos, or some thousand images."""
LARGEST: dict[MediaType, int] = {"IMAGE": 5 << 20, "VIDEO": 50 << 20, "DOCUMENT": 20 << 20}
"""Bytes of one file as it is sent (domain: limits)."""

_MOVIES = {b"isom", b"mp41", b"mp42", b"avc1", b"dash", b"MSNV", b"M4V ", b"M4VH", b"M4VP", b"F4V "}
"""Major brands of MP4 with video in it (ISO/IEC 14496-12 §4.3); `iso2` to `iso9` and `isoa` besides."""
_QUICKTIME = b"qt  "
_ENDINGS = {
    "image/webp": "webp", "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "application/pdf": "pdf",
}  # fmt: skip
_NAME = re.compile(r"medium-(\d{1,18})\.[a-z0-9]{3,4}")


def file_type_of(head: bytes) -> str:
    """Return the type of a file by how it begins, whatever it is called; raise `Invalid` for one nobody takes.

    Of an image it is what it will be once it is drawn anew.
    """
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image/webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand == _QUICKTIME:
            return "video/quicktime"
        if brand in _MOVIES or brand.startswith(b"iso"):
            return "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return "application/pdf"
    raise Invalid([Violation("/file", "is no JPEG, PNG, WebP, MP4, QuickTime, WebM or PDF")])


def media_type_of(file_type: str) -> MediaType:
    """Return what a file is for those who look at it."""
    kinds: dict[str, MediaType] = {"image": "IMAGE", "video": "VIDEO"}
    return kinds.get(file_type.partition("/")[0], "DOCUMENT")


def largest(head: bytes) -> int:
    """Return how many bytes a file that begins so may have; raise `Invalid` for one nobody takes."""
    return LARGEST[media_type_of(file_type_of(head))]


def disposition_of(media_id: int, file_type: str) -> str:
    """Return what a browser does with a file: a document is saved and never shown (RFC 6266)."""
    shown = "attachment" if file_type == "application/pdf" else "inline"
    return f'{shown}; filename="{name_of(media_id, file_type)}"'


def name_of(media_id: int, file_type: str) -> str:
    """Return what a file is called by those who save it."""
    return f"medium-{media_id}.{_ENDINGS[file_type]}"


def id_of(name: str) -> int | None:
    """Return whose name that is, None for no name of ours."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def takes_media(*, status: str) -> bool:
    """Whether an event takes media: whatever is not called off, before it and after."""
    return status != "CANCELLED"
