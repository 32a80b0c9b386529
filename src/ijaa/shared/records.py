"""Everything a module keeps about one member, read by the declaration of its tables, a page of one table at a time."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from ijaa.shared.database import Database
from ijaa.shared.errors import Malformed
from ijaa.shared.personal import Holding, NotExported, Subject, shown

PAGE = 200
"""Rows of one page."""
_KEYS = """
SELECT c.relname::text, array_agg(a.attname::text ORDER BY array_position(k.conkey, a.attnum))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.contype = 'p' AND k.conrelid = ANY ($1::text[]::regclass[]) GROUP BY c.relname
"""
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


class TablePage(msgspec.Struct, frozen=True):
    """Some rows of one table; a table without any has a page all the same."""

    table: str
    rows: list[dict[str, Any]]
    following: str | None
    """What asks for the next page; None after the last one."""


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page begins: a table, and the key of the row before it."""

    table: str
    key: dict[str, Any] | None


class _Row(msgspec.Struct, frozen=True):
    shown: str
    key: str


class _PrimaryKey(msgspec.Struct, frozen=True):
    table: str
    columns: list[str]


class RecordReader:
    """Reads what the tables of one module hold of a member, as far as their declarations give it to him."""

    def __init__(self, database: Database, holdings: Sequence[Holding]) -> None:
        self._database = database
        self._exported = {one.table: one for one in holdings if not isinstance(one.export, NotExported)}
        self._tables = list(self._exported)
        self._statements: dict[str, _Statement] = {}

    async def page(self, subject: Subject, after: str | None = None) -> TablePage:
        """Return the first page, or the one `after` asks for; raise `Malformed` for one no page ever named."""
        place = _read(after) if after else _Place(self._tables[0], None)
        if place.table not in self._exported:
            raise Malformed("There is no such table.")
        statement = await self._statement(place.table)
        key = msgspec.json.encode(place.key).decode() if place.key else None
        rows = await self._database.fetch(_Row, statement.sql, *statement.bound(subject), key, PAGE + 1)
        kept = rows[:PAGE]
        found = [msgspec.json.decode(row.shown) for row in kept]
        following = self._following(place.table) if len(rows) == len(kept) else _Place(place.table, _key(kept[-1]))
        return TablePage(place.table, found, msgspec.json.encode(following).decode() if following else None)

    async def _statement(self, table: str) -> "_Statement":
        if not self._statements:
            keys = {one.table: one.columns for one in await self._database.fetch(_PrimaryKey, _KEYS, self._tables)}
            self._statements = {name: _Statement(one, keys[name]) for name, one in self._exported.items()}
        return self._statements[table]

    def _following(self, table: str) -> _Place | None:
        following = self._tables.index(table) + 1
        return _Place(self._tables[following], None) if following < len(self._tables) else None


class _Statement:
    """The SQL of one table's pages: its rows as JSON in the order of their key, and that key."""

    def __init__(self, holding: Holding, names: list[str]) -> None:
        assert not isinstance(holding.export, NotExported)  # noqa: S101 - narrows a type
        table, self._names = holding.table, list[str]()
        condition = _PARAMETER.sub(self._numbered, holding.export.condition)
        parts = _PARAMETER.sub(self._numbered, shown(holding))
        key, limit = f"${len(self._names) + 1}::text", f"${len(self._names) + 2}"
        own, theirs = (", ".join(f"{one}.{name}" for name in names) for one in (table, "k"))
        kept = ", ".join(f"'{name}', {table}.{name}" for name in names)
        self.sql = f"""
        SELECT (SELECT to_json(shown) FROM (SELECT {parts}) shown)::text, json_build_object({kept})::text
        FROM {table} WHERE ({condition}) AND ({key} IS NULL OR ({own}) > (
            SELECT {theirs} FROM jsonb_populate_record(NULL::{table}, {key}::jsonb) k
        )) ORDER BY {own} LIMIT {limit}
        """

    def bound(self, subject: Subject) -> list[Any]:
        """Return what the condition asks about the subject."""
        return [getattr(subject, name) for name in self._names]

    def _numbered(self, found: re.Match[str]) -> str:
        if (name := found[1]) not in self._names:
            self._names.append(name)
        return f"${self._names.index(name) + 1}"


def _read(after: str) -> _Place:
    try:
        return msgspec.json.decode(after, type=_Place)
    except msgspec.MsgspecError:
        raise Malformed("This page was never named.") from None


def _key(row: _Row) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(row.key)
    return found
