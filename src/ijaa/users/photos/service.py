"""Use cases of photos and covers."""

from uuid import UUID

import msgspec

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Conflict, NotFound
from ijaa.shared.principals import Principal
from ijaa.shared.storage_images import Variant
from ijaa.users.files.service import FileService
from ijaa.users.links import FileLinks, Purpose, path_of
from ijaa.users.photos.repository import PhotoRepository
from ijaa.users.profiles.domain import AUDIENCES, CHOSEN, audience_of, relation, shown
from ijaa.users.profiles.schemas import ProfileRead
from ijaa.users.profiles.service import ProfileService

CACHED = 3600
"""Seconds the browser of somebody who showed a token of his own keeps a file."""


class Picture(msgspec.Struct, frozen=True):
    """A file on its way to somebody who may see it."""

    content: bytes
    media_type: str
    purpose: Purpose
    seconds: int
    """How long it may be cached."""
    public: bool
    """Whether caches may give it to anybody."""


class PhotoService:
    """Puts photos and covers on profiles, and shows them to whom the profile shows them."""

    def __init__(
        self,
        database: Database,
        repository: PhotoRepository,
        profiles: ProfileService,
        files: FileService,
        links: FileLinks,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._profiles = database, repository, profiles
        self._files, self._links, self._clock = files, links, clock

    async def put(self, member: Principal, purpose: Purpose, raw: bytes) -> tuple[ProfileRead, int]:
        """Show an image on the member's own profile; returns that with its new version."""
        kept = await self._files.keep(raw)
        try:
            async with self._database.transaction() as session:
                profile = await self._profiles.locked(session, member)
                await self._files.replace(session, profile.user_id, purpose, kept)
                await self._profiles.apply(session, profile, {purpose: path_of(kept.id)})
        except (NotFound, Conflict):  # ours, and before the commit; after anything else there may be a row
            await self._files.drop(kept)
            raise
        return self._profiles.complete(profile), profile.version

    async def remove(self, member: Principal, purpose: Purpose) -> None:
        """Take an image off the member's own profile, if there is one."""
        async with self._database.transaction() as session:
            profile = await self._profiles.locked(session, member)
            await self._files.remove(session, profile.user_id, purpose)
            await self._profiles.apply(session, profile, {purpose: None})

    async def read(self, file_id: UUID, variant: Variant, viewer: Principal | None, token: str | None) -> Picture:
        """Return a file to whom its field is shown, or to whoever has a link made when it was shown to as many.

        Raises `NotFound` for a file that is not there and for one that is not for the viewer.
        """
        opened = self._links.opened(file_id, token)
        name = viewer.username if viewer else None
        if (found := await self._repository.seen(file_id, name, self._clock.now())) is None:
            raise NotFound
        to, seconds = relation(name, found.username, connected=found.connected), CACHED
        if opened:
            to, seconds = max(to, AUDIENCES[opened[0]]), opened[1]
        chosen = CHOSEN.decode(found.visibility)
        if not shown(found.purpose, chosen, to):
            raise NotFound
        content = await self._files.read(found.key, variant)
        public = audience_of(found.purpose, chosen) == "public"
        return Picture(content, found.media_type, found.purpose, seconds, public)
