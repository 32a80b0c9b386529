"""SQL of registrations that wait to be confirmed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.users.accounts.domain import TOKEN_LIFETIME
from ijaa.users.accounts.models import User
from ijaa.users.profiles.models import Profile

# before the look at the accounts: one that was confirmed in between has left this table for theirs, and is seen there
_RESERVE = text("""
INSERT INTO registrations (id, username, email, password_hash, name, batch, created_at, expires_at)
VALUES (:id, :username, :email, :password_hash, :name, :batch, :now, :expires)
ON CONFLICT (username) DO UPDATE SET
    id = excluded.id, email = excluded.email, password_hash = excluded.password_hash, name = excluded.name,
    batch = excluded.batch, token_hash = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at
WHERE registrations.expires_at <= :now
RETURNING id
""")
_STANDING = text("""
SELECT EXISTS (SELECT FROM users WHERE username = :username OR lower(login_alias) = :username)
       OR EXISTS (SELECT FROM erased_usernames WHERE username = :username),
       (SELECT username FROM users WHERE email = :email)
""")
# all of one address are locked in one order, here and everywhere
_LOCK = """
SELECT id, username, email, password_hash, name, batch, token_hash FROM registrations
WHERE email = {email} AND expires_at > :now ORDER BY id FOR UPDATE
"""
_LOCK_ADDRESSED = text(_LOCK.format(email=":email"))
_LOCK_BESIDE = text(_LOCK.format(email="(SELECT email FROM registrations WHERE token_hash = :hash)"))
_RENEW = text("""
UPDATE registrations r SET token_hash = given.hash, expires_at = :expires
FROM unnest(CAST(:ids AS uuid[]), CAST(:hashes AS bytea[])) AS given (id, hash) WHERE r.id = given.id
""")
_END = text("UPDATE registrations SET token_hash = NULL WHERE id = ANY (:ids)")
_REMOVE = text("DELETE FROM registrations WHERE id = :id")


class Waiting(msgspec.Struct, frozen=True):
    """A registration that is not confirmed."""

    id: UUID
    username: str
    email: str
    password_hash: str
    name: str
    batch: str | None
    token_hash: bytes | None = None


class RegistrationRepository:
    """Registrations, until they are accounts."""

    async def reserve(self, session: AsyncSession, waiting: Waiting, now: datetime) -> bool:
        """Keep a registration, without a token, for its time, and its username with it; False when another one does."""
        bound = msgspec.structs.asdict(waiting) | {"now": now, "expires": now + TOKEN_LIFETIME}
        return (await session.execute(_RESERVE, bound)).first() is not None

    async def standing(self, session: AsyncSession, username: str, email: str) -> tuple[bool, str | None]:
        """Return whether an account has or had the username, and the username of the account with the e-mail."""
        row = (await session.execute(_STANDING, {"username": username, "email": email})).one()
        return row[0], row[1]

    async def lock(self, session: AsyncSession, email: str, now: datetime) -> list[Waiting]:
        """Return the registrations of an address, locked."""
        return [Waiting(*row) for row in await session.execute(_LOCK_ADDRESSED, {"email": email, "now": now})]

    async def lock_beside(self, session: AsyncSession, token_hash: bytes, now: datetime) -> list[Waiting]:
        """Return the registration of a token and all others of its address, locked."""
        return [Waiting(*row) for row in await session.execute(_LOCK_BESIDE, {"hash": token_hash, "now": now})]

    async def renew(self, session: AsyncSession, hashes: Sequence[tuple[UUID, bytes | None]], now: datetime) -> None:
        """Give locked registrations their tokens, or none, and another day."""
        bound = {"ids": [key for key, _ in hashes], "hashes": [hashed for _, hashed in hashes]}
        await session.execute(_RENEW, bound | {"expires": now + TOKEN_LIFETIME})

    async def end(self, session: AsyncSession, ids: Sequence[UUID]) -> None:
        """Make the tokens of locked registrations worthless; their usernames stay kept, which tells nobody anything."""
        await session.execute(_END, {"ids": list(ids)})

    async def remove(self, session: AsyncSession, registration_id: UUID) -> None:
        """Remove a registration that has become an account."""
        await session.execute(_REMOVE, {"id": registration_id})

    async def add(self, session: AsyncSession, user: User, profile: Profile) -> None:
        """Add an account with its profile."""
        session.add(user)
        await session.flush()
        profile.user_id = user.id
        session.add(profile)
        await session.flush()
