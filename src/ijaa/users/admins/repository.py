"""SQL of admins."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.principals import AdminRole
from ijaa.shared.schema import columns
from ijaa.users.admins.models import Admin

_STILL = text("SELECT EXISTS (SELECT FROM admins WHERE admin_id = :id AND active AND password_hash = :hash FOR SHARE)")


class AdminCredentials(msgspec.Struct, frozen=True):
    """What a sign-in is checked against."""

    admin_id: str
    password_hash: str
    role: AdminRole
    active: bool


_BY_EMAIL = f"SELECT {columns(AdminCredentials)} FROM admins WHERE email = lower($1)"


class AdminRepository:
    """Admins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_email(self, email: str) -> AdminCredentials | None:
        """Return the admin with this address; upper case does not matter."""
        return await self._database.fetch_one(AdminCredentials, _BY_EMAIL, email)

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
