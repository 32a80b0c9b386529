"""Files that are kept as they were sent: whether they are whole, and what they say beside what they show, blanked.

A container of video is not decoded here, only walked: ISO base media (ISO/IEC 14496-12: MP4, QuickTime) box by box,
WebM (RFC 8794, RFC 9559) element by element. What tells of place, device and author is overwritten where it lies, with
a void of the same length, so that nothing else moves. What a stream itself holds stays as it is.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_MOST = 200_000
"""Boxes or elements looked at: more than a file of ours needs."""
_PORTION = 1 << 16
_TOLD_BY_BOXES = {b"udta", b"meta", b"uuid", b"free", b"skip"}
"""Boxes that describe, or are not used any more: places, devices, titles, previews."""
_EBML, _SEGMENT, _CLUSTER, _TRACKS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1654AE6B
_DOC_TYPE = b"\x42\x82\x84webm"
_TOLD_BY_ELEMENTS = {0x1254C367, 0x1941A469}
"""Tags and Attachments."""
_TAIL = 1024


class RefusedError(Exception):
    """The file is none of ours; the text says why."""


class _Part(NamedTuple):
    """A box or an element of a container."""

    kind: bytes | int
    at: int
    inside: int
    """Where its content begins."""
    end: int


class _Walk:
    """One look through a file, which ends."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, _MOST
        self.size = file.seek(0, 2)

    def read(self, at: int, length: int) -> bytes:
        """Return some bytes."""
        self._file.seek(at)
        return self._file.read(length)

    def write(self, at: int, data: bytes) -> None:
        """Overwrite some bytes."""
        self._file.seek(at)
        self._file.write(data)

    def clear(self, at: int, end: int) -> None:
        """Overwrite everything from here to there."""
        self._file.seek(at)
        for start in range(at, end, _PORTION):
            self._file.write(bytes(min(_PORTION, end - start)))

    def count(self) -> None:
        """Count one part more."""
        self._left -= 1
        if self._left < 0:
            raise RefusedError("has more parts than a video does")


def settle_movie(file: BinaryIO) -> None:
    """Blank what an MP4 or QuickTime file says beside its pictures; raise `RefusedError` for one that is not whole."""
    walk = _Walk(file)
    top = list(_boxes(walk, 0, walk.size))
    movies = [one for one in top if one.kind == b"moov"]
    if len(movies) != 1 or not any(one.kind == b"mdat" and one.end > one.inside for one in top):
        raise RefusedError("is cut off, or has no movie in it")
    inside = list(_boxes(walk, movies[0].inside, movies[0].end))
    tracks = [one for one in inside if one.kind == b"trak"]
    if not tracks or not any(one.kind == b"mvhd" for one in inside):
        raise RefusedError("is cut off, or has no movie in it")
    for one in [*top, *inside, *(part for track in tracks for part in _boxes(walk, track.inside, track.end))]:
        if one.kind in _TOLD_BY_BOXES:
            walk.write(one.at + 4, b"free")
            walk.clear(one.inside, one.end)


def settle_webm(file: BinaryIO) -> None:
    """Blank what a WebM file says beside its pictures; raise `RefusedError` for one that is not whole."""
    walk = _Walk(file)
    head = _element(walk, 0, walk.size)
    if head.kind != _EBML or _DOC_TYPE not in walk.read(head.inside, min(head.end - head.inside, _PORTION)):
        raise RefusedError("is no WebM")
    segment = _element(walk, head.end, walk.size)
    if segment.kind != _SEGMENT or segment.end != walk.size:
        raise RefusedError("is cut off, or has more in it than a video")
    seen: set[bytes | int] = set()
    for one in _elements(walk, segment.inside, segment.end):
        seen.add(one.kind)
        if one.kind in _TOLD_BY_ELEMENTS:
            _void(walk, one)
    if not {_TRACKS, _CLUSTER} <= seen:
        raise RefusedError("is cut off, or has no video in it")


def refuse_broken_pdf(file: BinaryIO) -> None:
    """Raise `RefusedError` for a PDF without its end (ISO 32000-2 §7.5.5); it is kept to the last byte as it came."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    if b"%%EOF" not in file.read(_TAIL):
        raise RefusedError("is cut off: a PDF ends with %%EOF")


def _boxes(walk: _Walk, start: int, end: int) -> Iterator[_Part]:
    at = start
    while at < end:
        walk.count()
        head = walk.read(at, min(16, end - at))
        size, kind, inside = int.from_bytes(head[:4]), head[4:8], at + 8
        if size == 1:
            size, inside = int.from_bytes(head[8:16]), at + 16
        elif head == b"\0\0\0\0":
            return  # QuickTime ends some lists so
        elif size == 0:
            size = end - at
        if at + size > end or at + size < inside:
            raise RefusedError("is cut off or damaged")
        yield _Part(kind, at, inside, at + size)
        at += size


def _elements(walk: _Walk, start: int, end: int) -> Iterator[_Part]:
    at = start
    while at < end:
        one = _element(walk, at, end)
        yield one
        at = one.end


def _element(walk: _Walk, at: int, end: int) -> _Part:
    """Return the element at a place; one of unknown length, as a recording has, goes on to the end."""
    walk.count()
    head = walk.read(at, min(12, end - at))
    kind_length = _length(head[:1], 4)
    size_length = _length(head[kind_length : kind_length + 1], 8)
    inside = at + kind_length + size_length
    size = int.from_bytes(head[kind_length : kind_length + size_length]) & ((1 << 7 * size_length) - 1)
    stop = end if size == (1 << 7 * size_length) - 1 else inside + size
    if stop > end or len(head) < kind_length + size_length:
        raise RefusedError("is cut off or damaged")
    return _Part(int.from_bytes(head[:kind_length]), at, inside, stop)


def _length(first: bytes, most: int) -> int:
    """Return how many bytes a number of variable length has (RFC 8794 §4)."""
    length = 9 - first[0].bit_length() if first else 9
    if length > most:
        raise RefusedError("is cut off or damaged")
    return length


def _void(walk: _Walk, one: _Part) -> None:
    """Put a Void of the same length (RFC 8794 §11.3.2) in the place of an element, which has four bytes of id."""
    length = one.end - one.at
    if length > 9:  # noqa: PLR2004 - one byte of id and eight of length
        walk.write(one.at, b"\xec\x01" + (length - 9).to_bytes(7))
        walk.clear(one.at + 9, one.end)
    else:
        walk.write(one.at, bytes([0xEC, 0x80 | (length - 2)]) + bytes(length - 2))
