"""Locks of members, in one order everywhere: the account, then the profile, then what hangs on them.

Erasing a member locks his account and then, by its cascades, everything below it. Whoever locked a profile first and
wrote a row that refers to the account would meet that in a deadlock.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LOCK = """
SELECT {columns} FROM users u JOIN profiles p ON p.user_id = u.id
WHERE {which} ORDER BY u.id FOR KEY SHARE OF u FOR UPDATE OF p
"""
"""Profiles to change: nobody else changes them, or erases whose they are, before the transaction ends."""
_ONE = text(LOCK.format(columns="u.id", which="p.username = :username"))
_STAY = text("SELECT username FROM users WHERE username = ANY (:usernames) ORDER BY id FOR KEY SHARE")
_EACH = text(LOCK.format(columns="u.id", which="u.id = ANY (:user_ids)"))


async def lock_profile(session: AsyncSession, username: str) -> int | None:
    """Lock a profile to change it or what is listed on it; return whose it is (`users.id`), None if there is none."""
    found: int | None = await session.scalar(_ONE, {"username": username})
    return found


async def lock_profiles(session: AsyncSession, user_ids: Sequence[int]) -> None:
    """Lock the profiles of these accounts to change them or what is made of them."""
    await session.execute(_EACH, {"user_ids": list(user_ids)})


async def keep_accounts(session: AsyncSession, usernames: Collection[str]) -> set[str]:
    """Keep accounts from being erased before the transaction ends, so that a row may name them; return who is there."""
    return {*(await session.scalars(_STAY, {"usernames": list(usernames)}))}
