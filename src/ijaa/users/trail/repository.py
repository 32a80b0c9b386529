"""SQL of the audit trail."""

from typing import Any

import msgspec

from ijaa.shared.audit import Entry
from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.trail.schemas import TrailEntry, TrailFilter

_READ = f"""
SELECT {columns(Entry, "a")}, EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = a.id) FROM audit_log a WHERE
"""
_CLAUSES = {
    "action": "a.action = {}",
    "actor": "a.actor = {}",
    "subject": "a.subject = {}",
    "since": "a.at >= {}",
    "until": "a.at < {}",
}


class TrailRepository:
    """The audit log of this module, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: TrailFilter, before: int, limit: int) -> list[TrailEntry]:
        """Return entries older than an id."""
        clauses, arguments = _where(wanted)
        arguments += [before, limit]
        sql = f"{_READ} {clauses} AND a.id < ${len(arguments) - 1} ORDER BY a.id DESC LIMIT ${len(arguments)}"
        return await self._database.fetch(_entry, sql, *arguments)

    async def count(self, wanted: TrailFilter) -> int:
        """Return how many entries there are."""
        clauses, arguments = _where(wanted)
        total: int = await self._database.fetch_value(f"SELECT count(*) FROM audit_log a WHERE {clauses}", *arguments)
        return total


def _where(wanted: TrailFilter) -> tuple[str, list[Any]]:
    given = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
    clauses = [_CLAUSES[name].format(f"${place}") for place, name in enumerate(given, 1)]
    return " AND ".join(clauses) or "true", list(given.values())


def _entry(*row: Any) -> TrailEntry:
    return TrailEntry(**msgspec.structs.asdict(Entry(*row[:-1])), sealed=row[-1])
