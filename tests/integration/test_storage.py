"""Files in a folder and in a bucket: whole or not at all, and swept when nobody has them."""

import asyncio
import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

import pytest

from ijaa.shared import storage as storage_module
from ijaa.shared.clock import FrozenClock
from ijaa.shared.errors import Unavailable
from ijaa.shared.jobs import Claim, NoPayload
from ijaa.shared.storage import INCOMING, Storage
from ijaa.shared.storage_sweep import KEPT, sweep
from tests.e2e.processes import free_port

KEY = "ab/" + "ab" * 16
OTHER = "cd/" + "cd" * 16
WEBP = "image/webp"


@pytest.fixture(params=["folder", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a place of each kind."""
    return tmp_path.as_uri() if request.param == "folder" else str(request.getfixturevalue("bucket"))


async def keys_of(storage: Storage) -> set[str]:
    return {one.key async for page in storage.pages() for one in page}


async def test_what_was_put_is_there_until_it_is_deleted(url: str) -> None:
    """Kills: objects of one module under the keys of the other; a second delete that fails."""
    users, events = Storage(url, "users"), Storage(url, "events")
    assert await users.get(KEY) is None
    await users.put({KEY: b"photo", f"{KEY}.card": b"card"}, WEBP)
    assert await users.get(KEY) == b"photo"
    assert await users.get(f"{KEY}.card") == b"card"
    assert await events.get(KEY) is None
    assert await keys_of(users) == {KEY, f"{KEY}.card"}
    assert await keys_of(events) == set()
    await users.put({KEY: b"another"}, WEBP)
    assert await users.get(KEY) == b"another"
    await users.delete([KEY, f"{KEY}.card", OTHER])
    await users.delete([KEY])
    assert (await users.get(KEY), await keys_of(users)) == (None, set())


async def test_a_long_object_is_written_and_read_by_portions(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: an object read as a whole; a portion left out, or one too many; a file written from where it stood."""
    monkeypatch.setattr(storage_module, "PORTION", 1000)
    storage = Storage(url, "users")
    for size in (0, 999, 1000, 1001, 6_000_000):
        written = os.urandom(size)
        with TemporaryFile() as file:
            file.write(written)
            await storage.put_file(KEY, file, "application/zip")
        monkeypatch.setattr(storage_module, "PORTION", 1000 if size < 10_000 else 1_000_000)
        portions = await storage.portions(KEY)
        assert portions is not None
        read = [portion async for portion in portions]
        assert b"".join(read) == written
        assert all(0 < len(portion) <= storage_module.PORTION for portion in read)
    assert await storage.portions(OTHER) is None
    assert await keys_of(storage) == {KEY}


async def test_a_bucket_nobody_made_is_found_out_by_a_probe(s3: str) -> None:
    """Kills: a probe that looks at the URL alone."""
    with pytest.raises(Unavailable):
        await Storage(f"s3://key:secret@nobody-made-it?endpoint={s3}", "users").probe()


async def test_every_object_is_listed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a sweep that sees the first page alone."""
    monkeypatch.setattr(storage_module, "_PAGE", 2)
    storage = Storage(url, "users")
    written = {f"{n:02x}/{n:032x}": b"x" for n in range(7)}
    await storage.put(written, WEBP)
    pages = [page async for page in storage.pages()]
    assert {one.key for page in pages for one in page} == set(written)
    assert all(abs(one.written_at - datetime.now(UTC)) < timedelta(hours=1) for page in pages for one in page)


async def test_a_place_out_of_reach_is_unavailable(tmp_path: Path) -> None:
    """Kills: an error of the driver, with the address in it, handed to a client; a wait without an end."""
    (tmp_path / "users").write_text("a file where the folder should be")
    gone = f"s3://key:secret@photos?endpoint=http://127.0.0.1:{free_port()}"
    for storage in (Storage(tmp_path.as_uri(), "users"), Storage(gone, "users")):
        calls: list[Callable[[], object]] = [
            lambda: storage.put({KEY: b"x"}, WEBP),  # noqa: B023 - called within this round
            lambda: storage.get(KEY),  # noqa: B023
            lambda: storage.put_file(KEY, BytesIO(b"x"), WEBP),  # noqa: B023
            lambda: storage.portions(KEY),  # noqa: B023
            lambda: storage.delete([KEY]),  # noqa: B023
            storage.probe,
        ]
        for call in calls:
            with pytest.raises(Unavailable, match="cannot be reached"):
                await call()  # type: ignore[misc]


async def test_a_slow_place_takes_so_many_reads_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: every read of a module waiting for files; a place among them that is never given back."""
    monkeypatch.setattr(storage_module, "READS", 2)
    storage, release = Storage(tmp_path.as_uri(), "users"), asyncio.Event()

    async def slow(_: str) -> bytes:
        await release.wait()
        return b"photo"

    monkeypatch.setattr(storage, "_read", slow)
    waiting = [asyncio.create_task(storage.get(KEY)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await storage.get(KEY)
    release.set()
    assert await asyncio.gather(*waiting) == [b"photo", b"photo"]
    assert await storage.get(KEY) == b"photo"


async def test_an_object_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: the name given before the bytes are flushed; the names of folders left to luck."""
    said: list[str] = []
    flush, replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        said.append(f"flushed {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        flush(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        said.append(f"named {target.relative_to(tmp_path)}")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", renamed)
    monkeypatch.setattr(storage_module.secrets, "token_hex", lambda _: "half")
    await Storage(tmp_path.as_uri(), "users").put({KEY: b"photo"}, WEBP)
    assert said == ["flushed half", f"named users/{KEY}", "flushed ab", "flushed users"]


async def test_a_full_disk_leaves_no_half_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a half file under its own name, or under any other, after a write that failed."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    storage = Storage(tmp_path.as_uri(), "users")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable):
        await storage.put({KEY: b"photo"}, WEBP)
    assert await keys_of(storage) == set()


async def test_files_are_for_the_owner_of_the_process_alone(tmp_path: Path) -> None:
    """Kills: photos that other accounts of the machine read."""
    await Storage(tmp_path.as_uri(), "users").put({KEY: b"photo"}, WEBP)
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "users").rglob("*")}
    assert modes == {0}


@pytest.fixture
def claim(users_database: object) -> Claim[NoPayload]:
    """Give a claim no test looks at: a sweep has no effect in the database."""
    return Claim(1, "sweep-files", NoPayload(), 1, uuid4(), users_database)  # type: ignore[arg-type]


async def test_the_sweep_takes_what_has_no_row_and_is_old(
    url: str, clock: FrozenClock, claim: Claim[NoPayload]
) -> None:
    """Kills: a file of a row swept; one whose upload is still under way; files of somebody else in the same place."""
    storage = Storage(url, "users")
    kept, orphan, foreign = KEY, OTHER, "holidays/beach.jpg"
    await storage.put(dict.fromkeys((kept, f"{kept}.card", orphan, f"{orphan}.card", foreign), b"x"), WEBP)
    half = f"{INCOMING}/{'0' * 32}"  # what a crash leaves of a write
    await storage.put({half: b"x"}, WEBP)

    async def known(keys: Collection[str]) -> set[str]:
        return {key for key in keys if key.startswith(kept)}

    swept = sweep(storage, known, clock)
    await swept.run(claim)
    assert await keys_of(storage) == {kept, f"{kept}.card", orphan, f"{orphan}.card", foreign, half}
    clock.at = datetime.now(UTC) + KEPT + timedelta(minutes=1)
    await swept.run(claim)
    assert await keys_of(storage) == {kept, f"{kept}.card", foreign}


async def test_a_sweep_without_a_database_takes_nothing(url: str, clock: FrozenClock, claim: Claim[NoPayload]) -> None:
    """Kills: a database that is away taken for one without rows."""
    storage = Storage(url, "users")
    await storage.put({KEY: b"x"}, WEBP)
    clock.at = datetime.now(UTC) + KEPT * 2

    async def away(_: Collection[str]) -> set[str]:
        raise Unavailable

    with pytest.raises(Unavailable):
        await sweep(storage, away, clock).run(claim)
    assert await keys_of(storage) == {KEY}
