"""Use cases of files: what other features keep, and take away again."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Collection
from typing import BinaryIO
from uuid import UUID, uuid4

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.errors import NotFound, Unavailable
from ijaa.shared.jobs import JobQueue
from ijaa.shared.storage import Storage
from ijaa.shared.storage_images import MEDIA_TYPE, Images, Variant
from ijaa.shared.storage_sweep import discard
from ijaa.users.errors import AttachmentExists, QuotaExceeded
from ijaa.users.files.domain import QUOTA, file_key, key_of, object_key, object_keys
from ijaa.users.files.models import EXPORT, File
from ijaa.users.files.repository import FileRepository
from ijaa.users.links import Purpose

log = structlog.get_logger("ijaa.files")


class Kept(msgspec.Struct, frozen=True):
    """A file whose objects are written and which has no row yet."""

    id: UUID
    key: str
    size: int
    sha256: bytes
    media_type: str = MEDIA_TYPE


class FileService:
    """Keeps files: objects first, then the row; the row goes first, then the objects."""

    def __init__(
        self, repository: FileRepository, storage: Storage, images: Images, jobs: JobQueue, clock: Clock
    ) -> None:
        self._repository, self._storage, self._images = repository, storage, images
        self._jobs, self._clock = jobs, clock

    async def keep(self, raw: bytes) -> Kept:
        """Draw an image anew and write it; whatever becomes of it without a row is swept. Not in a transaction."""
        drawn = await self._images.draw(raw)
        file_id = uuid4()
        key = key_of(file_id)
        await self._storage.put({object_key(key, name): data for name, data in drawn.items()}, MEDIA_TYPE)
        return Kept(file_id, key, sum(map(len, drawn.values())), hashlib.sha256(drawn["full"]).digest())

    async def keep_file(self, file: BinaryIO, media_type: str) -> Kept:
        """Write a file that is no image, however long; else as `keep`."""
        digest = await asyncio.to_thread(_digest, file)
        size, file_id = file.seek(0, os.SEEK_END), uuid4()
        key = key_of(file_id)
        await self._storage.put_file(key, file, media_type)
        return Kept(file_id, key, size, digest, media_type)

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

    async def drop(self, kept: Kept) -> None:
        """Delete the objects of a file that gets no row; call it only when that is certain."""
        try:
            await self._storage.delete(object_keys(kept.key))
        except Unavailable:
            log.warning("a file without a row is left to the sweep")

    async def read(self, key: str, variant: Variant) -> bytes:
        """Return the bytes of a variant."""
        if (found := await self._storage.get(object_key(key, variant))) is None:
            log.error("a file has a row and no object", key=key, variant=variant)
            raise NotFound
        return found

    async def portions(self, key: str) -> AsyncIterator[bytes] | None:
        """Return what yields the bytes of a file, however long, or None for one whose object is gone."""
        return await self._storage.portions(key)

    async def known(self, keys: Collection[str]) -> set[str]:
        """Return which of these objects belong to a row."""
        rows = await self._repository.known({file_key(key) for key in keys})
        return {key for key in keys if file_key(key) in rows}


def _digest(file: BinaryIO) -> bytes:
    """Return the digest of a file."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]  # it reads, and is no more than that
