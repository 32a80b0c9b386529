"""SQL of reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.locks import keep_accounts
from ijaa.users.profiles.repository import StoredProfile
from ijaa.users.reports.domain import Category, Priority, Status, TargetKind
from ijaa.users.reports.models import RANK, Report
from ijaa.users.reports.schemas import ReportFilter
from ijaa.users.sight import CONNECTED
from ijaa.users.standing import MAY_ACT

NOBODY = "none"
"""As `assigned_to` of a filter: what nobody has."""


class StoredOwn(msgspec.Struct, frozen=True):
    """A report as its reporter may see it."""

    id: int
    title: str
    description: str
    category: Category
    target_kind: TargetKind | None
    target_id: str | None
    status: Status
    outcome: str | None
    attachments: int
    created_at: datetime
    resolved_at: datetime | None


class StoredAttachment(msgspec.Struct, frozen=True):
    """An image of a report."""

    key: str
    media_type: str


class StoredReport(msgspec.Struct, frozen=True):
    """A report as it lies in the table."""

    id: int
    reporter_username: str | None
    title: str
    description: str
    category: Category
    target_kind: TargetKind | None
    target_id: str | None
    evidence: str | None
    """JSON."""
    attachments: list[UUID]
    status: Status
    priority: Priority
    assigned_to: str | None
    admin_notes: str | None
    outcome: str | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    rank: int
    version: int


# a block hides the two from each other, never from those who look after them
_CONNECTED = CONNECTED.format(viewer="$2::text")
_REPORTED = f"""
SELECT {columns(StoredProfile, "p", visibility="p.visibility::text", connected=_CONNECTED, connections="NULL::bigint")}
FROM profiles p JOIN users u ON u.id = p.user_id
WHERE p.username = lower($1) AND {MAY_ACT.format(now="$3::timestamptz")}
"""
_NUMBER = "(SELECT count(*) FROM files f WHERE f.report_id = r.id)"
_IMAGES = "ARRAY(SELECT f.id FROM files f WHERE f.report_id = r.id ORDER BY f.place)"
_ATTACHMENT = "SELECT f.key, f.media_type FROM files f WHERE f.id = $1 AND f.report_id IS NOT NULL"
_OWN = f"SELECT {columns(StoredOwn, 'r', attachments=_NUMBER)} FROM reports r WHERE r.reporter_username = $1"
_OWN_ONE = f"{_OWN} AND r.id = $2"
_OWN_PAGE = f"{_OWN} AND r.id < $2 ORDER BY r.id DESC LIMIT $3"
_READ = f"""
SELECT {columns(StoredReport, "r", evidence="r.evidence::text", attachments=_IMAGES, rank=RANK)} FROM reports r
"""
_ONE = f"{_READ} WHERE r.id = $1"
_CLAUSES = {
    "status": "r.status = {}",
    "priority": "r.priority = {}",
    "category": "r.category = {}",
    "assigned_to": f"coalesce(r.assigned_to, '{NOBODY}') = {{}}",
}
_SETTLES = text("SELECT EXISTS (SELECT FROM admins WHERE admin_id = :admin_id AND active AND role = ANY (:roles))")


class ReportRepository:
    """Reports, for those who file and those who settle them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reported(self, username: str, reporter: str, now: datetime) -> StoredProfile | None:
        """Return the profile of a member who is there, though the two may have blocked each other."""
        return await self._database.fetch_one(StoredProfile, _REPORTED, username, reporter, now)

    async def own_page(self, reporter: str, before: int, limit: int) -> list[StoredOwn]:
        """Return what a member reported before an id, the newest first."""
        return await self._database.fetch(StoredOwn, _OWN_PAGE, reporter, before, limit)

    async def own(self, reporter: str, report_id: int) -> StoredOwn | None:
        """Return one report of a member's own."""
        return await self._database.fetch_one(StoredOwn, _OWN_ONE, reporter, report_id)

    async def page(
        self, wanted: ReportFilter, after: tuple[int, datetime, int] | None, limit: int
    ) -> list[StoredReport]:
        """Return the queue: the most urgent first, of these the oldest."""
        given = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
        clauses = [_CLAUSES[name].format(f"${place}") for place, name in enumerate(given, 1)]
        arguments: list[Any] = [*given.values()]
        if after is not None:
            first = len(arguments) + 1
            clauses.append(f"({RANK}, r.created_at, r.id) > (${first}, ${first + 1}, ${first + 2})")
            arguments += after
        arguments.append(limit)
        where = " AND ".join(clauses) or "true"
        sql = f"{_READ} WHERE {where} ORDER BY {RANK}, r.created_at, r.id LIMIT ${len(arguments)}"
        return await self._database.fetch(StoredReport, sql, *arguments)

    async def read(self, report_id: int) -> StoredReport | None:
        """Return one report."""
        return await self._database.fetch_one(StoredReport, _ONE, report_id)

    async def attachment(self, file_id: UUID) -> StoredAttachment | None:
        """Return an image of a report."""
        return await self._database.fetch_one(StoredAttachment, _ATTACHMENT, file_id)

    async def lock_own(self, session: AsyncSession, reporter: str, report_id: int) -> Report | None:
        """Return a report of a member's own to change."""
        statement = select(Report).where(Report.id == report_id, Report.reporter_username == reporter)
        found: Report | None = await session.scalar(statement.with_for_update())
        return found

    async def add(self, session: AsyncSession, report: Report) -> None:
        """Add a report."""
        session.add(report)
        await session.flush()

    async def lock(self, session: AsyncSession, report_id: int) -> Report | None:
        """Return a report to change; nobody else changes it before the transaction ends."""
        reporter = await session.scalar(select(Report.reporter_username).where(Report.id == report_id))
        await keep_accounts(session, [reporter] if reporter else [])  # he may be told; his account comes first
        found: Report | None = await session.scalar(select(Report).where(Report.id == report_id).with_for_update())
        return found

    async def settles(self, session: AsyncSession, admin_id: str, roles: list[str]) -> bool:
        """Whether this is an active admin of one of these roles."""
        return bool(await session.scalar(_SETTLES, {"admin_id": admin_id, "roles": roles}))
