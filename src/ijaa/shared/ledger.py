"""A file that is only ever appended to, kept outside of databases and their backups: one JSON object a line.

What it holds is derived from committed rows and written again until it is there: whoever is killed on the way leaves a
line that is whole, or half a line that the next one takes away. Several processes write one after the other (flock).
"""

import fcntl
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class Ledger(Generic[T]):
    """The lines of one file, as structs of one kind."""

    def __init__(self, path: Path, kind: type[T], key: Callable[[T], object]) -> None:
        self.path, self._key = path, key
        self._decoder: Any = msgspec.json.Decoder(kind)

    def read(self) -> list[T]:
        """Return every line; none where there is no file, and half a last line is left out.

        Raises:
            ValueError: a line is not one of ours; which, its text says.

        """
        try:
            return self._lines(self.path.read_bytes())
        except FileNotFoundError:
            return []

    def add(self, wanted: Iterable[T]) -> int:
        """Append what is not there yet, and return how many that were once the disk has them. Raises `OSError`."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            held = self.path.read_bytes()
            whole = held.rfind(b"\n") + 1
            if whole < len(held):
                os.ftruncate(handle, whole)
            known = {self._key(one) for one in self._lines(held)}
            missing = {self._key(one): one for one in wanted if self._key(one) not in known}
            _write(handle, b"".join(msgspec.json.encode(one) + b"\n" for one in missing.values()))
            os.fsync(handle)
        finally:
            os.close(handle)
        _sync_folder(self.path.parent)
        return len(missing)

    def _lines(self, held: bytes) -> list[T]:
        found = []
        for number, line in enumerate(held.split(b"\n")[:-1], 1):
            try:
                found.append(self._decoder.decode(line))
            except msgspec.MsgspecError as error:
                raise ValueError(f"line {number} of {self.path} is not one of ours: {error}") from None
        return found


def _write(handle: int, text: bytes) -> None:
    while text:
        text = text[os.write(handle, text) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
