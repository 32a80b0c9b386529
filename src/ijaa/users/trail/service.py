"""Use cases of the audit trail."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID, range_violations
from ijaa.users.errors import refuse
from ijaa.users.tables import AUDIT_LOG
from ijaa.users.trail.repository import TrailRepository
from ijaa.users.trail.schemas import TrailEntry, TrailFilter

Format = Literal["csv", "json"]
_BATCH = 1_000
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula (OWASP, CSV injection)."""


class TrailService:
    """Reads and exports the audit log."""

    def __init__(self, database: Database, repository: TrailRepository, cursors: Cursors, clock: Clock) -> None:
        self._database, self._repository = database, repository
        self._cursors, self._clock = cursors, clock

    async def page(
        self, wanted: TrailFilter, cursor: str | None, limit: int, *, include_total: bool
    ) -> Page[TrailEntry]:
        """Return entries, newest first."""
        refuse(list(range_violations({"from": wanted.since, "to": wanted.until})))
        (before,) = self._cursors.read("audit", cursor, tuple[int]) if cursor else (MAX_ID,)
        rows = await self._repository.page(wanted, before, limit + 1)
        kept, following = self._cursors.page("audit", rows, limit, lambda row: (row.id,))
        total = await self._repository.count(wanted) if include_total else msgspec.UNSET
        return Page(items=list(kept), next_cursor=following, total=total)

    async def export(self, caller: Principal, wanted: TrailFilter, form: Format) -> AsyncIterator[bytes]:
        """Return every entry as it is read, newest first; that somebody took them along is an entry too."""
        refuse(list(range_violations({"from": wanted.since, "to": wanted.until})))
        async with self._database.transaction() as session:
            details = {"format": form, **_said(wanted)}
            await audit.record(
                session, AUDIT_LOG, at=self._clock.now(), action="audit-exported", actor=caller.user_id,
                subject=None, details=details,
            )  # fmt: skip
        return self._lines(wanted, form)

    async def _lines(self, wanted: TrailFilter, form: Format) -> AsyncIterator[bytes]:
        yield _csv(list(TrailEntry.__struct_fields__)) if form == "csv" else b"["
        before, first = MAX_ID, True
        while batch := await self._repository.page(wanted, before, _BATCH):
            if form == "csv":
                yield b"".join(_csv(_cells(entry)) for entry in batch)
            else:
                yield (b"" if first else b",\n") + b",\n".join(msgspec.json.encode(entry) for entry in batch)
            before, first = batch[-1].id, False
        if form == "json":
            yield b"]\n"


def _said(wanted: TrailFilter) -> dict[str, object]:
    return {name: str(value) for name, value in msgspec.structs.asdict(wanted).items() if value is not None}


def _cells(entry: TrailEntry) -> list[str]:
    said = msgspec.to_builtins(entry) | {"details": msgspec.json.encode(entry.details, order="sorted").decode()}
    return [_harmless("" if value is None else str(value)) for value in said.values()]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _csv(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
