"""SQL of media."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.media.domain import MediaType
from ijaa.events.media.models import EventMedium
from ijaa.events.visibility import MINE, ORGANISES, VISIBLE
from ijaa.shared.database import Database
from ijaa.shared.schema import columns


class Place(msgspec.Struct, frozen=True):
    """An event as somebody meets it who wants to add media, and how much there is already."""

    organises: bool
    going: bool
    status: str
    media_approval: bool
    number: int
    """Media of the event."""
    used: int
    """Bytes of the member at all events."""


class StoredMedium(msgspec.Struct, frozen=True):
    """A medium the viewer sees."""

    id: int
    event_id: int
    uploaded_by_username: str
    media_type: MediaType
    file_id: UUID
    file_type: str
    file_size: int
    sha256: bytes
    width: int | None
    height: int | None
    caption: str | None
    is_approved: bool
    likes: int
    liked: bool
    organises: bool
    """Whether the viewer runs the event."""
    media_approval: bool
    version: int
    created_at: datetime
    updated_at: datetime


class Wanted(msgspec.Struct, frozen=True):
    """Which media of an event."""

    media_type: MediaType | None = None
    is_approved: bool | None = None


_ORGANISES = f"coalesce({ORGANISES}, false)"
_SHOWN = f"""(
    (m.is_approved OR m.uploaded_by_username = $1::text OR {_ORGANISES})
    AND ({_ORGANISES} OR m.uploaded_by_username <> ALL ($3::text[]))
    AND NOT EXISTS (SELECT FROM members b WHERE b.username IN (m.uploaded_by_username, $1::text)
                    AND b.standing <> 'active')
)"""
"""Whether the viewer of an event sees a medium: `$3` are those whom blocks keep from his sight."""
_COLUMNS = columns(
    StoredMedium,
    "m",
    likes="(SELECT count(*) FROM event_media_likes l WHERE l.media_id = m.id)",
    liked="EXISTS (SELECT FROM event_media_likes l WHERE l.media_id = m.id AND l.username = $1::text)",
    organises=_ORGANISES,
    media_approval="e.media_approval",
)
_ONE = f"""
SELECT {_COLUMNS} FROM event_media m JOIN events e ON e.id = m.event_id {MINE}
WHERE m.id = $2 AND ($4::boolean OR ({VISIBLE} AND {_SHOWN}))
"""
# a row without a medium is an event that is seen and has none
_PAGE = f"""
SELECT {_COLUMNS} FROM events e {MINE} LEFT JOIN LATERAL (
    SELECT * FROM event_media m
    WHERE m.event_id = e.id AND m.id < $4 AND {_SHOWN}
      AND ($5::text IS NULL OR m.media_type = $5) AND ($6::boolean IS NULL OR m.is_approved = $6)
    ORDER BY m.id DESC LIMIT $7
) m ON true
WHERE e.id = $2 AND {VISIBLE} ORDER BY m.id DESC
"""
_SEEN = f"""
SELECT {_COLUMNS} FROM event_media m JOIN events e ON e.id = m.event_id {MINE}
WHERE m.id = ANY ($2::bigint[]) AND {VISIBLE} AND {_SHOWN}
"""

_PLACE = f"""
SELECT {
    columns(
        Place,
        "e",
        organises=_ORGANISES,
        going="coalesce(my.status = 'GOING', false)",
        number="(SELECT count(*) FROM event_media m WHERE m.event_id = e.id)",
        used="(SELECT coalesce(sum(m.file_size), 0)::bigint FROM event_media m"
        " WHERE m.uploaded_by_username = $1::text)",
    )
}
FROM events e {MINE} WHERE e.id = $2 AND {VISIBLE}
"""
_PLACE_AGAIN = text(_PLACE.replace("$1::text", "CAST(:viewer AS text)").replace("$2", ":event_id"))
_LOCK_EVENT = text("SELECT id FROM events WHERE id = :event_id FOR UPDATE")
_LOCK_MEMBER = text("SELECT pg_advisory_xact_lock(hashtextextended('media/' || CAST(:username AS text), 0))")
_ORGANISES_WITHIN = text(
    f"SELECT {_ORGANISES} FROM events e {MINE} WHERE e.id = $2".replace("$1::text", "CAST(:viewer AS text)").replace(
        "$2", ":event_id"
    )
)
_APPROVE = text("""
UPDATE event_media SET is_approved = true, updated_at = :now, version = version + 1
WHERE id = :id AND version = :version
RETURNING id
""")
_CAPTION = text("""
UPDATE event_media SET caption = :caption, is_approved = is_approved AND :keeps, updated_at = :now,
    version = version + 1
WHERE id = :id AND version = :version
RETURNING id
""")
_REMOVE = text("DELETE FROM event_media WHERE id = :id AND (:waiting IS FALSE OR NOT is_approved) RETURNING file_id")
_LIKE = text("""
INSERT INTO event_media_likes (media_id, username, created_at)
SELECT id, :username, :now FROM event_media WHERE id = :id
ON CONFLICT DO NOTHING
""")
_UNLIKE = text("DELETE FROM event_media_likes WHERE media_id = :id AND username = :username")


class MediaRepository:
    """Media, to read past the ORM and to change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(self, event_id: int, viewer: str) -> Place | None:
        """Return an event the viewer sees, as he who uploads meets it."""
        return await self._database.fetch_one(Place, _PLACE, viewer, event_id)

    async def lock_place(self, session: AsyncSession, event_id: int, username: str) -> Place | None:
        """Return the same with both counts held: nobody adds to either before the transaction ends."""
        await session.execute(_LOCK_EVENT, {"event_id": event_id})
        await session.execute(_LOCK_MEMBER, {"username": username})
        row = (await session.execute(_PLACE_AGAIN, {"viewer": username, "event_id": event_id})).first()
        return None if row is None else Place(*row)

    async def page(
        self, event_id: int, viewer: str, wanted: Wanted, before: int, limit: int, *, without: Collection[str]
    ) -> list[StoredMedium] | None:
        """Return the media of an event the viewer sees, the newest first; None where he does not see the event."""
        rows = await self._database.fetch(
            _medium, _PAGE, viewer, event_id, list(without), before, wanted.media_type, wanted.is_approved, limit
        )
        return [row for row in rows if row is not None] if rows else None

    async def one(
        self, media_id: int, viewer: str | None, *, without: Collection[str], moderating: bool = False
    ) -> StoredMedium | None:
        """Return a medium the viewer sees; who moderates sees all of them."""
        return await self._database.fetch_one(StoredMedium, _ONE, viewer, media_id, list(without), moderating)

    async def seen(self, media_ids: Collection[int], viewer: str) -> list[StoredMedium]:
        """Return those of these media the viewer sees, blocks or no blocks."""
        return await self._database.fetch(StoredMedium, _SEEN, viewer, list(media_ids), [])

    async def add(self, session: AsyncSession, medium: EventMedium) -> None:
        """Write a medium."""
        session.add(medium)
        await session.flush()

    async def lock_event(self, session: AsyncSession, event_id: int, username: str) -> bool:
        """Take the lock that comes before every other one; return whether a member runs the event still."""
        await session.execute(_LOCK_EVENT, {"event_id": event_id})
        return bool(await session.scalar(_ORGANISES_WITHIN, {"event_id": event_id, "viewer": username}))

    async def approve(self, session: AsyncSession, medium: StoredMedium, now: datetime) -> bool:
        """Show a medium to everybody; return whether it still was what was read."""
        given = {"id": medium.id, "version": medium.version, "now": now}
        return (await session.execute(_APPROVE, given)).first() is not None

    async def describe(
        self, session: AsyncSession, medium: StoredMedium, caption: str | None, now: datetime, *, keeps: bool
    ) -> bool:
        """Change a caption; return whether the medium still was what was read.

        `keeps` says whether it stays approved.
        """
        given = {"id": medium.id, "version": medium.version, "caption": caption, "keeps": keeps, "now": now}
        return (await session.execute(_CAPTION, given)).first() is not None

    async def remove(self, session: AsyncSession, media_id: int, *, waiting: bool = False) -> UUID | None:
        """Delete a medium, or one that still waits; return its file, None where there was none."""
        found: UUID | None = await session.scalar(_REMOVE, {"id": media_id, "waiting": waiting})
        return found

    async def like(self, session: AsyncSession, media_id: int, username: str, now: datetime) -> None:
        """Note that a member likes a medium; twice is the same as once."""
        await session.execute(_LIKE, {"id": media_id, "username": username, "now": now})

    async def unlike(self, session: AsyncSession, media_id: int, username: str) -> None:
        """Note that he does not."""
        await session.execute(_UNLIKE, {"id": media_id, "username": username})


def _medium(*row: object) -> StoredMedium | None:
    return None if row[0] is None else StoredMedium(*row)  # type: ignore[arg-type]  # as the columns are
