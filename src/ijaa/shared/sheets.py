"""Long lists as files, row by row: CSV (RFC 4180) that a spreadsheet may open, or a JSON list."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

Format = Literal["csv", "json"]
MEDIA_TYPES: Mapping[Format, str] = {"csv": "text/csv", "json": "application/json"}
MARK = b"\xef\xbb\xbf"
"""Tells a spreadsheet that CSV is UTF-8; it takes names for something else without (the Unicode Standard, 23.8)."""
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would take for a formula (OWASP, CSV injection)."""


async def lines(
    form: Format, kind: type[msgspec.Struct], batches: AsyncIterator[Sequence[msgspec.Struct]]
) -> AsyncIterator[bytes]:
    """Yield rows of `kind` as they come, a portion for each batch; columns are the fields, a nested value is JSON."""
    yield _line(list(kind.__struct_fields__)) if form == "csv" else b"["
    first = True
    async for batch in batches:
        if form == "csv":
            yield b"".join(_line(_cells(row)) for row in batch)
        elif batch:
            yield (b"" if first else b",\n") + b",\n".join(msgspec.json.encode(row) for row in batch)
            first = False
    if form == "json":
        yield b"]\n"


def _cells(row: msgspec.Struct) -> list[str]:
    said: dict[str, Any] = msgspec.to_builtins(row)
    return [_cell(said.get(name)) for name in row.__struct_fields__]


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _line(cells: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
