"""SQL of admins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import CursorResult, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.principals import AdminRole, Role
from ijaa.shared.schema import columns
from ijaa.users.accounts.domain import Held, dearest
from ijaa.users.admins.models import Admin
from ijaa.users.standing import SIGNED_IN_AS

_REPLACE = text("""
UPDATE admins SET password_hash = :new, updated_at = :now, version = version + 1
WHERE admin_id = :admin_id AND active AND password_hash = :old
""")
_LOCK_UNCHANGED = text(f"""
SELECT {SIGNED_IN_AS} FROM admins a WHERE a.admin_id = :id AND a.active AND a.password_hash = :hash FOR NO KEY UPDATE
""")


class AdminCredentials(msgspec.Struct, frozen=True):
    """What a sign-in is checked against."""

    admin_id: str
    password_hash: str
    active: bool


class SoughtAdmin(msgspec.Struct, frozen=True):
    """What a sign-in found: the admin, if there is one, and the dearest bcrypt hash of all admins."""

    legacy_cost: str | None
    admin_id: str | None
    password_hash: str
    active: bool

    @property
    def legacy(self) -> int:
        """The highest cost among the bcrypt hashes there are, 0 without any."""
        return dearest(self.legacy_cost)

    @property
    def account(self) -> AdminCredentials | None:
        """The admin who was meant."""
        return None if self.admin_id is None else AdminCredentials(self.admin_id, self.password_hash, self.active)


class StoredAdmin(msgspec.Struct, frozen=True):
    """An admin as he lies in the table."""

    admin_id: str
    name: str
    email: str
    role: AdminRole
    active: bool
    second_factor: bool
    created_at: datetime
    updated_at: datetime
    id: int
    version: int


_HELD = """
SELECT admin_id, email, name, NULL, NULL, password_hash FROM admins WHERE admin_id = $1 AND active
"""
_BY_EMAIL = f"""
SELECT legacy.cost, found.* FROM
    (SELECT max(substr(password_hash, 5, 2)) AS cost FROM admins WHERE left(password_hash, 2) = '$2') legacy
LEFT JOIN (SELECT {columns(AdminCredentials)} FROM admins WHERE email = lower($1)) found ON true
"""
_BY_ID = f"SELECT {columns(AdminCredentials)} FROM admins WHERE admin_id = $1"
_READ = f"SELECT {columns(StoredAdmin, 'a', second_factor='a.totp_seed IS NOT NULL')} FROM admins a"
_PAGE = f"{_READ} WHERE a.id > $1 ORDER BY a.id LIMIT $2"
_ONE = f"{_READ} WHERE a.admin_id = $1"


class AdminRepository:
    """Admins."""

    def __init__(self, database: Database, *, totp_required: bool = True) -> None:
        self._database, self._totp_required = database, totp_required

    async def by_email(self, email: str) -> SoughtAdmin:
        """Look for the admin with this address; upper case does not matter."""
        found = await self._database.fetch_one(SoughtAdmin, _BY_EMAIL, email)
        assert found is not None  # noqa: S101 - an aggregate always gives a row
        return found

    async def by_id(self, admin_id: str) -> AdminCredentials | None:
        """Return the admin with this public id."""
        return await self._database.fetch_one(AdminCredentials, _BY_ID, admin_id)

    async def held(self, admin_id: str) -> Held | None:
        """Return what is known of the admin with this id."""
        return await self._database.fetch_one(Held, _HELD, admin_id)

    async def replace_password(self, session: AsyncSession, admin_id: str, old: str, new: str, now: datetime) -> bool:
        """Replace a password hash, unless it is another one by now."""
        bound = {"admin_id": admin_id, "old": old, "new": new, "now": now}
        done = cast("CursorResult[Any]", await session.execute(_REPLACE, bound))
        return done.rowcount == 1

    async def lock_unchanged(self, session: AsyncSession, credentials: AdminCredentials) -> Role | None:
        """Return the role to sign in with if what was checked still holds; nobody changes it before the end."""
        bound = {"id": credentials.admin_id, "hash": credentials.password_hash, "totp_required": self._totp_required}
        role: Role | None = (await session.execute(_LOCK_UNCHANGED, bound)).scalar()
        return role

    async def page(self, after: int, limit: int) -> list[StoredAdmin]:
        """Return up to `limit` admins after a place in the list, oldest first."""
        return await self._database.fetch(StoredAdmin, _PAGE, after, limit)

    async def read(self, admin_id: str) -> StoredAdmin | None:
        """Return one admin."""
        return await self._database.fetch_one(StoredAdmin, _ONE, admin_id)

    async def add(self, session: AsyncSession, admin: Admin) -> None:
        """Add an admin."""
        session.add(admin)
        await session.flush()

    async def lock_with_superadmins(self, session: AsyncSession, admin_id: str) -> Sequence[Admin]:
        """Return an admin and every active superadmin, locked in one order, as they are once the lock is held."""
        acting = and_(Admin.role == "superadmin", Admin.active)
        found = await session.scalars(
            select(Admin)
            .where(or_(acting, Admin.admin_id == admin_id))
            .order_by(Admin.id)
            .with_for_update(key_share=True)
        )
        return found.all()

    async def lock_by_email(self, session: AsyncSession, email: str) -> Admin | None:
        """Return the admin with this address, locked."""
        found: Admin | None = await session.scalar(
            select(Admin).where(Admin.email == email).with_for_update(key_share=True)
        )
        return found
