"""Archives of an audit log: its entries with their seals in one file that proves itself."""

import gzip
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from ijaa.shared.audit import Entry
from ijaa.shared.audit_repository import AuditRepository, Link
from ijaa.shared.audit_verification import ChainCheck, Report

_BATCH = 5_000


class ArchiveError(Exception):
    """The file is no archive of an audit log, or stands where a new one was to be written."""


class _Header(msgspec.Struct, frozen=True):
    ijaa_audit_archive: int
    module: str
    before: datetime


class _Line(msgspec.Struct, frozen=True):
    seq: int
    hash: bytes
    key_id: bytes
    entry: Entry


async def archive(
    module: str,
    repository: AuditRepository,
    before: datetime,
    to: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Copy the sealed entries up to a moment into a file, gzip over JSON lines; returns how many. Nothing is deleted.

    Raises `ArchiveError` when the file is there already.
    """
    if to.exists():  # noqa: ASYNC240 - a command line waits for nothing else
        raise ArchiveError(f"{to} is there already: an archive is never written over.")
    partial, count, after = to.with_name(f".{to.name}.partial"), 0, 0
    with gzip.open(partial, "wb") as file:
        file.write(msgspec.json.encode(_Header(1, module, before)) + b"\n")
        while batch := await repository.chain(after, _BATCH):
            for one in batch:
                if one.entry is None:
                    raise ArchiveError(f"The entry of link {one.seq} is gone: run `ijaa audit verify {module}` first.")
                if one.entry.at >= before:
                    break
                file.write(msgspec.json.encode(_Line(one.seq, one.hash, one.key_id, one.entry)) + b"\n")
                count += 1
            progress(len(batch))
            after = batch[-1].seq
            if count != after:
                break  # the rest is younger
    partial.replace(to)
    return count


def verify_file(file: Path, key_of: Callable[[str], bytes]) -> Report:
    """Verify an archive by itself; `key_of` gives the key of a module's chain. Raises `ArchiveError`."""
    try:
        with gzip.open(file, "rb") as lines:
            header = msgspec.json.decode(next(lines), type=_Header)
            check = ChainCheck(key_of(header.module))
            for one in _links(lines):
                check.see(one)
    except (OSError, EOFError, StopIteration, msgspec.MsgspecError) as error:
        raise ArchiveError(f"{file} is no whole archive of an audit log: {error}") from None
    return Report(header.module, check.seq, check.seq, f"{check.seq}:{check.hash.hex()}", check.faults)


def _links(lines: Iterator[bytes]) -> Iterator[Link]:
    for line in lines:
        said = msgspec.json.decode(line, type=_Line)
        yield Link(said.seq, said.entry.id, said.hash, said.key_id, said.entry)
