"""SQL of exports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.personal import Subject
from ijaa.shared.records import RecordReader
from ijaa.shared.schema import columns
from ijaa.users.accounts.models import User
from ijaa.users.exports.domain import BROKEN_OFF, KEPT, ON_ITS_WAY, PATIENCE, State
from ijaa.users.exports.models import Export
from ijaa.users.files.service import FileService
from ijaa.users.personal import PERSONAL
from ijaa.users.ports import RecordFile, RecordsPage
from ijaa.users.standing import SUSPENDED


class StoredExport(msgspec.Struct, frozen=True):
    """An export as it is kept."""

    id: UUID
    state: State
    created_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    fetched_at: datetime | None
    broken_off: int
    size: int | None


class Archive(msgspec.Struct, frozen=True):
    """An archive somebody may have, and where it lies."""

    user_id: str
    """The public id of whose it is."""
    file_id: UUID
    key: str
    size: int


class OwnFile(msgspec.Struct, frozen=True):
    """A file of a member."""

    label: str
    """What it is, and of what."""
    key: str
    media_type: str

    @property
    def name(self) -> str:
        """What it is called in an archive."""
        return f"{self.label}{_ENDINGS.get(self.media_type, '')}"


_ENDINGS = {"image/webp": ".webp"}
# what nobody swept yet is over all the same
_STATE = "CASE WHEN e.state = 'READY' AND e.expires_at <= {now} THEN 'EXPIRED' ELSE e.state END"
_OWN = f"""
SELECT {columns(StoredExport, "e", state=_STATE.format(now="$2::timestamptz"))}
FROM exports e JOIN users u ON u.id = e.user_id WHERE u.username = $1
"""
_ONE = f"{_OWN} AND e.id = $3"
_PAGE = f"""
{_OWN} AND ($3::timestamptz IS NULL OR (e.created_at, e.id) < ($3, $4::uuid))
ORDER BY e.created_at DESC, e.id DESC LIMIT $5
"""
# who is leaving may take along what is his; for who is suspended it waits
_TO_BE_HAD = f"e.id = {{id}} AND e.state = 'READY' AND e.expires_at > {{now}} AND NOT {SUSPENDED}"
_LOOK = f"""
SELECT {columns(Archive, "f", user_id="u.user_id", file_id="f.id", size="e.size")}
FROM exports e JOIN users u ON u.id = e.user_id JOIN files f ON f.id = e.file_id
WHERE {_TO_BE_HAD.format(id="$1", now="$2::timestamptz")}
"""
_TAKE = text(f"""
UPDATE exports e SET state = 'FETCHED', fetched_at = :now FROM files f, users u
WHERE {_TO_BE_HAD.format(id=":id", now=":now")} AND f.id = e.file_id AND u.id = e.user_id
RETURNING {columns(Archive, "f", user_id="u.user_id", file_id="f.id", size="e.size")}
""")
_GIVE_BACK = text(f"""
UPDATE exports SET state = 'READY', fetched_at = NULL, broken_off = broken_off + 1
WHERE id = :id AND state = 'FETCHED' AND fetched_at = :taken_at AND file_id IS NOT NULL AND broken_off < {BROKEN_OFF}
""")
_OVER = text("""
SELECT e.file_id FROM exports e
WHERE e.file_id IS NOT NULL AND (e.state = 'READY' AND e.expires_at <= :now OR e.fetched_at <= :taken_before)
ORDER BY e.file_id LIMIT :portion
""")
_EXPIRED = text("UPDATE exports SET state = 'EXPIRED' WHERE state = 'READY' AND expires_at <= :now")
_WAITING = text("""
SELECT u.id FROM users u JOIN exports e ON e.user_id = u.id WHERE e.state = 'REQUESTED' AND e.created_at <= :before
ORDER BY u.id FOR KEY SHARE OF u
""")
_GIVEN_UP = text("""
UPDATE exports e SET state = 'FAILED' FROM users u
WHERE e.state = 'REQUESTED' AND e.created_at <= :before AND u.id = e.user_id
  AND u.id = ANY (CAST(:waiting AS bigint[]))
RETURNING e.id, u.username
""")
_FILES = """
SELECT CASE purpose WHEN 'attachment' THEN concat_ws('-', purpose, report_id, place) ELSE purpose END, key, media_type
FROM files
WHERE owner_id = (SELECT id FROM users WHERE username = $1) AND purpose <> 'export'
   OR report_id IN (SELECT id FROM reports WHERE reporter_username = $1)
ORDER BY purpose, report_id, place, id
"""
_WHOSE = f"""
SELECT {columns(Subject, "u")} FROM exports e JOIN users u ON u.id = e.user_id
WHERE e.id = $1 AND e.state = 'REQUESTED'
"""
_SUBJECT = f"SELECT {columns(Subject, 'u')} FROM users u WHERE u.username = $1"


class ExportRepository:
    """Rows of exports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, username: str, export_id: UUID, now: datetime) -> StoredExport | None:
        """Return an export of a member's own."""
        return await self._database.fetch_one(StoredExport, _ONE, username, now, export_id)

    async def page(
        self, username: str, now: datetime, before: tuple[datetime, UUID] | None, limit: int
    ) -> list[StoredExport]:
        """Return what a member asked for, the newest first."""
        return await self._database.fetch(StoredExport, _PAGE, username, now, *(before or (None, None)), limit)

    async def lock_owner(self, session: AsyncSession, username: str) -> User | None:
        """Return the account that asks: of two that ask at once the second sees what the first did."""
        found: User | None = await session.scalar(select(User).where(User.username == username).with_for_update())
        return found

    async def latest(self, session: AsyncSession, owner_id: int) -> Export | None:
        """Return the newest export of a member that has not failed."""
        found: Export | None = await session.scalar(
            select(Export)
            .where(Export.user_id == owner_id, Export.state != "FAILED")
            .order_by(Export.created_at.desc())
            .limit(1)
        )
        return found

    async def subject(self, export_id: UUID) -> Subject | None:
        """Return whose archive is to be made, or None for nobody's, or one that is made already."""
        return await self._database.fetch_one(Subject, _WHOSE, export_id)

    async def lock_requested(self, session: AsyncSession, export_id: UUID) -> Export | None:
        """Return an export whose archive is to be kept now; erasing its member waits, or has been."""
        owner = await session.scalar(select(Export.user_id).where(Export.id == export_id))
        if owner is None or await session.scalar(select(User.id).where(User.id == owner).with_for_update()) is None:
            return None
        found: Export | None = await session.scalar(
            select(Export).where(Export.id == export_id, Export.state == "REQUESTED").with_for_update()
        )
        return found

    async def look(self, export_id: UUID, now: datetime) -> Archive | None:
        """Return an archive that can be had; it still can."""
        return await self._database.fetch_one(Archive, _LOOK, export_id, now)

    async def take(self, session: AsyncSession, export_id: UUID, now: datetime) -> Archive | None:
        """Return an archive that can be had, to one of all who ask."""
        row = (await session.execute(_TAKE, {"id": export_id, "now": now})).one_or_none()
        return Archive(*row) if row else None

    async def give_back(self, session: AsyncSession, export_id: UUID, taken_at: datetime) -> bool:
        """Have an archive to be had again that was taken and did not arrive; return whether it can."""
        result: Any = await session.execute(_GIVE_BACK, {"id": export_id, "taken_at": taken_at})
        return bool(result.rowcount)

    async def over(self, session: AsyncSession, now: datetime, portion: int) -> Sequence[UUID]:
        """Return files of archives nobody can have any more."""
        given = {"now": now, "taken_before": now - ON_ITS_WAY, "portion": portion}
        return (await session.scalars(_OVER, given)).all()

    async def expire(self, session: AsyncSession, now: datetime) -> None:
        """Note what nobody came for in time."""
        await session.execute(_EXPIRED, {"now": now})

    async def give_up(self, session: AsyncSession, now: datetime) -> list[tuple[UUID, str]]:
        """Note what has been in the making for too long; return which, and whose."""
        before = now - PATIENCE
        waiting = [*(await session.scalars(_WAITING, {"before": before}))]  # erasing one of them locks accounts first
        given = {"before": before, "waiting": waiting}
        return [(id_, name) for id_, name in await session.execute(_GIVEN_UP, given)]

    async def keep(self, session: AsyncSession, export: Export, file_id: UUID, size: int, now: datetime) -> None:
        """Note that an archive can be had."""
        export.state, export.file_id, export.size = "READY", file_id, size
        export.ready_at, export.expires_at = now, now + KEPT
        await session.flush()


class OwnRecords:
    """`MemberRecords` of this module."""

    def __init__(self, database: Database, files: FileService) -> None:
        self._database, self._reader = database, RecordReader(database, PERSONAL)
        self._files = files

    async def page(self, username: str, after: str | None = None) -> RecordsPage:
        """Return the first page of what is kept about a member, or the one `after` asks for."""
        found = await self._database.fetch_one(Subject, _SUBJECT, username)
        page = await self._reader.page(found or Subject(0, "", username, ""), after)
        return RecordsPage(table=page.table, rows=page.rows, following=page.following)

    async def files(self, username: str, after: str | None = None) -> list[RecordFile]:
        """Return the files of a member and what he attached to reports, without his archives: all of them at once."""
        if after is not None:
            return []
        return [RecordFile(name=one.name, media_type=one.media_type) for one in await self._own(username)]

    async def portion(self, username: str, name: str, start: int) -> bytes | None:
        """Return some bytes of a file from a place on, none at its end, or None for one that is not there."""
        for one in await self._own(username):
            if one.name == name:
                return await self._files.some(one.key, start)
        return None

    async def _own(self, username: str) -> list[OwnFile]:
        return await self._database.fetch(OwnFile, _FILES, username)
