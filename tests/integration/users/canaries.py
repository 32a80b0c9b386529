"""Rows with a value of their own in every column, so that it can be seen where each of them goes."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import make_url

from ijaa.shared.personal import Holding, NotExported, Subject

_COLUMNS = """
SELECT column_name::text, udt_name::text FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
_UNCHECK = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS of, conname FROM pg_constraint
        WHERE contype = 'c' AND connamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.of, one.conname); END LOOP;
END $$
"""
_LATER = datetime(2040, 1, 1, tzinfo=UTC)
"""Nothing is due before it."""


class Planted(NamedTuple):
    """One row: what was written, and what an archive says of it."""

    table: str
    values: Mapping[str, Any]
    """By column."""


class Canaries:
    """Plants rows past every rule: of constraints none is left but that of types, lengths and uniqueness."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    @classmethod
    async def of(cls, superuser: str, dsn: str) -> "Canaries":
        """Open a database that is a test's own."""
        url = make_url(superuser).set(database=make_url(dsn).database)
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        await connection.execute(_UNCHECK)
        await connection.execute("SET session_replication_role = replica")  # no foreign keys
        return cls(connection)

    async def close(self) -> None:
        """Close it."""
        await self._connection.close()

    async def plant(
        self, holdings: Sequence[Holding], subject: Subject, given: Mapping[str, Mapping[str, Any]]
    ) -> list[Planted]:
        """Put two rows about a member into every table that tells of people, or one where he has no more."""
        planted = []
        for one in holdings:
            if not one.personal and not one.pseudonymous:
                continue
            values = {**_owned(one, subject), **given.get(one.table, {})}
            planted.append(await self.put(one.table, subject.username, values))
            with suppress(asyncpg.UniqueViolationError):
                planted.append(await self.put(one.table, f"{subject.username} again", values))
        return planted

    async def put(self, table: str, whose: str, given: Mapping[str, Any]) -> Planted:
        """Put one row into a table, with canaries where nothing is given."""
        kinds = dict(await self._connection.fetch(_COLUMNS, table))
        values = {
            name: given[name] if name in given else _canary(f"{whose}.{table}.{name}", kind)
            for name, kind in kinds.items()
        }
        names, places = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
        await self._connection.execute(
            f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({places})", *values.values()
        )
        return Planted(table, values)

    async def remove(self, table: str, column: str, value: object) -> None:
        """Take a row out, and leave what refers to it."""
        await self._connection.execute(f"DELETE FROM {table} WHERE {column} = $1", value)


def traces(value: object) -> set[str]:
    """Return what a value leaves in a text that has it; nothing for one that could stand there by chance."""
    found: set[str] = set()
    match value:
        case bytes():
            found = {value.hex()}
        case datetime():
            found = {value.isoformat().removesuffix("+00:00")}
        case list():
            found = found.union(*(traces(one) for one in value))
        case bool() | None:
            pass
        case int() if value > 10**6:
            found = {str(value)}
        case UUID() | date() | IPv4Address():
            found = {str(value)}
        case str():
            found = {*re.findall(r"c[0-9a-f]{7}", value)}
    return found


def same(shown: object, written: object) -> bool:
    """Whether an archive shows what was written."""
    match written:
        case datetime():
            return isinstance(shown, str) and datetime.fromisoformat(shown) == written
        case bytes():
            return shown == f"\\x{written.hex()}"
        case UUID() | date() | IPv4Address():
            return shown == str(written)
        case str() if written.startswith("{"):
            return shown == json.loads(written)
    return shown == written


def exported(holding: Holding) -> set[str]:
    """Return the columns whose values an archive shows as they are."""
    return set() if isinstance(holding.export, NotExported) else {*holding.exported} - {*holding.partly}


def _owned(holding: Holding, subject: Subject) -> dict[str, object]:
    """Return what makes a row the subject's: the first way the condition of its table names."""
    if isinstance(holding.export, NotExported):
        return {}
    first = holding.export.condition.split(" OR ")[0]
    bound = {name: getattr(subject, value) for name, value in re.findall(r"(\w+) = :(\w+)", first)}
    assert bound, f"{holding.table}: whose its rows are cannot be read from {first}"
    return bound | dict(re.findall(r"(\w+) = '(\w+)'", first))


def _canary(place: str, kind: str) -> object:
    digest = sha256(place.encode()).digest()
    text, number = f"c{digest.hex()[:7]}", int.from_bytes(digest[:8], "big")
    made = {
        "text": text[:4] if "batch_" in place else text,
        "_text": [text],
        "jsonb": f'{{"of": "{text}"}}',
        "tsvector": f"'{text}'",
        "uuid": UUID(bytes=digest[:16]),
        "_uuid": [UUID(bytes=digest[:16])],
        "bytea": digest,
        "int2": number % 10_000,
        "int8": 10**9 + number % 10**9,
        "bool": bool(number % 2),
        "timestamptz": _LATER + timedelta(microseconds=number % 10**14),
        "date": (_LATER + timedelta(days=number % 10**6)).date(),
        "inet": IPv4Address(digest[:4]),
    }
    return made[{"varchar": "text", "_varchar": "_text", "int4": "int8"}.get(kind, kind)]
