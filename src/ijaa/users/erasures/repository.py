"""SQL of erasures, past ones."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.erasures.domain import Erased

# an old spelling is reserved with its name; in the ledger it would be somebody else's while he is a member
_ERASED = f"""
SELECT {columns(Erased, "e")} FROM erased_usernames e
WHERE e.user_id IS NOT NULL OR NOT EXISTS (SELECT FROM users u WHERE u.username = e.username)
ORDER BY e.erased_at, e.username
"""
_FOUND = """
SELECT wanted.username, u.user_id, EXISTS (SELECT FROM erased_usernames e WHERE e.username = wanted.username)
FROM unnest($1::text[]) AS wanted (username) LEFT JOIN users u ON u.username = wanted.username
"""
_RESERVE = text("""
INSERT INTO erased_usernames (username, user_id, erased_at) VALUES (:username, :user_id, :erased_at)
ON CONFLICT DO NOTHING
""")


class Found(msgspec.Struct, frozen=True):
    """What is known of a name in the ledger."""

    username: str
    user_id: str | None
    """Of the account that has the name."""
    reserved: bool


class ErasureRepository:
    """Names that are never given again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erased(self) -> list[Erased]:
        """Return everybody who was erased, the first first."""
        return await self._database.fetch(Erased, _ERASED)

    async def found(self, usernames: list[str]) -> list[Found]:
        """Return what is known of each of these names."""
        return await self._database.fetch(Found, _FOUND, usernames)

    async def reserve(self, session: AsyncSession, username: str, user_id: str | None, erased_at: datetime) -> None:
        """Keep a name from being given."""
        given = {"username": username, "user_id": user_id, "erased_at": erased_at}
        await session.execute(_RESERVE, given)
