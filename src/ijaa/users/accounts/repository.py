"""SQL of accounts."""

from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.accounts.domain import Held, dearest
from ijaa.users.standing import MAY_ACT

_REPLACE = text(f"""
UPDATE users u SET password_hash = :new, updated_at = :now, version = version + 1
WHERE u.user_id = :user_id AND {MAY_ACT.format(now=":now")} AND u.password_hash = :old
""")
_STILL = text(f"""
SELECT EXISTS (
    SELECT FROM users u WHERE u.id = :id AND {MAY_ACT.format(now=":now")} AND u.password_hash = :hash FOR SHARE)
""")


class Credentials(msgspec.Struct, frozen=True):
    """What a sign-in is checked against."""

    id: int
    user_id: str
    username: str
    password_hash: str | None
    may_act: bool


class Sought(msgspec.Struct, frozen=True):
    """What a sign-in found: the account, if there is one, and the dearest bcrypt hash of all."""

    legacy_cost: str | None
    id: int | None
    user_id: str
    username: str
    password_hash: str | None
    may_act: bool

    @property
    def legacy(self) -> int:
        """The highest cost among the bcrypt hashes there are, 0 without any."""
        return dearest(self.legacy_cost)

    @property
    def account(self) -> Credentials | None:
        """The account that was meant."""
        if self.id is None:
            return None
        return Credentials(self.id, self.user_id, self.username, self.password_hash, self.may_act)


class StoredMe(msgspec.Struct, frozen=True):
    """An account as its owner sees it."""

    user_id: str
    username: str
    email: str
    name: str
    created_at: datetime
    email_verified_at: datetime | None
    account_version: int
    profile_version: int


# an imported account may have kept another's username as its old spelling: typed exactly like that, it is the one meant
_BY_LOGIN = f"""
SELECT legacy.cost, found.* FROM
    (SELECT max(substr(password_hash, 5, 2)) AS cost FROM users WHERE left(password_hash, 2) = '$2') legacy
LEFT JOIN (
    SELECT {columns(Credentials, may_act=MAY_ACT.format(now="$2::timestamptz"))} FROM users u
    WHERE username = lower($1) OR email = lower($1) OR login_alias = $1
    ORDER BY login_alias IS NOT DISTINCT FROM $1 DESC, username = lower($1) DESC LIMIT 1
) found ON true
"""
_HELD = """
SELECT u.user_id, u.email, p.name, u.username, p.batch, u.password_hash
FROM users u JOIN profiles p ON p.user_id = u.id WHERE u.user_id = $1 AND u.active
"""
_ME = f"""
SELECT {columns(StoredMe, "u", name="p.name", account_version="u.version", profile_version="p.version")}
FROM users u JOIN profiles p ON p.user_id = u.id WHERE u.username = $1
"""


class AccountRepository:
    """Accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_login(self, login: str, now: datetime) -> Sought:
        """Look for the account of a username or e-mail; upper case does not matter."""
        found = await self._database.fetch_one(Sought, _BY_LOGIN, login, now)
        assert found is not None  # noqa: S101 - an aggregate always gives a row
        return found

    async def held(self, user_id: str) -> Held | None:
        """Return what is known of the member with this id."""
        return await self._database.fetch_one(Held, _HELD, user_id)

    async def replace_password(self, session: AsyncSession, user_id: str, old: str, new: str, now: datetime) -> bool:
        """Replace a password hash, unless it is another one by now."""
        bound = {"user_id": user_id, "old": old, "new": new, "now": now}
        done = cast("CursorResult[Any]", await session.execute(_REPLACE, bound))
        return done.rowcount == 1

    async def still_good(self, session: AsyncSession, credentials: Credentials, now: datetime) -> bool:
        """Whether what was checked still holds; until the transaction ends nobody changes it."""
        bound = {"id": credentials.id, "hash": credentials.password_hash, "now": now}
        still: bool = (await session.execute(_STILL, bound)).scalar_one()
        return still

    async def me(self, username: str) -> StoredMe | None:
        """Return an account as its owner sees it."""
        return await self._database.fetch_one(StoredMe, _ME, username)
