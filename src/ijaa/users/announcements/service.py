"""Use cases of announcements."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound, PreconditionFailed
from ijaa.shared.jobs import JobQueue
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID, range_violations
from ijaa.shared.storage_images import Variant
from ijaa.users.announcements.domain import Category, audience_violations, rendered, schedule_violations
from ijaa.users.announcements.models import Announcement
from ijaa.users.announcements.repository import (
    AnnouncementRepository,
    SeenAnnouncement,
    StoredAnnouncement,
)
from ijaa.users.announcements.schemas import (
    AnnouncementCreate,
    AnnouncementDetails,
    AnnouncementPatch,
    Audience,
    MemberAnnouncement,
)
from ijaa.users.errors import refuse
from ijaa.users.files.service import FileService
from ijaa.users.links import FileLinks, image_path_of
from ijaa.users.notifications.domain import Kind
from ijaa.users.notifications.service import Notifier
from ijaa.users.tables import AUDIT_LOG

TELL = "announce"
"""The job that tells members."""
PORTION = 200
"""Accounts passed in one transaction."""
Precondition = Callable[[int], None]
"""Refuses a version the client did not expect."""


WRITERS = {"superadmin", "moderator"}
"""Roles that write announcements."""
CACHED = 3600
"""Seconds the browser of somebody who showed a token of his own keeps an image."""
_READERS, _WRITERS = "readers", "writers"
"""For whom a link to an image is made."""


class Telling(msgspec.Struct, frozen=True):
    """Which announcement members are to be told of."""

    announcement_id: int


class AnnouncementService:
    """Shows members what is for them, and lets admins write it."""

    def __init__(
        self, database: Database, repository: AnnouncementRepository, files: FileService, links: FileLinks,
        jobs: JobQueue, cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository, self._files, self._links = database, repository, files, links
        self._jobs, self._cursors, self._clock = jobs, cursors, clock

    async def seen_page(
        self, member: Principal, category: Category | None, cursor: str | None, limit: int, *, unread: bool
    ) -> Page[MemberAnnouncement]:
        """Return what is for a member now: pinned and urgent first, then the newest."""
        scope = f"announcements/{category}/{unread}"
        after = self._cursors.read(scope, cursor, tuple[bool, bool, datetime, int]) if cursor else None
        rows = await self._repository.seen_page(
            member.username, self._clock.now(), category, after, limit + 1, unread=unread
        )
        kept, following = self._cursors.page(
            scope, rows, limit, lambda row: (row.pinned, row.urgent, row.visible_from, row.id)
        )
        return Page(items=[self._shown(row) for row in kept], next_cursor=following)

    async def seen(self, member: Principal, announcement_id: int) -> MemberAnnouncement:
        """Return one that is for a member now; raise `NotFound` for any other."""
        if (found := await self._repository.seen(announcement_id, member.username, self._clock.now())) is None:
            raise NotFound
        return self._shown(found)

    async def mark_read(self, member: Principal, announcement_id: int) -> None:
        """Note that a member read one; again is the same as once."""
        async with self._database.transaction() as session:
            if not await self._repository.mark_read(session, announcement_id, member.username, self._clock.now()):
                raise NotFound

    async def page(self, cursor: str | None, limit: int) -> Page[AnnouncementDetails]:
        """Return every announcement, the newest first."""
        (before,) = self._cursors.read("all-announcements", cursor, tuple[int]) if cursor else (MAX_ID,)
        rows = await self._repository.page(before, limit + 1)
        kept, following = self._cursors.page("all-announcements", rows, limit, lambda row: (row.id,))
        return Page(items=[self._details(row) for row in kept], next_cursor=following)

    async def read(self, announcement_id: int) -> tuple[AnnouncementDetails, int]:
        """Return one, whomever it is for, and its version."""
        if (stored := await self._repository.read(announcement_id)) is None:
            raise NotFound
        return self._details(stored), stored.version

    async def create(self, author: Principal, wanted: AnnouncementCreate) -> tuple[AnnouncementDetails, int]:
        """Write an announcement; members are told once it is visible."""
        now = self._clock.now()
        given = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
        fields = _columns(given) | {"visible_from": wanted.visible_from or now}
        _check(fields)
        async with self._database.transaction() as session:
            name = await self._repository.author(session, author.user_id)
            announcement = Announcement(
                **fields, author_id=author.user_id, author_name=name, told_up_to=0, created_at=now, updated_at=now
            )
            session.add(announcement)
            await session.flush()
            await self._have_told(session, announcement)
            await self._record(session, author, "announcement-created", announcement.id, fields.keys())
        return await self.read(announcement.id)

    async def edit(
        self, editor: Principal, announcement_id: int, patch: AnnouncementPatch, precondition: Precondition
    ) -> tuple[AnnouncementDetails, int]:
        """Change an announcement; who was told of it is not told again."""
        changes = _columns(patch.changes())
        async with self._database.transaction() as session:
            announcement = await self._locked(session, announcement_id)
            precondition(announcement.version)
            changed = {name: value for name, value in changes.items() if getattr(announcement, name) != value}
            if changed:
                for name, value in changed.items():
                    setattr(announcement, name, value)
                _check({name: getattr(announcement, name) for name in _CHECKED})
                announcement.updated_at = self._clock.now()
                await session.flush()
                await self._record(session, editor, "announcement-changed", announcement_id, changed.keys())
            await self._have_told(session, announcement)
        return await self.read(announcement_id)

    async def put_image(
        self, editor: Principal, announcement_id: int, raw: bytes, precondition: Precondition
    ) -> tuple[AnnouncementDetails, int]:
        """Show an image with an announcement, in place of the one there was."""
        kept = await self._files.keep(raw)
        try:
            async with self._database.transaction() as session:
                announcement = await self._locked(session, announcement_id)
                precondition(announcement.version)
                await self._files.illustrate(session, announcement_id, kept)
                await self._set_image(session, editor, announcement, image_path_of(kept.id))
        except (NotFound, PreconditionFailed):  # ours, and before the commit; after anything else there may be a row
            await self._files.drop(kept)
            raise
        return await self.read(announcement_id)

    async def remove_image(self, editor: Principal, announcement_id: int, precondition: Precondition) -> None:
        """Take the image of an announcement off, if there is one."""
        async with self._database.transaction() as session:
            announcement = await self._locked(session, announcement_id)
            precondition(announcement.version)
            await self._files.remove_image(session, announcement_id)
            await self._set_image(session, editor, announcement, None)

    async def image(
        self, file_id: UUID, variant: Variant, viewer: Principal | None, token: str | None
    ) -> tuple[bytes, str, int]:
        """Return an image, its media type and the seconds it may be cached.

        It is for whom the announcement is for now, for who writes announcements, and for whoever has a link either of
        them was given, the former as long as it is to be seen. Raises `NotFound`.
        """
        opened = self._links.opened_image(file_id, token)
        member = viewer.username if viewer and viewer.kind == "member" else None
        found = await self._repository.image(file_id, member, self._clock.now())
        writes = (viewer and viewer.role in WRITERS) or (opened and opened[0] == _WRITERS)
        if found is None or not (writes or (found.visible and (opened or found.included))):
            raise NotFound
        return await self._files.read(found.key, variant), found.media_type, opened[1] if opened else CACHED

    async def _set_image(
        self, session: AsyncSession, editor: Principal, announcement: Announcement, image: str | None
    ) -> None:
        if announcement.image != image:
            announcement.image, announcement.updated_at = image, self._clock.now()
            await session.flush()
            await self._record(session, editor, "announcement-changed", announcement.id, ["image"])
        await self._have_told(session, announcement)

    async def remove(self, editor: Principal, announcement_id: int, precondition: Precondition) -> None:
        """Delete an announcement, and who read it."""
        async with self._database.transaction() as session:
            announcement = await self._locked(session, announcement_id, to_delete=True)
            precondition(announcement.version)
            await self._files.remove_image(session, announcement_id)
            await session.delete(announcement)
            await session.flush()
            await self._record(session, editor, "announcement-deleted", announcement_id, ())

    async def _locked(self, session: AsyncSession, announcement_id: int, *, to_delete: bool = False) -> Announcement:
        # an edit that waits here sees the job the one before it queued; and the job comes before the row, as who tells
        # takes them: the other way round the two would wait for each other
        await self._repository.edit_alone(session, announcement_id)
        await self._jobs.forget(session, TELL, str(announcement_id))
        found: Announcement | None = await self._repository.lock(session, announcement_id, to_delete=to_delete)
        if found is None:
            raise NotFound
        return found

    async def _have_told(self, session: AsyncSession, announcement: Announcement) -> None:
        if announcement.active and announcement.told_at is None:
            await self._jobs.put(
                session, TELL, Telling(announcement.id), key=str(announcement.id), due=announcement.visible_from
            )

    async def _record(
        self, session: AsyncSession, actor: Principal, action: str, announcement_id: int, fields: Any
    ) -> None:
        await audit.record(
            session, AUDIT_LOG, at=self._clock.now(), action=action, actor=actor.user_id,
            subject=f"announcement/{announcement_id}", details={"fields": sorted(fields)} if fields else {},
        )  # fmt: skip

    def _shown(self, row: SeenAnnouncement) -> MemberAnnouncement:
        plain = msgspec.structs.asdict(row) | {"image": self._links.shown(row.image, _READERS)}
        return MemberAnnouncement(**plain, content_html=rendered(row.content))

    def _details(self, row: StoredAnnouncement) -> AnnouncementDetails:
        plain = msgspec.structs.asdict(row) | {"image": self._links.shown(row.image, _WRITERS)}
        del plain["version"]
        audience = {name: plain.pop(name) for name in ("batches", "batch_from", "batch_to", "location")}
        return AnnouncementDetails(
            **plain | {"audience": Audience(kind=row.audience, **audience)}, content_html=rendered(row.content)
        )


class Announcer:
    """Tells members of an announcement, each once, however often it is interrupted."""

    def __init__(self, repository: AnnouncementRepository, notifier: Notifier, clock: Clock) -> None:
        self._repository, self._notifier, self._clock = repository, notifier, clock

    async def tell_some(self, session: AsyncSession, announcement_id: int) -> bool:
        """Tell the next members and note in the same transaction who was passed; return whether to go on."""
        now = self._clock.now()
        found: Announcement | None = await self._repository.lock(session, announcement_id)
        if found is None or found.told_at is not None or not _visible(found, now):
            return False
        passed = await self._repository.next(session, announcement_id, now, PORTION)
        members = [one.username for one in passed if one.included]
        kind: Kind = "urgent_announcement" if found.urgent else "announcement"
        if members:
            await self._notifier.tell(
                session, members, kind, subject=f"announcement/{found.id}",
                facts={"announcement_id": found.id, "title": found.title}, seq=1,
            )  # fmt: skip
        more = len(passed) == PORTION
        up_to = passed[-1].id if passed else found.told_up_to
        await self._repository.told(session, announcement_id, up_to, None if more else now)
        return more


_CHECKED = ("audience", "batches", "batch_from", "batch_to", "location", "visible_from", "visible_until")


def _visible(announcement: Announcement, now: datetime) -> bool:
    until = announcement.visible_until
    return announcement.active and announcement.visible_from <= now and (until is None or until > now)


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a client gave as columns: an audience is five of them."""
    fields = dict(given)
    for name in ("title", "content"):
        if name in fields:
            fields[name] = fields[name].strip()
    if "audience" in fields:
        audience = msgspec.structs.asdict(fields.pop("audience"))
        if audience["location"] is not None:
            audience["location"] = audience["location"].strip()
        fields |= {"audience": audience.pop("kind"), **audience}
    return fields


def _check(fields: Mapping[str, Any]) -> None:
    audience = {name: fields[name] for name in ("batches", "batch_from", "batch_to", "location")}
    times = {"visible_from": fields["visible_from"], "visible_until": fields["visible_until"]}
    refuse(
        [
            *audience_violations({"kind": fields["audience"], **audience}),
            *(list(range_violations(times)) or schedule_violations(**times)),
        ]
    )
