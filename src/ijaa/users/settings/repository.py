"""SQL of settings."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.locks import lock_profile
from ijaa.users.settings.domain import Theme
from ijaa.users.settings.models import UserSettings


class StoredSettings(msgspec.Struct, frozen=True):
    """Settings as they lie in the table."""

    theme: Theme
    language: str | None
    time_zone: str | None
    version: int


_OF = f"""
SELECT {columns(StoredSettings, "s")} FROM user_settings s JOIN profiles p ON p.user_id = s.user_id
WHERE p.username = $1
"""


class SettingsRepository:
    """What members chose."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, username: str) -> StoredSettings | None:
        """Return what a member chose, or None where he never did."""
        return await self._database.fetch_one(StoredSettings, _OF, username)

    async def lock(self, session: AsyncSession, username: str) -> tuple[int, UserSettings | None] | None:
        """Return whose settings these are, and them if there are any; nobody else changes them meanwhile."""
        user_id = await lock_profile(session, username)
        return None if user_id is None else (user_id, await session.get(UserSettings, user_id))
