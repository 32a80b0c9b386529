"""SQL of the tokens that reset a password, and of the changes of address that wait."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.users.accounts.domain import RESET_LIFETIME, TOKEN_LIFETIME, Held
from ijaa.users.standing import MAY_ACT, NOT_BARRED

# The account's row is locked before anything that hangs on it, here and everywhere: so nobody waits in a circle.
_LOCK_FORGETFUL = text(f"""
SELECT u.id, u.username FROM users u WHERE u.email = :email AND {MAY_ACT.format(now=":now")} FOR NO KEY UPDATE
""")
_ADD_RESET = text("""
WITH void AS (
    UPDATE email_tokens SET used_at = :now WHERE user_id = :id AND purpose = 'reset-password' AND used_at IS NULL
)
INSERT INTO email_tokens (hash, user_id, purpose, created_at, expires_at)
VALUES (:hash, :id, 'reset-password', :now, :expires)
""")
_RESETTING = f"""
SELECT u.user_id, u.email, p.name, u.username, p.batch, u.password_hash
FROM email_tokens t JOIN users u ON u.id = t.user_id JOIN profiles p ON p.user_id = u.id
WHERE t.hash = $1 AND t.purpose = 'reset-password' AND t.used_at IS NULL AND t.expires_at > $2
  AND {MAY_ACT.format(now="$2")}
"""
_RESET = text(f"""
UPDATE users u SET password_hash = :new, updated_at = :now, version = version + 1
WHERE u.user_id = :user_id AND {MAY_ACT.format(now=":now")}
""")
_SPEND = text("""
UPDATE email_tokens SET used_at = :now
WHERE hash = :hash AND purpose = 'reset-password' AND used_at IS NULL AND expires_at > :now
""")
_VOID = text("""
WITH account AS (SELECT id FROM users WHERE user_id = :user_id),
change AS (DELETE FROM email_changes USING account WHERE email_changes.user_id = account.id)
UPDATE email_tokens SET used_at = :now FROM account WHERE email_tokens.user_id = account.id AND used_at IS NULL
""")
_LOCK_MOVING = text(f"""
SELECT u.id, u.user_id, u.username, u.email, {NOT_BARRED.format(now=":now")} AS active
FROM users u WHERE u.user_id = :user_id OR u.email = :new_email ORDER BY u.id FOR UPDATE
""")
_ASK = text("""
INSERT INTO email_changes (user_id, new_email, old_hash, new_hash, session_id, created_at, expires_at)
VALUES (:id, :new_email, :old_hash, :new_hash, :session_id, :now, :expires)
ON CONFLICT (user_id) DO UPDATE SET
    new_email = excluded.new_email, old_hash = excluded.old_hash, new_hash = excluded.new_hash,
    old_confirmed_at = NULL, new_confirmed_at = NULL, session_id = excluded.session_id,
    created_at = excluded.created_at, expires_at = excluded.expires_at
""")
_MOVING = """
SELECT u.user_id, c.new_email FROM email_changes c JOIN users u ON u.id = c.user_id
WHERE (c.old_hash = $1 OR c.new_hash = $1) AND c.expires_at > $2
"""
_CONFIRM = text("""
UPDATE email_changes SET
    old_confirmed_at = CASE WHEN old_hash = :hash THEN :now ELSE old_confirmed_at END,
    new_confirmed_at = CASE WHEN new_hash = :hash THEN :now ELSE new_confirmed_at END
WHERE expires_at > :now
  AND (old_hash = :hash AND old_confirmed_at IS NULL OR new_hash = :hash AND new_confirmed_at IS NULL)
RETURNING session_id, old_confirmed_at IS NOT NULL AND new_confirmed_at IS NOT NULL
""")
_MOVE = text(f"""
WITH profile AS (
    UPDATE profiles SET email = :new, updated_at = :now, version = version + 1 WHERE user_id = :id AND email = :old
)
UPDATE users u SET email = :new, email_verified_at = :now, updated_at = :now, version = version + 1
WHERE u.id = :id AND {NOT_BARRED.format(now=":now")}
""")


class Forgetful(msgspec.Struct, frozen=True):
    """A member who cannot sign in."""

    id: int
    username: str


class Moving(msgspec.Struct, frozen=True):
    """An account that stands in a change of address: the one that moves, or one that has the new address."""

    id: int
    user_id: str
    username: str
    email: str
    active: bool


class Destination(msgspec.Struct, frozen=True):
    """Who wants to move, and where."""

    user_id: str
    new_email: str


class Step(msgspec.Struct, frozen=True):
    """A change of address after one more confirmation."""

    session_id: UUID
    complete: bool


class TokenRepository:
    """Tokens in mails, other than those that confirm a registration."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lock_forgetful(self, session: AsyncSession, email: str, now: datetime) -> Forgetful | None:
        """Return the account whose password may be reset from this address, locked."""
        row = (await session.execute(_LOCK_FORGETFUL, {"email": email, "now": now})).one_or_none()
        return None if row is None else Forgetful(*row)

    async def add_reset(self, session: AsyncSession, user_id: int, token_hash: bytes, now: datetime) -> None:
        """Add a token that resets the password of a locked account; those before it are not good any more."""
        bound = {"id": user_id, "hash": token_hash, "now": now, "expires": now + RESET_LIFETIME}
        await session.execute(_ADD_RESET, bound)

    async def resetting(self, token_hash: bytes, now: datetime) -> Held | None:
        """Return the account a token is good for now."""
        return await self._database.fetch_one(Held, _RESETTING, token_hash, now)

    async def reset(
        self, session: AsyncSession, user_id: str, token_hash: bytes, password_hash: str, now: datetime
    ) -> bool:
        """Spend a token for a password hash; False, with nothing to keep, when it is not good any more."""
        bound = {"user_id": user_id, "hash": token_hash, "new": password_hash, "now": now}
        return await _one(session, _RESET, bound) and await _one(session, _SPEND, bound)

    async def void(self, session: AsyncSession, user_id: str, now: datetime) -> None:
        """Make everything worthless that was mailed to a member and not used."""
        await session.execute(_VOID, {"user_id": user_id, "now": now})

    async def lock_moving(self, session: AsyncSession, user_id: str, new_email: str, now: datetime) -> list[Moving]:
        """Return the member's account, and the one that has the new address if there is one, locked."""
        rows = await session.execute(_LOCK_MOVING, {"user_id": user_id, "new_email": new_email, "now": now})
        return [Moving(*row) for row in rows]

    async def ask(
        self,
        session: AsyncSession,
        user_id: int,
        new_email: str,
        *,
        old_hash: bytes,
        new_hash: bytes,
        session_id: UUID,
        now: datetime,
    ) -> None:
        """Let a change of address wait for its confirmations, in place of one that waited before."""
        bound = {
            "id": user_id,
            "new_email": new_email,
            "old_hash": old_hash,
            "new_hash": new_hash,
            "session_id": session_id,
            "now": now,
            "expires": now + TOKEN_LIFETIME,
        }
        await session.execute(_ASK, bound)

    async def moving(self, token_hash: bytes, now: datetime) -> Destination | None:
        """Return the public id of the member, and the address, of the change this token belongs to."""
        return await self._database.fetch_one(Destination, _MOVING, token_hash, now)

    async def confirm(self, session: AsyncSession, token_hash: bytes, now: datetime) -> Step | None:
        """Note one confirmation; None when the token is not good any more."""
        row = (await session.execute(_CONFIRM, {"hash": token_hash, "now": now})).one_or_none()
        return None if row is None else Step(*row)

    async def move(self, session: AsyncSession, account: Moving, new_email: str, now: datetime) -> bool:
        """Give an account its new address; the profile shows the new one if it showed the old one."""
        return await _one(session, _MOVE, {"id": account.id, "old": account.email, "new": new_email, "now": now})


async def _one(session: AsyncSession, statement: Any, bound: dict[str, Any]) -> bool:
    done = cast("CursorResult[Any]", await session.execute(statement, bound))
    return done.rowcount == 1
