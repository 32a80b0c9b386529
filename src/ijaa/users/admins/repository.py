"""SQL of admins."""

from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.principals import AdminRole
from ijaa.shared.schema import columns
from ijaa.users.accounts.domain import Held
from ijaa.users.admins.models import Admin

_REPLACE = text("""
UPDATE admins SET password_hash = :new, updated_at = :now, version = version + 1
WHERE admin_id = :admin_id AND active AND password_hash = :old
""")
_STILL = text("SELECT EXISTS (SELECT FROM admins WHERE admin_id = :id AND active AND password_hash = :hash FOR SHARE)")


class AdminCredentials(msgspec.Struct, frozen=True):
    """What a sign-in is checked against."""

    admin_id: str
    password_hash: str
    role: AdminRole
    active: bool


_HELD = """
SELECT admin_id, email, name, NULL, NULL, password_hash FROM admins WHERE admin_id = $1 AND active
"""
_BY_EMAIL = f"SELECT {columns(AdminCredentials)} FROM admins WHERE email = lower($1)"


class AdminRepository:
    """Admins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_email(self, email: str) -> AdminCredentials | None:
        """Return the admin with this address; upper case does not matter."""
        return await self._database.fetch_one(AdminCredentials, _BY_EMAIL, email)

    async def held(self, admin_id: str) -> Held | None:
        """Return what is known of the admin with this id."""
        return await self._database.fetch_one(Held, _HELD, admin_id)

    async def replace_password(self, session: AsyncSession, admin_id: str, old: str, new: str, now: datetime) -> bool:
        """Replace a password hash, unless it is another one by now."""
        bound = {"admin_id": admin_id, "old": old, "new": new, "now": now}
        done = cast("CursorResult[Any]", await session.execute(_REPLACE, bound))
        return done.rowcount == 1

    async def still_good(self, session: AsyncSession, credentials: AdminCredentials) -> bool:
        """Whether what was checked still holds; until the transaction ends nobody changes it."""
        bound = {"id": credentials.admin_id, "hash": credentials.password_hash}
        still: bool = (await session.execute(_STILL, bound)).scalar_one()
        return still

    async def add(
        self,
        session: AsyncSession,
        *,
        admin_id: str,
        name: str,
        email: str,
        password_hash: str,
        now: datetime,
    ) -> None:
        """Add a superadmin."""
        session.add(
            Admin(
                admin_id=admin_id,
                name=name,
                email=email,
                password_hash=password_hash,
                role="superadmin",
                active=True,
                created_at=now,
                updated_at=now,
            )
        )
        await session.flush()
