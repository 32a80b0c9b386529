"""Whether a database has changed, table by table, and how to put it back."""

from datetime import UTC, datetime
from typing import Any

import asyncpg

BOOKKEEPING = {
    "alembic_version",
    "idempotency_keys",
    "jobs",
    "password_guesses",
    "refresh_tokens",
    "revocations",
    "sessions",
}
"""What even a denied call may write (guarantees: audit, idempotency and session bookkeeping aside)."""

_COLUMNS = """
SELECT table_name::text,
       array_agg(quote_ident(column_name) ORDER BY ordinal_position) FILTER (WHERE is_generated = 'NEVER')
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' GROUP BY table_name ORDER BY table_name
"""
_REQUIRED = """
SELECT column_name::text, data_type::text FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_nullable = 'NO' AND column_default IS NULL
  AND is_identity = 'NO' AND is_generated = 'NEVER'
"""
_FILLERS = {"boolean": False, "integer": 1, "bigint": 1, "smallint": 1, "jsonb": "{}", "bytea": b"\0" * 32, "ARRAY": []}


class Watched:
    """One database, seen by a superuser."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._undo = ""
        self._required: dict[str, dict[str, str]] = {}
        self._digest = ""

    async def put(self, table: str, **given: object) -> int | None:
        """Insert a row, filling in what must not be empty and is not given; return its id, if it has one."""
        if table not in self._required:
            self._required[table] = dict(await self._connection.fetch(_REQUIRED, table))
        for name, kind in self._required[table].items():
            if name not in given:
                now = datetime.now(UTC) if kind.startswith("timestamp") else None
                given[name] = now or _FILLERS.get(kind, f"{name}-{len(given)}")
        names, places = ", ".join(given), ", ".join(f"${n}" for n in range(1, len(given) + 1))
        row = await self._connection.fetchrow(
            f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING *", *given.values()
        )
        assert row is not None
        found: Any = row.get("id")
        return found if isinstance(found, int) else None

    async def id_of(self, username: str) -> int:
        """Return the key of an account."""
        found: int = await self._connection.fetchval("SELECT id FROM users WHERE username = $1", username)
        return found

    async def execute(self, statement: str, *values: object) -> None:
        """Run a statement."""
        await self._connection.execute(statement, *values)

    async def value(self, query: str, *values: object) -> object:
        """Return the first column of the first row."""
        return await self._connection.fetchval(query, *values)

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        found: int = await self._connection.fetchval(f"SELECT count(*) FROM {table}")
        return found

    async def text(self, table: str) -> str:
        """Return everything in a table, bytes in hexadecimal digits."""
        found: str = await self._connection.fetchval(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
        return found

    async def remember(self) -> None:
        """Keep a copy of everything, to compare with and to go back to."""
        columns = {name: ", ".join(found) for name, found in await self._connection.fetch(_COLUMNS)}
        kept = [name for name in columns if not name.startswith("audit_")]
        self._digest = "SELECT " + ", ".join(
            f"(SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t) AS {name}"
            for name in kept
            if name not in BOOKKEEPING
        )
        copy = [f"CREATE TABLE remembered.{name} AS TABLE public.{name}" for name in kept]
        await self._connection.execute(";".join(["CREATE SCHEMA remembered", *copy]))
        undo = [
            f"DELETE FROM public.{name};"
            f"INSERT INTO public.{name} ({columns[name]}) OVERRIDING SYSTEM VALUE"
            f" SELECT {columns[name]} FROM remembered.{name}"
            for name in kept
        ]
        no_triggers = "SET LOCAL session_replication_role = replica"  # no foreign keys either
        self._undo = ";".join(["BEGIN", no_triggers, *undo, "COMMIT"])

    async def digest(self) -> dict[str, str]:
        """Return a digest of every table that counts."""
        row = await self._connection.fetchrow(self._digest)
        assert row is not None
        return dict(row)

    async def go_back(self) -> None:
        """Put every table back, bookkeeping too; the audit log goes on, because a sealer follows it."""
        await self._connection.execute(self._undo)
