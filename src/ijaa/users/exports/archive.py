"""The archive itself: a zip file, written portion by portion into a file."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import IO, Any, BinaryIO, Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec

from ijaa.users.ports import MemberRecords

_READ_BY_OWNER = 0o600 << 16
_PACKED = ("image/", "video/")
"""What gets no smaller."""


class ArchiveWriter:
    """Writes one archive; nothing of it is ever in memory as a whole."""

    def __init__(self, file: BinaryIO, made_at: datetime) -> None:
        self._zip, self._made_at = ZipFile(file, "w"), made_at.astimezone(UTC)
        self.tables: dict[str, int] = {}
        """Rows of each table written, by its file."""
        self.files: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    async def write_records(self, folder: str, records: MemberRecords, username: str) -> None:
        """Write everything a module keeps about a member, a file per table. Raises `Unavailable`."""
        page = await records.page(username)
        while True:
            table, name, number = page.table, f"{folder}/{page.table}.json", 0
            with self._entry(name, ZIP_DEFLATED) as entry:
                while page.table == table:
                    await asyncio.to_thread(_write_rows, entry, page.rows, number)
                    number += len(page.rows)
                    if page.following is None:
                        break
                    page = await records.page(username, page.following)
                entry.write(b"\n]\n" if number else b"[]\n")
            self.tables[name] = number
            if page.table == table:
                return

    async def write_file(self, name: str, media_type: str, portions: AsyncIterator[bytes]) -> None:
        """Write a file as it is. Raises `Unavailable`."""
        with self._entry(name, ZIP_STORED if media_type.startswith(_PACKED) else ZIP_DEFLATED) as entry:
            async for portion in portions:
                await asyncio.to_thread(entry.write, portion)
        self.files.append(name)

    async def write_text(self, name: str, text: str) -> None:
        """Write what is to be read by a person."""
        with self._entry(name, ZIP_DEFLATED) as entry:
            entry.write(text.encode())

    def _entry(self, name: str, how: int) -> IO[bytes]:
        info = ZipInfo(name, self._made_at.timetuple()[:6])
        info.compress_type, info.external_attr = how, _READ_BY_OWNER
        return self._zip.open(info, "w", force_zip64=True)


def _write_rows(entry: IO[bytes], rows: list[dict[str, Any]], before: int) -> None:
    for number, row in enumerate(rows, before):
        entry.write(b",\n" if number else b"[\n")
        entry.write(msgspec.json.format(msgspec.json.encode(row), indent=2))
