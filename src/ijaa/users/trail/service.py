"""Use cases of the audit trail."""

from collections.abc import AsyncIterator

import msgspec

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID, range_violations
from ijaa.shared.sheets import Format, lines
from ijaa.users.errors import refuse
from ijaa.users.tables import AUDIT_LOG
from ijaa.users.trail.repository import TrailRepository
from ijaa.users.trail.schemas import TrailEntry, TrailFilter

_BATCH = 1_000


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
        return lines(form, TrailEntry, self._batches(wanted))

    async def _batches(self, wanted: TrailFilter) -> AsyncIterator[list[TrailEntry]]:
        before = MAX_ID
        while batch := await self._repository.page(wanted, before, _BATCH):
            yield batch
            before = batch[-1].id


def _said(wanted: TrailFilter) -> dict[str, object]:
    return {name: str(value) for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
