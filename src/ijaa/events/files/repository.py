"""SQL of the rows that name files."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database

_KNOWN = """
SELECT file_id FROM event_media WHERE file_id = ANY ($1::uuid[])
UNION ALL SELECT banner FROM events WHERE banner = ANY ($1::uuid[])
"""
_OF_EVENT = text("""
SELECT file_id FROM event_media WHERE event_id = :event_id
UNION ALL SELECT banner FROM events WHERE id = :event_id AND banner IS NOT NULL
""")
# a draft goes with its organiser, and everything in it
_OF_MEMBERS = text("""
WITH drafts AS (
    SELECT id, banner FROM events WHERE created_by_username = ANY (:usernames) AND status = 'DRAFT'
), gone AS (
    DELETE FROM event_media
    WHERE uploaded_by_username = ANY (:usernames) OR event_id IN (SELECT id FROM drafts)
    RETURNING file_id
)
SELECT file_id FROM gone UNION ALL SELECT banner FROM drafts WHERE banner IS NOT NULL
""")


class FileRepository:
    """Which rows name which files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, ids: Collection[UUID]) -> set[UUID]:
        """Return which of these files a row names."""
        return set(await self._database.fetch(_id, _KNOWN, list(ids)))

    async def of_event(self, session: AsyncSession, event_id: int) -> Sequence[UUID]:
        """Return the files of an event."""
        return (await session.scalars(_OF_EVENT, {"event_id": event_id})).all()

    async def remove_of_members(self, session: AsyncSession, usernames: Sequence[str]) -> Sequence[UUID]:
        """Delete what these members uploaded; return its files, and those of the drafts that go with them."""
        return (await session.scalars(_OF_MEMBERS, {"usernames": list(usernames)})).all()


def _id(found: UUID) -> UUID:
    return UUID(int=found.int)  # asyncpg has a kind of its own
