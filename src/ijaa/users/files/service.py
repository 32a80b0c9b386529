"""Use cases of files: what other features keep, and take away again."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.jobs import JobQueue
from ijaa.shared.storage import Storage
from ijaa.shared.storage_files import Kept, StoredFiles, file_key, object_keys
from ijaa.shared.storage_images import Images
from ijaa.shared.storage_sweep import discard
from ijaa.users.errors import AttachmentExists, QuotaExceeded
from ijaa.users.files.domain import QUOTA
from ijaa.users.files.models import EXPORT, File
from ijaa.users.files.repository import FileRepository
from ijaa.users.links import Purpose


class FileService(StoredFiles):
    """Keeps files: objects first, then the row; the row goes first, then the objects."""

    def __init__(
        self, repository: FileRepository, storage: Storage, images: Images, jobs: JobQueue, clock: Clock
    ) -> None:
        super().__init__(storage, images)
        self._repository, self._jobs, self._clock = repository, jobs, clock

    async def replace(self, session: AsyncSession, owner_id: int, purpose: Purpose, kept: Kept) -> None:
        """Give an image its row, in place of the one there was; the caller holds a lock of the owner.

        Raises `QuotaExceeded`.
        """
        await self.remove(session, owner_id, purpose)
        if await self._repository.used(session, owner_id) + kept.size > QUOTA:
            raise QuotaExceeded(f"All files of a member together have at most {QUOTA} bytes.")
        await self._add(session, kept, purpose, owner_id=owner_id)

    async def add_export(self, session: AsyncSession, owner_id: int, kept: Kept) -> None:
        """Give an archive its row, whatever else there is; the caller holds a lock of the owner."""
        await self._add(session, kept, EXPORT, owner_id=owner_id)

    async def illustrate(self, session: AsyncSession, announcement_id: int, kept: Kept) -> None:
        """Give an image its row as that of an announcement, in place of the one there was; the caller has it locked."""
        await self.remove_image(session, announcement_id)
        await self._add(session, kept, "image", announcement_id=announcement_id)

    async def remove_image(self, session: AsyncSession, announcement_id: int) -> None:
        """Take the image of an announcement away."""
        await self._discard(session, await self._repository.remove_image(session, announcement_id))

    async def attach(self, session: AsyncSession, report_id: int, place: int, kept: Kept) -> bool:
        """Give an image its row as an attachment of a report, which the caller has locked.

        Returns whether it is new: the same image is there already, so that there is nothing to do. Raises
        `AttachmentExists` where another one is: what was filed is evidence.
        """
        there = await self._repository.attached(session, report_id, place)
        if there is not None and there != kept.sha256:
            raise AttachmentExists
        if there is None:
            await self._add(session, kept, "attachment", report_id=report_id, place=place)
        return there is None

    async def _add(self, session: AsyncSession, kept: Kept, purpose: str, **belonging: int) -> None:
        session.add(
            File(
                id=kept.id,
                purpose=purpose,
                key=kept.key,
                media_type=kept.media_type,
                size=kept.size,
                sha256=kept.sha256,
                created_at=self._clock.now(),
                **belonging,
            )
        )
        await session.flush()

    async def remove(self, session: AsyncSession, owner_id: int, purpose: Purpose | None = None) -> None:
        """Take the rows of somebody away, and their objects once that has committed."""
        await self._discard(session, await self._repository.remove(session, owner_id, purpose))

    async def _discard(self, session: AsyncSession, keys: Collection[str]) -> None:
        await discard(self._jobs, session, [one for key in keys for one in object_keys(key)])

    async def remove_each(self, session: AsyncSession, ids: Collection[UUID]) -> None:
        """Take these rows away, whosever they are, and their objects once that has committed."""
        await self._discard(session, await self._repository.remove_each(session, ids))

    async def known(self, keys: Collection[str]) -> set[str]:
        """Return which of these objects belong to a row."""
        rows = await self._repository.known({file_key(key) for key in keys})
        return {key for key in keys if file_key(key) in rows}
