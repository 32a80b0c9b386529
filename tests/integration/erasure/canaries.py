"""A value nobody else has, in everything that is kept of somebody; and where it is found again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
from redis.asyncio import Redis

from ijaa.shared.personal import Holding, Rows, Stays

STEM = "kzq7vx"
"""In every canary; letters that folding, lower case and searching leave as they are."""
ADDRESS, BORN = "203.0.113.77", "1903-02-17"

TEXTS = {"character varying", "text", "jsonb", "bytea", "ARRAY", "tsvector", "inet", "date"}
"""Types of columns that can hold a canary."""
NO_ROOM: Mapping[str, str] = {
    "notifications.kind": "a closed list",
    "notification_preferences.kind": "a closed list",
    "connections.status": "a closed list",
    "event_participations.status": "a closed list",
    "event_organisers.role": "a closed list",
    "exports.state": "a closed list",
    "user_settings.theme": "a closed list",
    "user_settings.time_zone": "a closed list",
    "profiles.visibility": "a closed list per field",
    "files.key": "random: where the objects lie",
    "jobs.payload": "a mail in it is sealed",
}
"""Personal columns no canary fits into, each with the reason."""
HIS: Mapping[str, str] = {
    "directory": "user_id = {id}",
    "registrations": "email = '{email}'",
    "idempotency_keys": "principal = '{user_id}'",
    "outbox": "subject = '{username}'",
    "event_invitations": "invited_by_username = '{username}'",
    "event_organisers": "added_by = '{username}'",
    "event_email_invitations": "invited_by_username = '{username}'",
    "reports": "reporter_username = '{username}'",
    "notifications": "id = (SELECT max(id) FROM notifications WHERE user_id = {id})",
}
"""His rows, of tables whose export does not say which they are, or says more."""


async def columns_of(connection: Any) -> dict[str, dict[str, tuple[str, int | None, bool]]]:
    """Return the columns of every table: type, length, whether it is made of others."""
    found: dict[str, dict[str, tuple[str, int | None, bool]]] = {}
    for table, name, kind, length, generated in await connection.fetch(
        "SELECT table_name, column_name, data_type, character_maximum_length, is_generated = 'ALWAYS'"
        " FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ):
        found.setdefault(table, {})[name] = (kind, length, generated)
    return found


def fitting(holdings: Sequence[Holding], columns: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each personal column that has to hold a canary before the erasure."""
    for one in holdings:
        for name, what in one.columns.items():
            kind, _, generated = columns[one.table][name]
            room = what == "personal" and kind in TEXTS and not generated and f"{one.table}.{name}" not in NO_ROOM
            if room and not isinstance(one.erasure, Stays):
                yield one.table, name


async def fill(connection: Any, holdings: Sequence[Holding], his: Mapping[str, object]) -> None:
    """Write a canary into each personal column of his rows that has none."""
    columns = await columns_of(connection)
    rules = {one.table: one.export.condition for one in holdings if isinstance(one.export, Rows)}
    for table, name in fitting(holdings, columns):
        if await held(connection, table, name):
            continue
        condition = HIS.get(table) or rules[table].replace(":id", "{id}").replace(":user_id", "'{user_id}'").replace(
            ":username", "'{username}'"
        )
        value = _value(*columns[table][name][:2])
        await connection.execute(f"UPDATE {table} SET {name} = {value} WHERE {condition.format(**his)}")


_VALUES = {
    "jsonb": f"jsonb_build_object('{STEM}', '{STEM}')",
    "bytea": f"convert_to(rpad('{STEM}', 32, '.'), 'UTF8')",
    "ARRAY": f"ARRAY['{STEM}']",
    "tsvector": f"array_to_tsvector(ARRAY['{STEM}'])",
    "inet": f"'{ADDRESS}'",
    "date": f"'{BORN}'",
}


def _value(kind: str, length: int | None) -> str:
    return _VALUES.get(kind, f"left('{STEM} canary', {length or 100})")


_FOUND = f"SELECT count(*) FROM {{table}} t WHERE {{what}} ~* '{STEM}|{STEM.encode().hex()}|{ADDRESS}|{BORN}'"


async def held(connection: Any, table: str, column: str) -> bool:
    """Whether a column holds a canary, as text, folded, or in bytes."""
    return bool(await connection.fetchval(_FOUND.format(table=table, what=f"t.{column}::text")))


async def found_in(connection: "asyncpg.Connection[asyncpg.Record]") -> set[str]:
    """Return every `table.column` of a database that holds a canary, whatever is said of it."""
    columns = await columns_of(connection)
    return {
        f"{table}.{name}" for table, names in columns.items() for name in names if await held(connection, table, name)
    }


def found_below(folder: Path, *, but: str) -> set[str]:
    """Return the files with a canary in name or content, except in one folder."""
    stem = STEM.encode()
    files = [one for one in folder.rglob("*") if one.is_file() and but not in one.relative_to(folder).parts]
    return {one.name for one in files if STEM in str(one).lower() or stem in one.read_bytes().lower()}


async def found_in_redis(redis: Redis) -> set[bytes]:
    """Return the keys that have a canary, in themselves or in what they hold."""
    found = set()
    async for key in redis.scan_iter(count=1000):
        dumped = await redis.dump(key) or b""
        kind = await redis.type(key)
        value = repr(await _read(redis, kind, key)).encode()
        if any(STEM.encode() in one.lower() for one in (key, dumped, value)):
            found.add(key)
    return found


async def _read(redis: Redis, kind: bytes, key: bytes) -> object:
    match kind:
        case b"string":
            return await redis.get(key)
        case b"hash":
            return await redis.hgetall(key)
        case b"set":
            return await redis.smembers(key)
        case b"zset":
            return await redis.zrange(key, 0, -1)
        case b"list":
            return await redis.lrange(key, 0, -1)
        case b"stream":
            return await redis.xrange(key)
        case other:
            raise AssertionError(other)
