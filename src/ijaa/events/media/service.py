"""Use cases of media."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import datetime
from typing import BinaryIO

import msgspec

from ijaa.events.cards import cards_of, cards_on_duty, hidden_from
from ijaa.events.errors import (
    EventMediaFull,
    MediaQuotaExceeded,
    MediumApproved,
    NotGoing,
    NotOrganiser,
    NotUploader,
    WrongState,
)
from ijaa.events.files.service import FileRows
from ijaa.events.links import EventLinks, medium_path
from ijaa.events.media.domain import OF_EVENT, OF_MEMBER, file_type_of, media_type_of, takes_media
from ijaa.events.media.models import EventMedium
from ijaa.events.media.repository import MediaRepository, Place, StoredMedium, Wanted
from ijaa.events.media.schemas import MediumPatch, MediumRead
from ijaa.events.ports import MemberCard, UserDirectory
from ijaa.events.tables import AUDIT_LOG
from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed, Violation
from ijaa.shared.idempotency import KeyReused
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.shared.storage_containers import RefusedError, refuse_broken_pdf, settle_movie, settle_webm
from ijaa.shared.storage_files import Kept, StoredFiles, key_of
from ijaa.shared.storage_images import Variant

VersionCheck = Callable[[int], None]
"""Raises when the version an editor saw is not this one."""
Begin = Callable[[], Awaitable[bool]]
"""Begins the transaction an upload belongs to; returns False where the same upload was answered before."""
CACHED = 3600
"""Seconds the browser of somebody who showed a token of his own keeps a file."""
MODERATORS = {"superadmin", "moderator"}
_SETTLING: dict[str, Callable[[BinaryIO], None]] = {
    "video/mp4": settle_movie,
    "video/quicktime": settle_movie,
    "video/webm": settle_webm,
    "application/pdf": refuse_broken_pdf,
}
_BEFORE_THE_COMMIT = (NotFound, Conflict, Forbidden, KeyReused)
"""Refusals of ours, after which there is no row; after anything else there may be one."""


class MediumFile(msgspec.Struct, frozen=True):
    """A file on its way to somebody who may see it."""

    medium: StoredMedium
    seconds: int
    """How long it may be cached."""


class MediaService:
    """Takes in what members show of events, and shows it to those who see the event."""

    def __init__(
        self, database: Database, repository: MediaRepository, files: StoredFiles, rows: FileRows, links: EventLinks,
        directory: UserDirectory, *, cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository, self._directory = database, repository, directory
        self._files, self._rows, self._links = files, rows, links
        self._cursors, self._clock = cursors, clock

    async def admit(self, member: Principal, event_id: int) -> None:
        """Raise what an upload would meet, before anything of it is read."""
        _refuse(await self._repository.place(event_id, member.username))

    async def upload(
        self, member: Principal, event_id: int, file: BinaryIO, head: bytes, caption: str, begin: Begin
    ) -> MediumRead | None:
        """Show a file at an event; return None where `begin` says that it was done before.

        Raises:
            NotGoing: the member sees the event, but does not come.
            WrongState: the event is cancelled.
            EventMediaFull: the event has as many media as one may.
            MediaQuotaExceeded: the member keeps as much as one may.
            Invalid: the file is damaged, or none of ours.

        """
        kept = await self._keep(file, file_type_of(head))
        try:
            if not await begin():
                await self._files.drop(kept)
                return None
            async with self._database.transaction() as session:
                place = _refuse(await self._repository.lock_place(session, event_id, member.username), kept.size)
                approved = place.organises or not place.media_approval
                medium = _medium(event_id, member.username, kept, caption.strip() or None, self._clock.now(), approved)
                await self._repository.add(session, medium)
        except _BEFORE_THE_COMMIT:
            await self._files.drop(kept)
            raise
        return await self.read(member, medium.id)

    async def page(
        self, member: Principal, event_id: int, wanted: Wanted, cursor: str | None, limit: int
    ) -> Page[MediumRead]:
        """Return the media of an event as the member sees them, the newest first."""
        scope = f"media/{event_id}/{msgspec.json.encode(wanted).decode()}"
        (before,) = self._cursors.read(scope, cursor, tuple[int]) if cursor else (MAX_ID,)
        without = await hidden_from(self._directory, member.username)
        rows = await self._repository.page(event_id, member.username, wanted, before, limit + 1, without=without)
        if rows is None:
            raise NotFound
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.id,))
        return Page(items=await self._shown(member, kept), next_cursor=following)

    async def read(self, viewer: Principal, media_id: int) -> MediumRead:
        """Return a medium as the viewer sees it; raise `NotFound` where he does not."""
        return (await self._shown(viewer, [await self._seen(viewer, media_id)]))[0]

    async def file(self, media_id: int, viewer: Principal | None, token: str | None) -> MediumFile:
        """Return the file of a medium: to whom sees it, or to whoever has a link of somebody who still does."""
        opened = self._links.opened(medium_path(media_id), token)
        if opened is not None:
            name, seconds = opened
            without = await hidden_from(self._directory, name) if name else frozenset[str]()
            found = await self._repository.one(media_id, name, without=without)
            if found is None:
                raise NotFound
            return MediumFile(found, seconds)
        if viewer is None:
            raise NotFound
        return MediumFile(await self._seen(viewer, media_id), CACHED)

    async def image(self, medium: StoredMedium, variant: Variant) -> bytes:
        """Return the bytes of an image."""
        return await self._files.read(key_of(medium.file_id), variant)

    async def portions(self, medium: StoredMedium, part: tuple[int, int] | None) -> AsyncIterator[bytes]:
        """Return what yields a file, or a part of it."""
        first, end = part or (0, medium.file_size)
        if (found := await self._files.portions(key_of(medium.file_id), first, end)) is None:
            raise NotFound
        return found

    async def edit(self, member: Principal, media_id: int, patch: MediumPatch, check: VersionCheck) -> MediumRead:
        """Change the caption of a medium of one's own; where media are approved, it waits anew."""
        medium = await self._seen(member, media_id)
        if medium.uploaded_by_username != member.username:
            raise NotUploader
        check(medium.version)
        changes = patch.changes()
        caption = (changes.get("caption", medium.caption) or "").strip() or None
        if caption != medium.caption:
            keeps = medium.organises or not medium.media_approval
            async with self._database.transaction() as session:
                now = self._clock.now()
                if not await self._repository.describe(session, medium, caption, now, keeps=keeps):
                    raise PreconditionFailed
        return await self.read(member, media_id)

    async def approve(self, organiser: Principal, media_id: int, check: VersionCheck) -> MediumRead:
        """Show a medium to everybody who sees its event; approving twice changes nothing."""
        medium = await self._organised(organiser, media_id)
        check(medium.version)
        if not medium.is_approved:
            async with self._database.transaction() as session:
                if not await self._repository.lock_event(session, medium.event_id, organiser.username):
                    raise NotOrganiser
                if not await self._repository.approve(session, medium, self._clock.now()):
                    raise PreconditionFailed
        return await self.read(organiser, media_id)

    async def reject(self, organiser: Principal, media_id: int) -> None:
        """Delete a medium that waits for approval; raise `MediumApproved` for one that does not."""
        medium = await self._organised(organiser, media_id)
        async with self._database.transaction() as session:
            if not await self._repository.lock_event(session, medium.event_id, organiser.username):
                raise NotOrganiser
            if (file_id := await self._repository.remove(session, media_id, waiting=True)) is None:
                raise MediumApproved
            await self._rows.discard(session, [file_id])

    async def remove(self, caller: Principal, media_id: int) -> None:
        """Delete a medium: one's own, one of an event one runs, or as a moderator any, which is audited."""
        medium = await self._seen(caller, media_id)
        moderating = _moderates(caller)
        may = moderating or medium.uploaded_by_username == caller.username
        if not (may or medium.organises):
            raise NotUploader
        async with self._database.transaction() as session:
            if not (await self._repository.lock_event(session, medium.event_id, caller.username) or may):
                raise NotUploader
            if (file_id := await self._repository.remove(session, media_id)) is None:
                raise NotFound
            await self._rows.discard(session, [file_id])
            if moderating:
                await audit.record(
                    session, AUDIT_LOG, at=self._clock.now(), action="medium-deleted", actor=caller.user_id,
                    subject=f"medium/{media_id}", details={"event": medium.event_id, "kind": medium.media_type},
                )  # fmt: skip

    async def like(self, member: Principal, media_id: int, *, liked: bool) -> MediumRead:
        """Like a medium, or no longer; again is the same as once."""
        await self._seen(member, media_id)
        async with self._database.transaction() as session:
            if liked:
                await self._repository.like(session, media_id, member.username, self._clock.now())
            else:
                await self._repository.unlike(session, media_id, member.username)
        return await self.read(member, media_id)

    async def _keep(self, file: BinaryIO, file_type: str) -> Kept:
        if file_type == "image/webp":
            file.seek(0)
            return await self._files.keep(await asyncio.to_thread(file.read))
        try:
            await asyncio.to_thread(_SETTLING[file_type], file)
        except RefusedError as error:
            raise Invalid([Violation("/file", str(error))]) from None
        return await self._files.keep_file(file, file_type)

    async def _seen(self, viewer: Principal, media_id: int) -> StoredMedium:
        moderating = _moderates(viewer)
        without = frozenset[str]() if moderating else await hidden_from(self._directory, viewer.username)
        found = await self._repository.one(media_id, viewer.username, without=without, moderating=moderating)
        if found is None:
            raise NotFound
        return found

    async def _organised(self, member: Principal, media_id: int) -> StoredMedium:
        medium = await self._seen(member, media_id)
        if not medium.organises:
            raise NotOrganiser
        return medium

    async def _shown(self, viewer: Principal, rows: Collection[StoredMedium]) -> list[MediumRead]:
        on_duty = _moderates(viewer) or any(row.organises for row in rows)
        cards_for = cards_on_duty if on_duty else cards_of
        cards = await cards_for(self._directory, {row.uploaded_by_username for row in rows}, viewer.username)
        return [self._medium(viewer, row, cards[row.uploaded_by_username]) for row in rows]

    def _medium(self, viewer: Principal, row: StoredMedium, card: MemberCard) -> MediumRead:
        plain = {name: getattr(row, name) for name in MediumRead.__struct_fields__ if hasattr(row, name)}
        drawn = row.media_type == "IMAGE"
        return MediumRead(
            **plain,
            uploaded_by=card,
            file_url=self._link(viewer, row),
            card_url=self._link(viewer, row, "card") if drawn else None,
            thumbnail_url=self._link(viewer, row, "thumbnail") if drawn else None,
        )

    def _link(self, viewer: Principal, row: StoredMedium, variant: Variant | None = None) -> str:
        """Return a link of a member's; who moderates sees by his own token alone what no link would open."""
        path = medium_path(row.id)
        if _moderates(viewer):
            return f"{path}?variant={variant}" if variant else path
        return self._links.of(path, viewer.username, variant)


def _moderates(caller: Principal) -> bool:
    return caller.role in MODERATORS


def _refuse(place: Place | None, size: int = 1) -> Place:
    """Return where somebody may add so many bytes; raise what keeps him from it."""
    if place is None:
        raise NotFound
    if not (place.organises or place.going):
        raise NotGoing
    if not takes_media(status=place.status):
        raise WrongState("An event that is called off takes no media.")
    if place.number >= OF_EVENT:
        raise EventMediaFull(f"An event has at most {OF_EVENT} media.")
    if place.used + size > OF_MEMBER:
        raise MediaQuotaExceeded(f"All media of a member together have at most {OF_MEMBER} bytes.")
    return place


def _medium(
    event_id: int, username: str, kept: Kept, caption: str | None, now: datetime, approved: bool,  # noqa: FBT001
) -> EventMedium:  # fmt: skip
    width, height = kept.edges or (None, None)
    return EventMedium(
        event_id=event_id, uploaded_by_username=username, media_type=media_type_of(kept.media_type), file_id=kept.id,
        file_type=kept.media_type, file_size=kept.size, sha256=kept.sha256, width=width, height=height,
        caption=caption, is_approved=approved, created_at=now, updated_at=now,
    )  # fmt: skip
