"""SQL of signing keys."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.sessions.models import SigningKey

# two workers may find no key at once: the second waits here, then finds the first one's
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('ijaa-signing-keys'))")
_NONE_ACTIVE = text("SELECT NOT EXISTS (SELECT FROM signing_keys WHERE retired_at IS NULL)")


class StoredKey(msgspec.Struct, frozen=True):
    """A key as it lies in the table."""

    kid: str
    public_jwk: str
    sealed_private: bytes
    retired_at: datetime | None


_ALL = f"SELECT {columns(StoredKey, public_jwk='public_jwk::text')} FROM signing_keys ORDER BY created_at DESC, kid"


class KeyRepository:
    """Signing keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[StoredKey]:
        """Return every key, the newest first."""
        return await self._database.fetch(StoredKey, _ALL)

    async def none_active(self, session: AsyncSession) -> bool:
        """Whether a key has to be made; until the transaction ends nobody else finds that out."""
        await session.execute(_LOCK)
        missing: bool = (await session.execute(_NONE_ACTIVE)).scalar_one()
        return missing

    async def add(self, session: AsyncSession, kid: str, public: dict[str, Any], sealed: bytes, now: datetime) -> None:
        """Add a key."""
        row = {"kid": kid, "public_jwk": public, "sealed_private": sealed, "created_at": now}
        await session.execute(insert(SigningKey).values(row))
