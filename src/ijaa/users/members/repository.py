"""SQL of members, as admins see them."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.personal import Subject, erasures
from ijaa.shared.schema import columns
from ijaa.shared.text import like_pattern
from ijaa.users.accounts.models import ErasedUsername, User
from ijaa.users.members.schemas import MemberAccount
from ijaa.users.personal import PERSONAL
from ijaa.users.standing import STATUS, MemberStatus

_STATUS = STATUS.format(now="$1::timestamptz")
_LAST_SEEN = (
    "(SELECT max(s.last_used_at) FROM sessions s WHERE s.principal_kind = 'member' AND s.principal_id = u.user_id)"
)
_COLUMNS = columns(MemberAccount, "u", name="p.name", batch="p.batch", status=_STATUS, last_seen_at=_LAST_SEEN)
_FROM = "FROM users u JOIN profiles p ON p.user_id = u.id"
_ONE = f"SELECT {_COLUMNS} {_FROM} WHERE u.username = lower($2)"
# each half has an index of its own, which an OR over both tables could not use
_FOUND = """u.id IN (
    SELECT user_id FROM profiles WHERE name_key LIKE {pattern}
    UNION SELECT id FROM users WHERE username LIKE {pattern} OR email LIKE {pattern})"""
_LEAVING = """
SELECT erase_after, id FROM users WHERE erase_after <= $1 AND (erase_after, id) > ($2, $3)
ORDER BY erase_after, id LIMIT 1
"""
_VOID_RETURN = text("""
UPDATE email_tokens SET used_at = :now
WHERE user_id = :id AND purpose = 'return' AND used_at IS NULL AND expires_at > :now RETURNING user_id
""")
_ERASURE = [text(statement) for statement in erasures(PERSONAL)]


class Leaving(msgspec.Struct, frozen=True):
    """An account whose grace is over."""

    erase_after: datetime
    account: int


class MemberRepository:
    """Members, whatever their standing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, query: str | None, status: MemberStatus | None, now: datetime, after: str | None, limit: int
    ) -> list[MemberAccount]:
        """Return up to `limit` members by username; `query` is found in username, name and address."""
        arguments: list[Any] = [now]
        clauses = ["true"]
        for clause, value in (
            (_FOUND, query and like_pattern(query)),
            (f"{_STATUS} = {{pattern}}", status),
            ("u.username > {pattern}", after),
        ):
            if value:
                arguments.append(value)
                clauses.append(clause.format(pattern=f"${len(arguments)}::text"))
        arguments.append(limit)
        sql = f"SELECT {_COLUMNS} {_FROM} WHERE {' AND '.join(clauses)} ORDER BY u.username LIMIT ${len(arguments)}"
        return await self._database.fetch(MemberAccount, sql, *arguments)

    async def read(self, username: str, now: datetime) -> MemberAccount | None:
        """Return one member; upper case does not matter."""
        return await self._database.fetch_one(MemberAccount, _ONE, now, username)

    async def lock(self, session: AsyncSession, username: str) -> User | None:
        """Return an account to change; a sign-in under way ends first, the next one waits."""
        found: User | None = await session.scalar(
            select(User).where(User.username == username.lower()).with_for_update()
        )
        return found

    async def lock_account(self, session: AsyncSession, account: int) -> User | None:
        """Return an account to change, by its key."""
        found: User | None = await session.scalar(select(User).where(User.id == account).with_for_update())
        return found

    async def leaving(self, now: datetime, after: Leaving) -> Leaving | None:
        """Return the account after another whose grace is over, the longest first; it is not locked."""
        return await self._database.fetch_one(Leaving, _LEAVING, now, after.erase_after, after.account)

    async def void_return(self, session: AsyncSession, account: int, now: datetime) -> bool:
        """Make the token worthless that would undo a leave of a locked account; return whether there was one."""
        return await session.scalar(_VOID_RETURN, {"id": account, "now": now}) is not None

    async def erase(self, session: AsyncSession, user: User, now: datetime) -> None:
        """Delete a locked account with all that hangs on it, and keep its names from being given again."""
        gone = msgspec.structs.asdict(Subject(user.id, user.user_id, user.username, user.email))
        for statement in _ERASURE:
            await session.execute(statement, gone)
        alias = (user.login_alias or user.username).lower()
        for name, owner in {alias: None, user.username: user.user_id}.items():
            row = insert(ErasedUsername).values(username=name, user_id=owner, erased_at=now)
            # his name is his, whoever a row said had it; an old spelling may be the name of somebody who was erased
            his = None if owner else ErasedUsername.user_id.is_(None)
            mine = {"user_id": row.excluded.user_id, "erased_at": row.excluded.erased_at}
            await session.execute(row.on_conflict_do_update(index_elements=["username"], set_=mine, where=his))
