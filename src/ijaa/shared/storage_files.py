"""Files as modules keep them: objects under random keys, an image in every variant, everything else as it came.

Objects are written first, then the row that names them; the row goes first, then the objects.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from typing import BinaryIO
from uuid import UUID, uuid4

import msgspec
import structlog

from ijaa.shared.errors import NotFound, Unavailable
from ijaa.shared.storage import Storage
from ijaa.shared.storage_images import MEDIA_TYPE, VARIANTS, Images, Variant, size_of

log = structlog.get_logger("ijaa.files")


def key_of(file_id: UUID) -> str:
    """Return the key of a file; it tells nothing of its owner."""
    return f"{file_id.hex[:2]}/{file_id.hex}"


def object_key(key: str, variant: Variant) -> str:
    """Return the key of the object that holds a variant."""
    return key if variant == "full" else f"{key}.{variant}"


def object_keys(key: str) -> list[str]:
    """Return the keys of every object of a file."""
    return [object_key(key, variant) for variant in VARIANTS]


def file_key(key: str) -> str:
    """Return the key of the file an object belongs to."""
    return key.partition(".")[0]


class Kept(msgspec.Struct, frozen=True):
    """A file whose objects are written and which has no row yet."""

    id: UUID
    key: str
    size: int
    sha256: bytes
    media_type: str = MEDIA_TYPE
    edges: tuple[int, int] | None = None
    """Width and height of an image, in pixels."""


class StoredFiles:
    """Writes, reads and deletes the objects of files."""

    def __init__(self, storage: Storage, images: Images) -> None:
        self._storage, self._images = storage, images

    async def keep(self, raw: bytes) -> Kept:
        """Draw an image anew and write it; whatever becomes of it without a row is swept. Not in a transaction."""
        drawn = await self._images.draw(raw)
        file_id = uuid4()
        key = key_of(file_id)
        await self._storage.put({object_key(key, name): data for name, data in drawn.items()}, MEDIA_TYPE)
        full = drawn["full"]
        digest = hashlib.sha256(full).digest()
        return Kept(file_id, key, sum(map(len, drawn.values())), digest, edges=size_of(full))

    async def keep_file(self, file: BinaryIO, media_type: str) -> Kept:
        """Write a file that is no image, however long; else as `keep`."""
        digest = await asyncio.to_thread(_digest, file)
        size, file_id = file.seek(0, os.SEEK_END), uuid4()
        key = key_of(file_id)
        await self._storage.put_file(key, file, media_type)
        return Kept(file_id, key, size, digest, media_type)

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

    async def portions(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes] | None:
        """Return what yields the bytes of a file, however long, or None for one whose object is gone.

        From `start` up to `end`, which is not among them.
        """
        return await self._storage.portions(key, start, end)

    async def some(self, key: str, start: int) -> bytes | None:
        """Return some bytes of a file from a place on, none at its end, or None for one whose object is gone."""
        return await self._storage.some(key, start)


def _digest(file: BinaryIO) -> bytes:
    """Return the digest of a file."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]  # it reads, and is no more than that
