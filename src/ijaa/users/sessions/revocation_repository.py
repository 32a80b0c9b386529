"""SQL of revocations, over the pool and over the feed's own connection."""

from datetime import datetime
from uuid import UUID

import asyncpg

from ijaa.shared.database import Database
from ijaa.users.sessions.revoked import Revoked

_LOAD = "SELECT session_id, expires_at FROM revocations WHERE expires_at > $1"
_PRUNE = "DELETE FROM revocations WHERE expires_at <= $1"
_KNOWN = "SELECT EXISTS (SELECT FROM revocations WHERE session_id = $1)"


class RevocationRepository:
    """Revocations on record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, session_id: str) -> bool:
        """Whether a session has been revoked."""
        found: bool = await self._database.fetch_value(_KNOWN, UUID(session_id))
        return found


async def load(connection: "asyncpg.Connection[asyncpg.Record]", now: datetime) -> list[Revoked]:
    """Return every revocation that still matters."""
    return [Revoked(str(row[0]), row[1]) for row in await connection.fetch(_LOAD, now)]


async def prune(connection: "asyncpg.Connection[asyncpg.Record]", now: datetime) -> None:
    """Delete the revocations whose tokens have all expired."""
    await connection.execute(_PRUNE, now)
