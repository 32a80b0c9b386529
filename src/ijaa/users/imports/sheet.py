"""A CSV file (RFC 4180) as people, row by row; what is wrong with the file as a whole is said before its first row."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO

import msgspec

from ijaa.users.imports.domain import FIELDS, Field, Person, RowError, heading_key, person, recognised

DELIMITERS: Mapping[str, str] = {"comma": ",", "semicolon": ";", "tab": "\t"}
_COLUMNS = 200
_HEADING_LENGTH = 100
_CHUNK = 1 << 16


class SheetError(Exception):
    """Nothing of the file can be taken; the text says why and what to do."""


class Refused(msgspec.Struct, frozen=True):
    """A row that cannot be taken."""

    line: int
    reason: str
    cells: list[str]


class Sheet:
    """The rows of a file that was looked through once; raise `SheetError` for a file that is none."""

    def __init__(
        self, stream: BinaryIO, mapping: Mapping[str, str], *, delimiter: str = "comma", encoding: str = "utf-8-sig"
    ) -> None:
        self.lines = _checked(stream, encoding)
        stream.seek(0)
        text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        self._text = text  # a wrapper that goes closes what it wraps
        self.delimiter = DELIMITERS[delimiter]
        self._reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        try:
            self.headings = next(self._reader, [])
        except csv.Error as error:
            raise SheetError(f"The headings cannot be read: {error}.") from None
        self.columns = _columns(self.headings, mapping, delimiter)
        self.ignored = [h for h, field in zip(self.headings, self.columns, strict=True) if field == "ignore"]

    def rows(self, today: date) -> Iterator[Person | Refused]:
        """Yield each row that is not empty, by the line it ends in."""
        while True:
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:  # the reader goes on with the next line
                yield Refused(self._reader.line_num, f"cannot be read, is a quote left open? ({error})", [])
                continue
            if any(cell.strip() for cell in cells):
                yield self._row(cells, today)

    def close(self) -> None:
        """Let go of the stream without closing it."""
        self._text.detach()

    def _row(self, cells: list[str], today: date) -> Person | Refused:
        line, expected = self._reader.line_num, len(self.columns)
        if len(cells) != expected:
            return Refused(line, f"has {len(cells)} columns instead of {expected}", cells)
        said: dict[Field, str] = {}
        extra: dict[str, str] = {}
        for heading, field, cell in zip(self.headings, self.columns, cells, strict=True):
            if field == "extra":
                extra[heading.strip()] = cell
            elif field != "ignore":
                said[field] = cell
        try:
            return msgspec.structs.replace(person(line, said, extra, today), cells=cells)
        except RowError as error:
            return Refused(line, str(error), cells)


def _checked(stream: BinaryIO, encoding: str) -> int:
    """Return how many lines there are; the whole file is read once, so that it is not found out half way."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        raise SheetError(f"There is no encoding called {encoding}.") from None
    lines, read, last = 0, 0, ""
    while True:
        chunk = stream.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise SheetError(
                f"The file is not {encoding.removesuffix('-sig')} (about byte {read + error.start}): save it as UTF-8, "
                "or name its encoding, such as windows-1252 or utf-16."
            ) from None
        lines, last = lines + text.count("\n"), text[-1:] or last
        if not chunk:
            break
        read += len(chunk)
    if not last:
        raise SheetError("The file is empty.")
    return lines + (last != "\n")


def _columns(headings: Sequence[str], mapping: Mapping[str, str], delimiter: str) -> list[Field]:
    if not any(heading.strip() for heading in headings):
        raise SheetError("The first line has to name the columns.")
    if len(headings) > _COLUMNS or any(len(h) > _HEADING_LENGTH or "\0" in h for h in headings):
        raise SheetError(f"There are more than {_COLUMNS} columns, or a heading is too long or unreadable.")
    keys = [heading_key(heading) for heading in headings]
    wanted = {heading_key(column): field for column, field in mapping.items()}
    if unknown := [column for column in mapping if heading_key(column) not in keys]:
        raise SheetError(f"No column is called {', '.join(unknown)}. There are: {', '.join(headings)}.")
    if wrong := [field for field in mapping.values() if field not in FIELDS]:
        raise SheetError(f"A column cannot be {', '.join(wrong)}, but one of {', '.join(FIELDS)}.")
    if twice := sorted({h.strip() for h, key in zip(headings, keys, strict=True) if key and keys.count(key) > 1}):
        raise SheetError(f"Columns are called alike: {', '.join(twice)}.")
    found: list[Field] = [
        wanted.get(key) or recognised(heading) or "ignore"  # type: ignore[misc]  # looked at above
        for heading, key in zip(headings, keys, strict=True)
    ]
    if double := sorted({field for field in found if field not in {"extra", "ignore"} and found.count(field) > 1}):
        raise SheetError(f"More than one column is {', '.join(double)}: say which with a mapping.")
    if not {"name", "first_name", "last_name"} & {*found}:
        raise SheetError(_nameless(headings, delimiter))
    return found


def _nameless(headings: Sequence[str], delimiter: str) -> str:
    other = next((name for name, sign in DELIMITERS.items() if name != delimiter and sign in headings[0]), None)
    if len(headings) == 1 and other:
        return f"The columns are separated by a {other}, not a {delimiter}: say so as the delimiter."
    return f"No column is recognised as a name: map one of {', '.join(headings)} to name."
