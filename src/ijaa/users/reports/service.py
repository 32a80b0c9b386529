"""Use cases of reports."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Conflict, NotFound, Unavailable, Violation
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.shared.storage_images import Variant
from ijaa.users.errors import ReportEnded, ReportTransition, refuse
from ijaa.users.files.service import FileService
from ijaa.users.locks import keep_accounts
from ijaa.users.notifications.service import Notifier
from ijaa.users.ports import ContentRef, EventContent
from ijaa.users.profiles.domain import relation, visible_fields
from ijaa.users.reports.domain import ENDED, may_become, target_violations
from ijaa.users.reports.models import Report
from ijaa.users.reports.repository import ReportRepository, StoredOwn, StoredReport
from ijaa.users.reports.schemas import (
    OwnReport,
    ReportCreate,
    ReportFilter,
    ReportPatch,
    ReportRead,
    Target,
    TargetRead,
)
from ijaa.users.tables import AUDIT_LOG

SETTLERS = ["superadmin", "moderator"]
"""Roles a report may be assigned to: those that may change it."""
_TOLD = ("status", "priority", "assigned_to")
"""Changes the log tells with their values; of texts it tells that they changed, for they may be personal."""
Precondition = Callable[[int], None]
"""Refuses a version the client did not expect."""


class ReportService:
    """Takes reports in, and sees them to their end."""

    def __init__(
        self,
        database: Database,
        repository: ReportRepository,
        contents: EventContent | None,
        files: FileService,
        notifier: Notifier,
        cursors: Cursors,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._contents = database, repository, contents
        self._files, self._notifier, self._cursors, self._clock = files, notifier, cursors, clock

    async def file(self, reporter: Principal, given: ReportCreate) -> OwnReport:
        """Take a report in, with what it is about as the reporter sees it now.

        Raises:
            NotFound: there is no such thing, or the reporter cannot see it.
            Unavailable: the other module cannot say just now what it is about.

        """
        target = given.target
        refuse(list(target_violations(given.category, target.kind if target else None)))
        evidence = await self._evidence(reporter, target) if target else None
        now = self._clock.now()
        report = Report(
            reporter_username=reporter.username,
            title=given.title.strip(),
            description=given.description.strip(),
            category=given.category,
            status="PENDING",
            priority="MEDIUM",
            target_kind=target and target.kind,
            target_id=evidence and evidence["id"],
            evidence=evidence,
            created_at=now,
            updated_at=now,
        )
        author = evidence["author"] if evidence else None
        async with self._database.transaction() as session:
            there = await keep_accounts(session, [reporter.username, *([author] if author else [])])
            gone = author is not None and author not in there  # since he was looked at: nothing erases this any more
            if reporter.username not in there or (gone and report.target_kind == "member"):
                raise NotFound
            if evidence and gone:
                report.evidence = evidence | {"author": None, "details": {}}
            await self._repository.add(session, report)
        return await self.own(reporter, report.id)

    async def own_page(self, reporter: Principal, cursor: str | None, limit: int) -> Page[OwnReport]:
        """Return what a member reported, the newest first."""
        scope = f"reports/{reporter.username}"
        (before,) = self._cursors.read(scope, cursor, tuple[int]) if cursor else (MAX_ID,)
        rows = await self._repository.own_page(reporter.username, before, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.id,))
        return Page(items=[_own(row) for row in kept], next_cursor=following)

    async def own(self, reporter: Principal, report_id: int) -> OwnReport:
        """Return one report of a member's own; raise `NotFound` for any other."""
        if (found := await self._repository.own(reporter.username, report_id)) is None:
            raise NotFound
        return _own(found)

    async def attach(self, reporter: Principal, report_id: int, place: int, raw: bytes) -> OwnReport:
        """Attach an image to a report of a member's own; the same one again is the same as once.

        Raises:
            ReportEnded: the report has ended.
            AttachmentExists: another image is at this place: what was filed stays.

        """
        kept = await self._files.keep(raw)
        new = False
        try:
            async with self._database.transaction() as session:
                await self._open(session, reporter, report_id)
                new = await self._files.attach(session, report_id, place, kept)
        except (NotFound, Conflict):  # ours, and before the commit; after anything else there may be a row
            await self._files.drop(kept)
            raise
        if not new:
            await self._files.drop(kept)
        return await self.own(reporter, report_id)

    async def attachment(self, file_id: UUID, variant: Variant) -> tuple[bytes, str]:
        """Return an image of a report, for who settles reports, and its media type."""
        if (found := await self._repository.attachment(file_id)) is None:
            raise NotFound
        return await self._files.read(found.key, variant), found.media_type

    async def page(self, wanted: ReportFilter, cursor: str | None, limit: int) -> Page[ReportRead]:
        """Return the queue: the most urgent first, of these the oldest."""
        scope = f"queue/{msgspec.json.encode(wanted).decode()}"
        after = self._cursors.read(scope, cursor, tuple[int, datetime, int]) if cursor else None
        rows = await self._repository.page(wanted, after, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.rank, row.created_at, row.id))
        return Page(items=[_read(row) for row in kept], next_cursor=following)

    async def read(self, report_id: int) -> tuple[ReportRead, int]:
        """Return one report and its version."""
        if (stored := await self._repository.read(report_id)) is None:
            raise NotFound
        return _read(stored), stored.version

    async def change(
        self, admin: Principal, report_id: int, patch: ReportPatch, precondition: Precondition
    ) -> tuple[ReportRead, int]:
        """Change what becomes of a report; its reporter is told of its end.

        Raises:
            ReportTransition: the report does not go from its status to the one asked for.
            Invalid: the assignee is nobody who settles reports.

        """
        changes = {name: _cleaned(value) for name, value in patch.changes().items()}
        async with self._database.transaction() as session:
            if (report := await self._repository.lock(session, report_id)) is None:
                raise NotFound
            precondition(report.version)
            changed = {name: value for name, value in changes.items() if getattr(report, name) != value}
            if changed:
                await self._check(session, report, changed)
                await self._apply(session, admin, report, changed)
        return await self.read(report_id)

    async def _open(self, session: AsyncSession, reporter: Principal, report_id: int) -> None:
        """Lock a report of a member's own that has not ended."""
        if (report := await self._repository.lock_own(session, reporter.username, report_id)) is None:
            raise NotFound
        if report.status in ENDED:
            raise ReportEnded

    async def _evidence(self, reporter: Principal, target: Target) -> dict[str, Any]:
        if target.kind == "member":
            return await self._member(reporter, target.id)
        if self._contents is None:
            raise Unavailable("What is reported cannot be looked at just now.")
        if not target.id.isascii() or not target.id.isdecimal() or not 0 < int(target.id) <= MAX_ID:
            raise NotFound
        wanted = ContentRef(kind=target.kind, id=int(target.id))
        if (found := (await self._contents.snapshots([wanted], reporter.username)).get(wanted)) is None:
            raise NotFound
        return {**msgspec.to_builtins(found), "id": str(found.id)}

    async def _member(self, reporter: Principal, username: str) -> dict[str, Any]:
        found = await self._repository.reported(username, reporter.username, self._clock.now())
        if found is None:
            raise NotFound
        to = relation(reporter.username, found.username, connected=found.connected)
        shown = {field: getattr(found, field) for field in visible_fields(found.visibility, to)}
        return {"kind": "member", "id": found.username, "author": found.username, "details": shown}

    async def _check(self, session: AsyncSession, report: Report, changed: dict[str, Any]) -> None:
        if "status" in changed and not may_become(report.status, changed["status"]):
            raise ReportTransition(f"A report does not go from {report.status} to {changed['status']}.")
        assignee = changed.get("assigned_to")
        if assignee is not None and not await self._repository.settles(session, assignee, SETTLERS):
            refuse([Violation("/assigned_to", "is no active admin who settles reports")])

    async def _apply(self, session: AsyncSession, admin: Principal, report: Report, changed: dict[str, Any]) -> None:
        now = self._clock.now()
        was = {name: getattr(report, name) for name in changed}
        for name, value in changed.items():
            setattr(report, name, value)
        if "status" in changed:
            report.resolved_at = now if report.status in ENDED else None
        report.updated_at = now
        await session.flush()
        told = {name: {"was": was[name], "is": changed[name]} for name in _TOLD if name in changed}
        await audit.record(
            session, AUDIT_LOG, at=now, action="report-changed", actor=admin.user_id, subject=f"report/{report.id}",
            details={"fields": sorted(changed), **told},
        )  # fmt: skip
        if "status" in changed and report.status in ENDED and report.reporter_username is not None:
            facts = {
                "report_id": report.id, "title": report.title, "status": report.status, "outcome": report.outcome,
            }  # fmt: skip
            await self._notifier.tell(
                session, [report.reporter_username], "report_resolved", subject=f"report/{report.id}", facts=facts,
                seq=report.version,
            )  # fmt: skip


def _cleaned(value: Any) -> Any:
    return (value.strip() or None) if isinstance(value, str) else value


def _target(row: StoredOwn | StoredReport) -> TargetRead | None:
    return TargetRead(kind=row.target_kind, id=row.target_id) if row.target_kind else None


def _own(row: StoredOwn) -> OwnReport:
    plain = {name: getattr(row, name) for name in OwnReport.__struct_fields__ if name not in {"target", "outcome"}}
    return OwnReport(**plain, target=_target(row), outcome=row.outcome if row.status in ENDED else None)


def _read(row: StoredReport) -> ReportRead:
    made = {"target", "evidence", "attachments", "resolution_seconds"}
    plain = {name: getattr(row, name) for name in ReportRead.__struct_fields__ if name not in made}
    took = row.resolved_at - row.created_at if row.resolved_at else None
    return ReportRead(
        **plain,
        target=_target(row),
        evidence=msgspec.json.decode(row.evidence) if row.evidence else None,
        attachments=[f"/api/v1/admin/reports/attachments/{file_id}" for file_id in row.attachments],
        resolution_seconds=int(took.total_seconds()) if took else None,
    )
