"""SQL of accounts."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import CursorResult, delete, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.accounts.domain import MAX_LEGACY, TOKEN_LIFETIME, Claimant, Held
from ijaa.users.accounts.models import EmailToken, User
from ijaa.users.profiles.models import Profile
from ijaa.users.standing import MAY_ACT, NOT_BARRED

_VERIFY = "verify-email"

_CLAIMANTS = text("""
SELECT id, username, login_alias, email, email_verified_at IS NOT NULL,
       EXISTS (SELECT FROM email_tokens t WHERE t.user_id = u.id AND t.used_at IS NULL AND t.expires_at > :now)
FROM users u
WHERE username = :username OR lower(login_alias) = :username OR email = :email
ORDER BY id FOR UPDATE
""")
_ERASED = text("SELECT EXISTS (SELECT FROM erased_usernames WHERE username = :username)")
_UNCONFIRMED = text(f"""
SELECT u.id, u.username FROM users u
WHERE u.email = :email AND u.email_verified_at IS NULL AND {NOT_BARRED.format(now=":now")} FOR SHARE
""")
_CONFIRM = text(f"""
WITH spent AS (
    UPDATE email_tokens SET used_at = :now
    WHERE hash = :hash AND purpose = 'verify-email' AND used_at IS NULL AND expires_at > :now
    RETURNING user_id
)
UPDATE users u SET email_verified_at = :now, updated_at = :now, version = version + 1
FROM spent WHERE u.id = spent.user_id AND u.email_verified_at IS NULL AND {NOT_BARRED.format(now=":now")}
RETURNING u.user_id, u.username
""")
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
        cost = self.legacy_cost or ""
        return min(int(cost), MAX_LEGACY) if cost.isdecimal() else 0

    @property
    def account(self) -> Credentials | None:
        """The account that was meant."""
        if self.id is None:
            return None
        return Credentials(self.id, self.user_id, self.username, self.password_hash, self.may_act)


class Confirmed(msgspec.Struct, frozen=True):
    """An account whose address has just been confirmed."""

    user_id: str
    username: str


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
    """Accounts and the tokens mailed to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claimants(self, session: AsyncSession, username: str, email: str, now: datetime) -> list[Claimant]:
        """Return the accounts that have this username or e-mail, locked."""
        rows = await session.execute(_CLAIMANTS, {"username": username, "email": email, "now": now})
        return [Claimant(*row) for row in rows]

    async def discard(self, session: AsyncSession, ids: Collection[int]) -> None:
        """Delete accounts that were never confirmed, with all that hangs on them."""
        await session.execute(delete(User).where(User.id.in_(ids)))

    async def add(self, session: AsyncSession, user: User, profile: Profile) -> int:
        """Add an account with its profile; returns its key."""
        session.add(user)
        await session.flush()
        profile.user_id = user.id
        session.add(profile)
        await session.flush()
        return user.id

    async def add_token(self, session: AsyncSession, user_id: int, token_hash: bytes, now: datetime) -> None:
        """Add a token that confirms the address."""
        row = {
            "hash": token_hash,
            "user_id": user_id,
            "purpose": _VERIFY,
            "created_at": now,
            "expires_at": now + TOKEN_LIFETIME,
        }
        await session.execute(insert(EmailToken).values(row))

    async def erased(self, session: AsyncSession, username: str) -> bool:
        """Whether the username was that of an account that was erased; its last holder is gone by now."""
        erased: bool = (await session.execute(_ERASED, {"username": username})).scalar_one()
        return erased

    async def unconfirmed(self, session: AsyncSession, email: str, now: datetime) -> tuple[int, str] | None:
        """Return key and username of the account that waits for this address to be confirmed."""
        row = (await session.execute(_UNCONFIRMED, {"email": email, "now": now})).one_or_none()
        return None if row is None else (row.id, row.username)

    async def confirm(self, session: AsyncSession, token_hash: bytes, now: datetime) -> Confirmed | None:
        """Spend a token and mark its address confirmed, or return None and change nothing."""
        row = (await session.execute(_CONFIRM, {"hash": token_hash, "now": now})).one_or_none()
        return None if row is None else Confirmed(*row)

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
