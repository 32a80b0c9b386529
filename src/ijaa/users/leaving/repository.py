"""SQL of leaving."""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.users.accounts.models import EmailToken, User

PURPOSE = "return"

# the token is asked for first, without a lock: the account's row is locked before anything that hangs on it
_WHOSE = text("""
SELECT user_id FROM email_tokens
WHERE hash = :hash AND purpose = 'return' AND used_at IS NULL AND expires_at > :now
""")
_SPEND = text("""
UPDATE email_tokens SET used_at = :now
WHERE hash = :hash AND purpose = 'return' AND used_at IS NULL AND expires_at > :now
RETURNING user_id
""")


class LeavingRepository:
    """Accounts of those who leave, and the tokens that bring them back."""

    async def lock(self, session: AsyncSession, user_id: str) -> User | None:
        """Return the account of a public id, to change it."""
        found: User | None = await session.scalar(select(User).where(User.user_id == user_id).with_for_update())
        return found

    async def add_token(self, session: AsyncSession, user: User, token_hash: bytes, now: datetime) -> None:
        """Add the token that brings a locked account back while its grace lasts."""
        session.add(
            EmailToken(hash=token_hash, user_id=user.id, purpose=PURPOSE, created_at=now, expires_at=user.erase_after)
        )
        await session.flush()

    async def lock_returning(self, session: AsyncSession, token_hash: bytes, now: datetime) -> User | None:
        """Return the account a token brings back, locked, and spend the token; None for one that is not good."""
        bound = {"hash": token_hash, "now": now}
        if (owner := await session.scalar(_WHOSE, bound)) is None:
            return None
        found: User | None = await session.scalar(select(User).where(User.id == owner).with_for_update())
        return found if await session.scalar(_SPEND, bound) is not None else None
