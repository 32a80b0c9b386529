"""SQL of files."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.users.files.models import EXPORT, File

_KNOWN = "SELECT key FROM files WHERE key = ANY ($1::text[])"


class FileRepository:
    """Rows of files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, keys: Collection[str]) -> set[str]:
        """Return which of these keys belong to a file."""
        return set(await self._database.fetch(str, _KNOWN, list(keys)))

    async def used(self, session: AsyncSession, owner_id: int) -> int:
        """Return the bytes of everything somebody put here; an archive of it all is not his doing."""
        put = select(func.coalesce(func.sum(File.size), 0)).where(File.owner_id == owner_id, File.purpose != EXPORT)
        total = await session.scalar(put)
        return int(total or 0)

    async def remove_image(self, session: AsyncSession, announcement_id: int) -> Sequence[str]:
        """Delete the row of an announcement's image; return its key, if there was one."""
        statement = delete(File).where(File.announcement_id == announcement_id).returning(File.key)
        return (await session.scalars(statement)).all()

    async def attached(self, session: AsyncSession, report_id: int, place: int) -> bytes | None:
        """Return the digest of an attachment of a report, None where there is none."""
        statement = select(File.sha256).where(File.report_id == report_id, File.place == place)
        found: bytes | None = await session.scalar(statement)
        return found

    async def remove(self, session: AsyncSession, owner_id: int, purpose: str | None = None) -> Sequence[str]:
        """Delete the rows of somebody, all or those of one purpose; return their keys."""
        clauses: list[Any] = [File.owner_id == owner_id]
        if purpose is not None:
            clauses.append(File.purpose == purpose)
        return (await session.scalars(delete(File).where(*clauses).returning(File.key))).all()

    async def remove_each(self, session: AsyncSession, ids: Collection[UUID]) -> Sequence[str]:
        """Delete these rows; return their keys."""
        return (await session.scalars(delete(File).where(File.id.in_(ids)).returning(File.key))).all()
