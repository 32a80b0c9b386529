"""Lists as files: what a spreadsheet must not run, and what a reader must get back."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ijaa.shared.sheets import Format, lines


class Row(msgspec.Struct):
    name: str | None
    number: int
    on: bool
    at: datetime
    more: dict[str, Any]


def _row(name: str | None) -> Row:
    return Row(name, 7, on=True, at=datetime(2026, 3, 1, tzinfo=UTC), more={"b": 1, "a": "é"})


def _written(form: Format, *batches: Sequence[Row]) -> str:
    async def read() -> bytes:
        async def given() -> AsyncIterator[Sequence[Row]]:
            for batch in batches:
                yield batch

        return b"".join([portion async for portion in lines(form, Row, given())])

    reading = read()
    with pytest.raises(StopIteration) as ended:  # it waits for nothing, so that no loop is needed
        reading.send(None)
    written: bytes = ended.value.value
    return written.decode()


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_a_list_is_written_as_its_fields_say() -> None:
    header, first, second = _rows(_written("csv", [_row("Asha")], [], [_row(None)]))
    assert header == ["name", "number", "on", "at", "more"]
    assert first == ["Asha", "7", "true", "2026-03-01T00:00:00Z", '{"a":"é","b":1}']
    assert second[0] == ""
    assert _written("csv").endswith("\r\n")  # RFC 4180 §2.1
    assert _rows(_written("csv")) == [header]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_begins_like_a_formula_is_text(first: str) -> None:
    # mutants: each of them left out; only the first cell, or only the first row looked at
    given = f'{first}HYPERLINK("x";"y")'
    rows = _rows(_written("csv", [_row("x"), _row(given)]))
    assert rows[2][0] == f"'{given}"
    assert msgspec.json.decode(_written("json", [_row(given)]))[0]["name"] == given


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=3), max_size=4))
def test_what_is_written_is_read_again(batches: list[list[str]]) -> None:
    names = [name for batch in batches for name in batch]
    read = [row[0].removeprefix("'") for row in _rows(_written("csv", *(map(_row, batch) for batch in batches)))[1:]]  # type: ignore[arg-type]
    assert read == [name.removeprefix("'") for name in names]
    given = [[_row(name) for name in batch] for batch in batches]
    assert [one["name"] for one in msgspec.json.decode(_written("json", *given))] == names
