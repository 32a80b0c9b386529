"""SQL of announcements: one predicate decides whom one is for, for every reader and for telling."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.announcements.domain import AudienceKind, Category
from ijaa.users.announcements.models import Announcement
from ijaa.users.standing import MAY_ACT

VISIBLE = "a.active AND a.visible_from <= {now} AND (a.visible_until IS NULL OR a.visible_until > {now})"
# years are compared as text of four digits; what else somebody calls his batch is in no range
INCLUDED = r"""(
    a.audience = 'all'
    OR a.audience = 'batches' AND (
        p.batch = ANY (a.batches)
        OR a.batches IS NULL AND p.batch ~ '^[0-9]{{4}}$'
            AND (a.batch_from IS NULL OR p.batch COLLATE "C" >= a.batch_from)
            AND (a.batch_to IS NULL OR p.batch COLLATE "C" <= a.batch_to)
    )
    OR a.audience = 'location' AND (
        lower(p.location) = lower(a.location)
        OR lower(a.location) = ANY (regexp_split_to_array(lower(p.location), '\s*,\s*'))
    )
)"""
"""The announcement `a` is for the member with the profile `p`."""

ORDER = "a.pinned DESC, a.urgent DESC, a.visible_from DESC, a.id DESC"
Position = tuple[bool, bool, datetime, int]
"""The sort keys of `ORDER`."""


class SeenAnnouncement(msgspec.Struct, frozen=True):
    """An announcement as a member sees it."""

    id: int
    title: str
    content: str
    category: Category
    urgent: bool
    pinned: bool
    author_name: str
    image: str | None
    visible_from: datetime
    visible_until: datetime | None
    updated_at: datetime
    read: bool


class StoredAnnouncement(msgspec.Struct, frozen=True):
    """An announcement as it lies in the table."""

    id: int
    title: str
    content: str
    category: Category
    urgent: bool
    pinned: bool
    active: bool
    author_id: str | None
    author_name: str
    image: str | None
    audience: AudienceKind
    batches: list[str] | None
    batch_from: str | None
    batch_to: str | None
    location: str | None
    visible_from: datetime
    visible_until: datetime | None
    told_at: datetime | None
    views: int
    created_at: datetime
    updated_at: datetime
    version: int


class StoredImage(msgspec.Struct, frozen=True):
    """The image of an announcement, and who may see it."""

    key: str
    media_type: str
    visible: bool
    """To those whom the announcement is for."""
    included: bool
    """Whether that is the member who asks."""


class Passed(msgspec.Struct, frozen=True):
    """An account that is passed while telling."""

    id: int
    username: str
    included: bool | None
    """Whether this is somebody who may act and whom it is for; None is no."""


_READ = "EXISTS (SELECT FROM announcement_reads r WHERE r.announcement_id = a.id AND r.user_id = p.user_id)"
_FOR_MEMBER = f"""
FROM announcements a JOIN profiles p ON p.username = $1 AND {INCLUDED.format()}
WHERE {VISIBLE.format(now="$2::timestamptz")}
"""
_SEEN = f"SELECT {columns(SeenAnnouncement, 'a', read=_READ)} {_FOR_MEMBER}"
_SEEN_ONE = f"{_SEEN} AND a.id = $3"
_SEEN_PAGE = f"""
{_SEEN} AND ($3::text IS NULL OR a.category = $3) AND NOT ($4 AND {_READ})
  AND ($5::boolean IS NULL OR (a.pinned, a.urgent, a.visible_from, a.id) < ($5, $6::boolean, $7::timestamptz, $8::bigint))
ORDER BY {ORDER} LIMIT $9
"""  # noqa: E501 - one row comparison
# whoever deletes it, or the member, waits until it is noted, or comes first: then there is nothing to note
_MARK_READ = text(f"""
WITH seen AS (
    SELECT a.id AS announcement_id, p.user_id
    FROM announcements a JOIN profiles p ON p.username = :username AND {INCLUDED.format()}
    JOIN users u ON u.id = p.user_id
    WHERE a.id = :id AND {VISIBLE.format(now="CAST(:now AS timestamptz)")}
    FOR KEY SHARE OF a, u
), noted AS (
    INSERT INTO announcement_reads (announcement_id, user_id, read_at)
    SELECT announcement_id, user_id, :now FROM seen ON CONFLICT DO NOTHING
)
SELECT EXISTS (SELECT FROM seen)
""")
_IMAGE = f"""
SELECT f.key, f.media_type, {VISIBLE.format(now="$3::timestamptz")}, p.user_id IS NOT NULL
FROM files f JOIN announcements a ON a.id = f.announcement_id
LEFT JOIN profiles p ON p.username = $2::text AND {INCLUDED.format()} WHERE f.id = $1
"""
_VIEWS = "(SELECT count(*) FROM announcement_reads r WHERE r.announcement_id = a.id)"
_STORED = f"SELECT {columns(StoredAnnouncement, 'a', views=_VIEWS)} FROM announcements a"
_STORED_ONE = f"{_STORED} WHERE a.id = $1"
_STORED_PAGE = f"{_STORED} WHERE a.id < $1 ORDER BY a.id DESC LIMIT $2"
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('announcement/' || CAST(:id AS text), 0))")
_AUTHOR = text("SELECT name FROM admins WHERE admin_id = :admin_id")
# the next accounts first, whomever it is for: so each portion costs the same, few or many of them included
_NEXT = text(f"""
WITH u AS MATERIALIZED (
    SELECT * FROM users WHERE id > (SELECT told_up_to FROM announcements WHERE id = :id) ORDER BY id LIMIT :limit
)
SELECT u.id, u.username, p.user_id IS NOT NULL AND {MAY_ACT.format(now="CAST(:now AS timestamptz)")}
    AND {INCLUDED.format()}
FROM u JOIN announcements a ON a.id = :id LEFT JOIN profiles p ON p.user_id = u.id ORDER BY u.id
""")
_TOLD = text("""
UPDATE announcements SET told_up_to = :up_to, told_at = CAST(:at AS timestamptz) WHERE id = :id
""")


class AnnouncementRepository:
    """Announcements, who may see them, who read them, who was told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen_page(
        self, username: str, now: datetime, category: Category | None, after: Position | None, limit: int, *,
        unread: bool,
    ) -> list[SeenAnnouncement]:  # fmt: skip
        """Return what is for a member now: pinned and urgent first, then the newest."""
        position = after or (None, None, None, None)
        return await self._database.fetch(
            SeenAnnouncement, _SEEN_PAGE, username, now, category, unread, *position, limit
        )

    async def seen(self, announcement_id: int, username: str, now: datetime) -> SeenAnnouncement | None:
        """Return one that is for a member now."""
        return await self._database.fetch_one(SeenAnnouncement, _SEEN_ONE, username, now, announcement_id)

    async def image(self, file_id: UUID, username: str | None, now: datetime) -> StoredImage | None:
        """Return the image of an announcement, and whether it is for a member now."""
        return await self._database.fetch_one(StoredImage, _IMAGE, file_id, username, now)

    async def mark_read(self, session: AsyncSession, announcement_id: int, username: str, now: datetime) -> bool:
        """Note that a member read one, once; return whether it is for him now."""
        bound = {"id": announcement_id, "username": username, "now": now}
        return bool(await session.scalar(_MARK_READ, bound))

    async def page(self, before: int, limit: int) -> list[StoredAnnouncement]:
        """Return announcements older than an id, the newest first."""
        return await self._database.fetch(StoredAnnouncement, _STORED_PAGE, before, limit)

    async def read(self, announcement_id: int) -> StoredAnnouncement | None:
        """Return one, whomever it is for."""
        return await self._database.fetch_one(StoredAnnouncement, _STORED_ONE, announcement_id)

    async def author(self, session: AsyncSession, admin_id: str) -> str:
        """Return the name of an admin."""
        return str((await session.execute(_AUTHOR, {"admin_id": admin_id})).scalar_one())

    async def edit_alone(self, session: AsyncSession, announcement_id: int) -> None:
        """Wait until nobody else edits it; whoever tells members of it goes on."""
        await session.execute(_ALONE, {"id": str(announcement_id)})

    async def lock(self, session: AsyncSession, announcement_id: int, *, to_delete: bool = False) -> Any:
        """Return one to change; nobody else changes it before the transaction ends."""
        wanted = select(Announcement).where(Announcement.id == announcement_id)
        return await session.scalar(wanted.with_for_update(key_share=not to_delete))

    async def next(self, session: AsyncSession, announcement_id: int, now: datetime, limit: int) -> list[Passed]:
        """Return accounts that were not passed yet, in their order."""
        bound = {"id": announcement_id, "now": now, "limit": limit}
        return [Passed(*row) for row in await session.execute(_NEXT, bound)]

    async def told(self, session: AsyncSession, announcement_id: int, up_to: int, at: datetime | None) -> None:
        """Note who was passed, and when the last one was."""
        await session.execute(_TOLD, {"id": announcement_id, "up_to": up_to, "at": at})
