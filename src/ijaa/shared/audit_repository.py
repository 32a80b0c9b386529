"""SQL of the log and its chain, the same in every module's database."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.audit import FIRST, Entry
from ijaa.shared.database import Database
from ijaa.shared.schema import columns

_ENTRY = columns(Entry, "a")
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('ijaa-audit-sealer'))")
_HEAD = "SELECT seq, hash FROM audit_seals ORDER BY seq DESC LIMIT 1"
# entries commit out of the order of their ids: nothing below the mark can still be under way
_MARK = """
SELECT coalesce(min(entry_id), 0) FROM (SELECT entry_id FROM audit_seals ORDER BY seq DESC LIMIT 10000) newest
HAVING count(*) = 10000
"""
_UNSEALED = f"""
SELECT {_ENTRY} FROM audit_log a
WHERE a.id > {{low}} AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = a.id) ORDER BY a.id LIMIT {{limit}}
"""
_SEAL = text("""
INSERT INTO audit_seals (seq, entry_id, hash, key_id, sealed_at)
SELECT seq, entry_id, hash, :key_id, :at
FROM unnest(CAST(:seqs AS bigint[]), CAST(:ids AS bigint[]), CAST(:hashes AS bytea[])) AS new (seq, entry_id, hash)
""")
_CHAIN = f"""
SELECT s.seq, s.entry_id, s.hash, s.key_id, {_ENTRY} FROM audit_seals s LEFT JOIN audit_log a ON a.id = s.entry_id
WHERE s.seq > $1 ORDER BY s.seq LIMIT $2
"""
# what was never sealed although later entries were, or although there was time enough
_STRAYS = """
SELECT a.id FROM audit_log a
WHERE NOT EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = a.id)
  AND (a.at < $1 OR a.id < (SELECT max(entry_id) FROM audit_seals) - 1000)
ORDER BY a.id LIMIT $2
"""
_COUNTS = "SELECT (SELECT count(*) FROM audit_log), (SELECT count(*) FROM audit_seals)"
_HASH_AT = "SELECT hash FROM audit_seals WHERE seq = $1"


class Head(msgspec.Struct, frozen=True):
    """The newest link of the chain."""

    seq: int
    hash: bytes


class Link(msgspec.Struct, frozen=True):
    """One link and the entry it seals, None where that is gone."""

    seq: int
    entry_id: int
    hash: bytes
    key_id: bytes
    entry: Entry | None


class Counts(msgspec.Struct, frozen=True):
    """How much there is."""

    entries: int
    seals: int


class AuditRepository:
    """The audit log of one module and the chain over it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def head(self) -> Head:
        """Return the newest link; before the first one the place it will hang on."""
        return await self._database.fetch_one(Head, _HEAD) or Head(0, FIRST)

    async def mark(self) -> int:
        """Return an id below which nothing is unsealed but what was slipped in."""
        found: int | None = await self._database.fetch_value(_MARK)
        return found or 0

    async def unsealed(self, low: int, limit: int) -> list[Entry]:
        """Return entries after `low` without a seal."""
        return await self._database.fetch(Entry, _UNSEALED.format(low="$1", limit="$2"), low, limit)

    async def lock(self, session: AsyncSession) -> bool:
        """Become the one that seals until the transaction ends; False when somebody else is."""
        held: bool = (await session.execute(_LOCK)).scalar_one()
        return held

    async def unsealed_locked(self, session: AsyncSession, low: int, limit: int) -> tuple[Head, list[Entry]]:
        """Return the head and what to seal after it, as they are now that nobody else seals."""
        row = (await session.execute(text(_HEAD))).one_or_none()
        found = await session.execute(text(_UNSEALED.format(low=":low", limit=":limit")), {"low": low, "limit": limit})
        return Head(*row) if row else Head(0, FIRST), [Entry(*entry) for entry in found]

    async def seal(
        self, session: AsyncSession, links: Sequence[tuple[int, int, bytes]], key: bytes, at: datetime
    ) -> None:
        """Add links, each of seq, entry id and hash."""
        seqs, ids, hashes = (list(column) for column in zip(*links, strict=True))
        await session.execute(_SEAL, {"seqs": seqs, "ids": ids, "hashes": hashes, "key_id": key, "at": at})

    async def chain(self, after: int, limit: int) -> list[Link]:
        """Return links after one, with their entries."""
        return await self._database.fetch(_link, _CHAIN, after, limit)

    async def strays(self, now: datetime, grace: timedelta, limit: int) -> list[int]:
        """Return entries nobody sealed although they are old enough."""
        return await self._database.fetch(int, _STRAYS, now - grace, limit)

    async def counts(self) -> Counts:
        """Return how many entries and seals there are."""
        found = await self._database.fetch_one(Counts, _COUNTS)
        assert found is not None  # noqa: S101 - two counts are a row
        return found

    async def hash_at(self, seq: int) -> bytes | None:
        """Return the hash of one link."""
        found: bytes | None = await self._database.fetch_value(_HASH_AT, seq)
        return found


def _link(seq: int, entry_id: int, sealed: bytes, key: bytes, *entry: object) -> Link:
    return Link(seq, entry_id, sealed, key, Entry(*entry) if entry[0] is not None else None)  # type: ignore[arg-type]
