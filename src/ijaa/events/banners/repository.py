"""SQL of banners."""

from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.visibility import MINE, ORGANISES, VISIBLE
from ijaa.shared.database import Database


class SeenEvent(msgspec.Struct, frozen=True):
    """An event the viewer sees, as far as its banner goes."""

    organises: bool
    version: int


# somebody who was suspended since his link was made sees nothing by it
_EVENT = f"""
SELECT coalesce({ORGANISES}, false), e.version FROM events e {MINE}
WHERE e.id = $2 AND {VISIBLE}
  AND NOT EXISTS (SELECT FROM members b WHERE b.username = $1::text AND b.standing <> 'active')
"""
_SEEN = f"{_EVENT} AND ($3::uuid IS NULL OR e.banner = $3)"
_SEEN_WITHIN = text(_EVENT.replace("$1::text", "CAST(:viewer AS text)").replace("$2", ":event_id"))


class BannerRepository:
    """Banners as parts of events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen(self, event_id: int, viewer: str | None, banner: UUID | None = None) -> SeenEvent | None:
        """Return an event the viewer sees, if this is its banner."""
        return await self._database.fetch_one(SeenEvent, _SEEN, viewer, event_id, banner)

    async def seen_within(self, session: AsyncSession, event_id: int, viewer: str) -> SeenEvent | None:
        """Return the same as the transaction has it, whatever its banner."""
        row = (await session.execute(_SEEN_WITHIN, {"viewer": viewer, "event_id": event_id})).first()
        return None if row is None else SeenEvent(*row)
