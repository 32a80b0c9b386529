"""Use cases of banners."""

from collections.abc import Callable
from uuid import UUID

from ijaa.events.banners.repository import BannerRepository, SeenEvent
from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.catalogue.schemas import EventDetails
from ijaa.events.catalogue.service import EventService
from ijaa.events.errors import NotOrganiser
from ijaa.events.files.service import FileRows
from ijaa.events.links import EventLinks, banner_path
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Conflict, NotFound, PreconditionFailed
from ijaa.shared.live import Tell
from ijaa.shared.principals import Principal
from ijaa.shared.storage_files import StoredFiles, key_of
from ijaa.shared.storage_images import Variant

VersionCheck = Callable[[int], None]
"""Raises when the version an editor saw is not this one."""
CACHED = 3600
"""Seconds the browser of somebody who showed a token of his own keeps a banner."""


class BannerService:
    """Puts a banner on an event, and shows it to whom the event shows itself."""

    def __init__(
        self, database: Database, repository: BannerRepository, event_repository: EventRepository,
        events: EventService, files: StoredFiles, rows: FileRows, links: EventLinks, *, tell: Tell, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository = database, repository
        self._event_repository, self._events = event_repository, events
        self._files, self._rows, self._links = files, rows, links
        self._tell, self._clock = tell, clock

    async def admit(self, member: Principal, event_id: int) -> None:
        """Raise `NotFound` or `NotOrganiser` for whoever may not change the banner."""
        _refuse(await self._repository.seen(event_id, member.username))

    async def put(self, member: Principal, event_id: int, raw: bytes, check: VersionCheck) -> EventDetails:
        """Show an event by an image, in place of the one there was."""
        kept = await self._files.keep(raw)
        try:
            await self._change(member, event_id, kept.id, check)
        except (NotFound, Conflict, NotOrganiser, PreconditionFailed):  # ours, and before the commit
            await self._files.drop(kept)
            raise
        return await self._events.read(member, event_id)

    async def remove(self, member: Principal, event_id: int, check: VersionCheck) -> None:
        """Show an event without an image; nothing happens where it has none."""
        await self.admit(member, event_id)
        await self._change(member, event_id, None, check)

    async def read(
        self, event_id: int, banner: UUID, variant: Variant, viewer: Principal | None, token: str | None
    ) -> tuple[bytes, int]:
        """Return the bytes of a banner, and for how long they may be cached.

        It is for whom sees the event, and for whoever has a link of somebody who still does.
        """
        opened = self._links.opened(banner_path(event_id, banner), token)
        name, seconds = opened or (viewer.username if viewer else None, CACHED)
        if await self._repository.seen(event_id, name, banner) is None:
            raise NotFound
        return await self._files.read(key_of(banner), variant), seconds

    async def _change(self, member: Principal, event_id: int, banner: UUID | None, check: VersionCheck) -> None:
        async with self._database.transaction() as session:
            event = await self._event_repository.lock(session, event_id)
            if event is None:
                raise NotFound
            _refuse(await self._repository.seen_within(session, event_id, member.username))
            check(event.version)
            if (before := event.banner) != banner:
                event.banner, event.updated_at = banner, self._clock.now()
                await session.flush()
                self._tell(session, str(event_id))
            if before is not None:
                await self._rows.discard(session, [before])


def _refuse(seen: SeenEvent | None) -> None:
    """Raise what keeps somebody from changing a banner."""
    if seen is None:
        raise NotFound
    if not seen.organises:
        raise NotOrganiser
