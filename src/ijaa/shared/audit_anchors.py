"""Anchors: where the head of a chain was at some moment, kept outside of its database.

They are what finds a chain whose newest links were cut off: in the log, in a file of the data folder, in each backup.
"""

import asyncio
import os
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from ijaa.shared.clock import Clock

log = structlog.get_logger("ijaa.audit")


class Anchor(msgspec.Struct, frozen=True):
    """The head of a chain at some moment."""

    seq: int
    hash: str
    """Hexadecimal."""
    at: datetime | None = None


class Anchors:
    """Notes the head of one module's chain whenever it has moved."""

    def __init__(self, module: str, folder: Path, clock: Clock) -> None:
        self._module, self._file, self._clock = module, file_of(folder, module), clock
        self._head: Anchor | None = None
        self._written = 0

    def note(self, seq: int, head: bytes) -> None:
        """Remember the head until it is written."""
        self._head = Anchor(seq, head.hex(), self._clock.now())

    async def write(self) -> None:
        """Write the head into the log and the file, if it has moved."""
        if self._head is None or self._head.seq == self._written:
            return
        head, self._written = self._head, self._head.seq
        log.info("audit head", module=self._module, seq=head.seq, hash=head.hash)
        try:
            await asyncio.to_thread(_append, self._file, msgspec.json.encode(head) + b"\n")
        except OSError as error:
            log.warning("the audit head is in this log alone: its file cannot be written", error=str(error))


def file_of(folder: Path, module: str) -> Path:
    """Return where the anchors of a module lie in a data folder."""
    return folder / "audit" / f"{module}.anchors"


def read_anchors(file: Path) -> list[Anchor]:
    """Return the anchors of a file, oldest first; none where there is no file, and half a last line is left out."""
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    return [msgspec.json.decode(line, type=Anchor) for line in lines[:-1] if line]


def _append(file: Path, line: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)
