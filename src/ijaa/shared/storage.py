"""Files: objects with random names in a folder or a bucket, written whole or not at all.

An object is written before the row that names it and deleted after the row is gone, so that a row never points at
nothing; what a crash leaves between the two has no row and is swept (`storage_sweep`).
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from ijaa.shared.errors import Unavailable
from ijaa.shared.storage_place import Bucket, Folder, place_of

WAIT = timedelta(seconds=5)
"""How long an object may take to be read or written."""
WHOLE = timedelta(minutes=10)
"""How long an object may take that is written portion by portion."""
PORTION = 1024 * 1024
"""Bytes of an object in memory at once, where it is not read or written as one."""
SOME = 512 * 1024
"""Bytes that are handed on at once to somebody who asks for an object bit by bit."""
INCOMING = "incoming"
"""The folder of what is being written."""
READS = 32
"""Objects being read at once: a place that is slow must not take every read of its module with it."""
_PAGE = 500
_FAILURES = (BaseError, OSError)  # TimeoutError is one of them


class Stored(msgspec.Struct, frozen=True):
    """An object that is there."""

    key: str
    written_at: datetime


class Storage:
    """The objects of one module: below its own name, wherever the URL points."""

    def __init__(self, url: str, module: str) -> None:
        self._place, self._module = place_of(url), module
        self._reading = 0

    async def put(self, objects: Mapping[str, bytes], media_type: str) -> None:
        """Write objects by key; once this returns they outlive a power cut. Raises `Unavailable`."""
        with _reachable():
            if isinstance(self._place, Folder):
                files = {key: BytesIO(data) for key, data in objects.items()}
                await asyncio.to_thread(_write, self._folder(self._place), files)
                return
            async with asyncio.timeout(WAIT.total_seconds()), asyncio.TaskGroup() as group:
                for key, data in objects.items():
                    group.create_task(self._upload(key, data, media_type))

    async def put_file(self, key: str, file: BinaryIO, media_type: str) -> None:
        """Write one object out of a file, however long, as `put` does. Raises `Unavailable`."""
        with _reachable():
            file.seek(0)
            if isinstance(self._place, Folder):
                await asyncio.to_thread(_write, self._folder(self._place), {key: file})
                return
            async with asyncio.timeout(WHOLE.total_seconds()):
                await self._store.put_async(key, file, attributes={"Content-Type": media_type})

    async def get(self, key: str) -> bytes | None:
        """Return an object, or None for one that is not there. Raises `Unavailable`."""
        with self._one_more(), _reachable():
            return await self._read(key)

    async def portions(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes] | None:
        """Return what yields an object, however long, or None for one that is not there. Both raise `Unavailable`.

        It yields the bytes from `start` up to `end`, which is not among them.
        """
        with self._one_more(), _reachable():
            try:
                async with asyncio.timeout(WAIT.total_seconds()):
                    size = (await self._store.head_async(key))["size"]
            except (NotFoundError, FileNotFoundError):
                return None
        return self._portions(key, start, size if end is None else min(end, size))

    async def some(self, key: str, start: int) -> bytes | None:
        """Return some bytes of an object from a place on, none at its end, or None for one that is not there.

        Raises `Unavailable`.
        """
        if (found := await self.portions(key, start, start + SOME)) is None:
            return None
        return b"".join([portion async for portion in found])

    async def delete(self, keys: Collection[str]) -> None:
        """Delete objects; one that is not there is as good as deleted. Raises `Unavailable`."""
        with _reachable():
            for key in keys:
                try:
                    async with asyncio.timeout(WAIT.total_seconds()):
                        await self._store.delete_async(key)
                except (NotFoundError, FileNotFoundError):
                    continue

    async def pages(self) -> AsyncIterator[list[Stored]]:
        """Yield everything there is, page by page, in no order. Raises `Unavailable`."""
        with _reachable():
            async for page in self._store.list(chunk_size=_PAGE):
                yield [Stored(one["path"], one["last_modified"]) for one in page]

    async def probe(self) -> None:
        """Look whether the place answers; changes nothing. Raises `Unavailable`."""
        async for _ in self.pages():
            return

    @cached_property
    def _store(self) -> ObjectStore:
        if isinstance(self._place, Folder):
            return LocalStore(self._folder(self._place), mkdir=True)
        return _bucket(self._place, self._module)

    def _folder(self, place: Folder) -> Path:
        return place.path / self._module

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        """Count one more that is being read."""
        if self._reading >= READS:
            raise Unavailable("Many files are being read just now.")
        self._reading += 1
        try:
            yield
        finally:
            self._reading -= 1

    async def _portions(self, key: str, begin: int, end: int) -> AsyncIterator[bytes]:
        for start in range(begin, end, PORTION):  # each is a request of its own: who takes his time keeps none open
            with self._one_more(), _reachable():
                async with asyncio.timeout(WAIT.total_seconds()):
                    found = await self._store.get_range_async(key, start=start, end=min(start + PORTION, end))
            yield bytes(found)

    async def _read(self, key: str) -> bytes | None:
        try:
            async with asyncio.timeout(WAIT.total_seconds()):
                return bytes(await (await self._store.get_async(key)).bytes_async())
        except (NotFoundError, FileNotFoundError):
            return None

    async def _upload(self, key: str, data: bytes, media_type: str) -> None:
        await self._store.put_async(key, data, attributes={"Content-Type": media_type}, use_multipart=False)


def _bucket(place: Bucket, module: str) -> ObjectStore:
    given = {
        "endpoint": place.endpoint,
        "region": place.region or ("us-east-1" if place.endpoint else None),
        "access_key_id": place.key,
        "secret_access_key": place.secret,
    }
    return S3Store(
        place.name,
        prefix="/".join(filter(None, [place.prefix, module])),
        config={name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
        client_options={
            "allow_http": (place.endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=1),
            "timeout": WAIT,
        },
        retry_config={"max_retries": 1, "retry_timeout": WAIT},
    )


@contextmanager
def _reachable() -> Iterator[None]:
    """Raise `Unavailable` for whatever within the block means that files cannot be had just now."""
    try:
        yield
    except* _FAILURES as group:
        raise Unavailable("The files cannot be reached just now.") from group.exceptions[0]


def _write(folder: Path, objects: Mapping[str, BinaryIO]) -> None:
    """Write each object beside its place, bring it to the disk and only then give it its name."""
    (folder / INCOMING).mkdir(mode=0o700, parents=True, exist_ok=True)
    for key, data in objects.items():
        waiting, target = folder / INCOMING / secrets.token_hex(16), folder / key
        try:
            _flush(waiting, data)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            waiting.replace(target)
        finally:
            waiting.unlink(missing_ok=True)
        _flush_names([target.parent, folder])


def _flush(path: Path, data: BinaryIO) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(data, file, PORTION)
        file.flush()
        os.fsync(file.fileno())


def _flush_names(folders: Sequence[Path]) -> None:
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
