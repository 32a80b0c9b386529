"""SQL of imports: a portion of rows is matched and written by one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.imports.domain import Mode, Person
from ijaa.users.imports.models import MemberImport
from ijaa.users.imports.schemas import RowFault, State

_GIVEN = {
    "line": "int", "name": "text", "name_key": "text", "batch": "text", "email": "text", "phone": "text",
    "phone_key": "text", "birth_date": "date", "student_number": "text", "student_key": "text", "profession": "text",
    "location": "text", "extra": "text",
}  # fmt: skip
_KEPT = [column for column in _GIVEN if column not in {"line", "extra"}]
# a blank value is NULL here, and never overwrites
_MERGED = {column: f"coalesce(g.{column}, r.{column})" for column in _KEPT} | {"extra": "r.extra || g.extra"}
_NEW = f"({', '.join(_MERGED.values())})"
_OLD = f"({', '.join(f'r.{column}' for column in _MERGED)})"
# a portion finds its records by their indexes, whatever was last known of the table: it may just have been filled
_ONE_AT_A_TIME = text("""
SELECT pg_advisory_xact_lock(hashtextextended('member_records', 0)), set_config('enable_seqscan', 'off', true)
""")
_WRITE = text(f"""
WITH given AS MATERIALIZED (
    SELECT {", ".join(_GIVEN).replace("extra", "CAST(extra AS jsonb) AS extra")}
    FROM unnest({", ".join(f"CAST(:{column} AS {kind}[])" for column, kind in _GIVEN.items())})
        AS g ({", ".join(_GIVEN)})
), judged AS (
    SELECT g.*, j.* FROM given g CROSS JOIN LATERAL (
        SELECT count(*) AS matches, min(r.id) AS record_id FROM member_records r WHERE r.id IN (
            SELECT m.id FROM member_records m WHERE m.email = g.email
            UNION SELECT m.id FROM member_records m WHERE m.phone_key = g.phone_key
            UNION SELECT m.id FROM member_records m WHERE m.student_key = g.student_key
            UNION SELECT m.id FROM member_records m WHERE m.name_key = g.name_key AND m.birth_date = g.birth_date
        ) AND (r.student_key = g.student_key) IS NOT FALSE AND (
            r.name_key = g.name_key AND (
                r.email = g.email OR r.phone_key = g.phone_key OR r.student_key = g.student_key
                OR r.birth_date = g.birth_date AND (r.batch = g.batch) IS NOT FALSE)
            OR r.student_key = g.student_key AND (
                r.email = g.email OR r.phone_key = g.phone_key OR r.birth_date = g.birth_date))
    ) j
), placed AS MATERIALIZED (
    SELECT judged.*, CASE WHEN matches = 1 THEN min(line) OVER (PARTITION BY record_id, matches) END AS first
    FROM judged
), updated AS (
    UPDATE member_records r
    SET {", ".join(f"{column} = {value}" for column, value in _MERGED.items())},
        import_id = :import_id, updated_at = :now
    FROM placed g WHERE r.id = g.record_id AND g.first = g.line AND {_NEW} IS DISTINCT FROM {_OLD}
    RETURNING g.line
), created AS (
    INSERT INTO member_records ({", ".join(_MERGED)}, import_id, created_at, updated_at)
    SELECT {", ".join(f"g.{column}" for column in _MERGED)}, :import_id, CAST(:now AS timestamptz), :now
    FROM placed g WHERE g.matches = 0 ORDER BY g.line
)
SELECT line, matches, first, line IN (SELECT line FROM updated) FROM placed ORDER BY line
""")


class Stored(msgspec.Struct, frozen=True):
    """An import as it is kept, without its file."""

    id: int
    started_by: str | None
    file_name: str
    mode: Mode
    dry_run: bool
    state: State
    lines: int
    line: int
    created: int
    updated: int
    unchanged: int
    refused: int
    errors: str
    """JSON."""
    problem: str | None
    created_at: datetime
    ended_at: datetime | None


class Written(msgspec.Struct, frozen=True):
    """What became of one row."""

    line: int
    matches: int
    """How many records it is."""
    first: int | None
    """The first row of the portion that is the same record."""
    changed: bool


_ONE = f"SELECT {columns(Stored, 'i', errors='i.errors::text')} FROM member_imports i WHERE i.id = $1"
_PROGRESS = text("UPDATE member_imports SET line = :line, lines = :lines, state = 'RUNNING' WHERE id = :id")


class ImportRepository:
    """Imports, and the records they write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, import_id: int) -> Stored | None:
        """Return an import."""
        return await self._database.fetch_one(Stored, _ONE, import_id)

    async def lock(self, session: AsyncSession, import_id: int) -> MemberImport | None:
        """Return an import to change."""
        found: MemberImport | None = await session.scalar(
            select(MemberImport).where(MemberImport.id == import_id).with_for_update()
        )
        return found

    async def body(self, import_id: int) -> bytes | None:
        """Return the file of an import that is not done."""
        found: bytes | None = await self._database.fetch_value(
            "SELECT body FROM member_imports WHERE id = $1", import_id
        )
        return found

    async def progress(self, session: AsyncSession, import_id: int, line: int, lines: int) -> None:
        """Write how far an import is whose effect has not committed."""
        await session.execute(_PROGRESS, {"id": import_id, "line": line, "lines": lines})

    async def add(self, session: AsyncSession, started: MemberImport) -> int:
        """Add an import and return its id."""
        session.add(started)
        await session.flush()
        return started.id

    async def alone(self, session: AsyncSession) -> None:
        """Let no other import write before this transaction ends: of two, each would create the same person."""
        await session.execute(_ONE_AT_A_TIME)

    async def write(
        self, session: AsyncSession, import_id: int, people: Sequence[Person], now: datetime
    ) -> list[Written]:
        """Update the records these people have, create those they have not; no two share a mark."""
        rows = [{**msgspec.structs.asdict(one), "extra": msgspec.json.encode(one.extra).decode()} for one in people]
        bound: dict[str, Any] = {column: [row[column] for row in rows] for column in _GIVEN}
        found = await session.execute(_WRITE, bound | {"import_id": import_id, "now": now})
        return [Written(*row) for row in found]


def read(stored: Stored) -> dict[str, Any]:
    """Return the fields of an import as a client is shown them."""
    return {**msgspec.structs.asdict(stored), "errors": msgspec.json.decode(stored.errors, type=list[RowFault])}
