"""SQL of blocks."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.users.connections.schemas import BlockRead

_ONE = "SELECT blocked_username, created_at FROM blocks WHERE blocker_username = $1 AND blocked_username = $2"
_PAGE = """
SELECT blocked_username, created_at FROM blocks
WHERE blocker_username = $1 AND ($2::timestamptz IS NULL OR (created_at, blocked_username) < ($2, $3::text))
ORDER BY created_at DESC, blocked_username DESC LIMIT $4
"""
_HIDDEN = """
SELECT blocked_username FROM blocks WHERE blocker_username = $1
UNION SELECT blocker_username FROM blocks WHERE blocked_username = $1
"""
_STATE = text("""
SELECT coalesce(bool_or(blocked_username = :blocked), false), count(*) FROM blocks WHERE blocker_username = :blocker
""")
_ADD = text("INSERT INTO blocks (blocker_username, blocked_username, created_at) VALUES (:blocker, :blocked, :now)")
_REMOVE = text("""
DELETE FROM blocks WHERE blocker_username = :blocker AND blocked_username = :blocked RETURNING blocked_username
""")


class BlockRepository:
    """Blocks, to read past the ORM and to change in a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, blocker: str, blocked: str) -> BlockRead | None:
        """Return a block of a member's own."""
        return await self._database.fetch_one(BlockRead, _ONE, blocker, blocked)

    async def page(self, blocker: str, after: tuple[datetime, str] | None, limit: int) -> list[BlockRead]:
        """Return whom a member blocked, the latest first."""
        created_at, username = after or (None, None)
        return await self._database.fetch(BlockRead, _PAGE, blocker, created_at, username, limit)

    async def hidden(self, viewer: str) -> frozenset[str]:
        """Return everybody whom a block keeps from a member's sight, whoever blocked whom."""
        return frozenset(await self._database.fetch(str, _HIDDEN, viewer))

    async def state(self, session: AsyncSession, blocker: str, blocked: str) -> tuple[bool, int]:
        """Return whether a member blocked another one, and how many he blocked in all."""
        row = (await session.execute(_STATE, {"blocker": blocker, "blocked": blocked})).one()
        return row[0], row[1]

    async def add(self, session: AsyncSession, blocker: str, blocked: str, now: datetime) -> None:
        """Write a block."""
        await session.execute(_ADD, {"blocker": blocker, "blocked": blocked, "now": now})

    async def remove(self, session: AsyncSession, blocker: str, blocked: str) -> bool:
        """Take a block away; return whether there was one."""
        found = await session.execute(_REMOVE, {"blocker": blocker, "blocked": blocked})
        return found.first() is not None
