"""SQL of signing keys."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.listener import Connection
from ijaa.shared.schema import columns
from ijaa.users.sessions.models import SigningKey

CHANNEL = "ijaa_keys"
"""Of NOTIFY, without a payload: keys have changed, read them again."""

# two workers may find no key at once: the second waits here, then finds the first one's
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('ijaa-signing-keys'))")
_NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', '')")
_REVOKE = text("UPDATE signing_keys SET revoked_at = :now WHERE kid = :kid AND revoked_at IS NULL RETURNING kid")


class StoredKey(msgspec.Struct, frozen=True):
    """A key as it lies in the table."""

    kid: str
    public_jwk: dict[str, Any]
    sealed_private: bytes
    created_at: datetime
    active_from: datetime
    revoked_at: datetime | None


_COLUMNS = columns(StoredKey, public_jwk="public_jwk::text")
_ALL = f"SELECT {_COLUMNS} FROM signing_keys ORDER BY active_from DESC, kid DESC"


class KeyRepository:
    """Signing keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[StoredKey]:
        """Return every key, the newest first."""
        return await self._database.fetch(_stored, _ALL)

    async def locked(self, session: AsyncSession) -> list[StoredKey]:
        """Return every key; until the transaction ends nobody else makes or revokes one."""
        await session.execute(_LOCK)
        return [_stored(*row) for row in await session.execute(text(_ALL))]

    async def add(
        self, session: AsyncSession, kid: str, public: dict[str, Any], sealed: bytes, *, now: datetime, active: datetime
    ) -> None:
        """Add a key and tell every process."""
        row = {"kid": kid, "public_jwk": public, "sealed_private": sealed, "created_at": now, "active_from": active}
        await session.execute(insert(SigningKey).values(row))
        await session.execute(_NOTIFY)

    async def revoke(self, session: AsyncSession, kid: str, now: datetime) -> bool:
        """Mark a key revoked and tell every process; False when there is no such key that is not revoked."""
        found = (await session.execute(_REVOKE, {"kid": kid, "now": now})).one_or_none()
        await session.execute(_NOTIFY)
        return found is not None


async def load(connection: Connection) -> list[StoredKey]:
    """Return every key over a connection of one's own, the newest first."""
    return [_stored(*row) for row in await connection.fetch(_ALL)]


def _stored(kid: str, public_jwk: str, *rest: Any) -> StoredKey:
    return StoredKey(kid, msgspec.json.decode(public_jwk), *rest)
