"""SQL of members, as admins see them."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.shared.text import like_pattern
from ijaa.users.accounts.models import ErasedUsername, User
from ijaa.users.members.schemas import MemberAccount
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

_ERASURE = (
    # what others were told of him names him
    """
    DELETE FROM notifications n USING connections c, users u
    WHERE (c.requester_username = :username OR c.receiver_username = :username)
      AND u.username IN (c.requester_username, c.receiver_username)
      AND n.user_id = u.id AND n.subject = 'connection/' || c.id
    """,
    "DELETE FROM connections WHERE requester_username = :username OR receiver_username = :username",
    "DELETE FROM blocks WHERE blocker_username = :username OR blocked_username = :username",
    "UPDATE reports SET reporter_username = NULL WHERE reporter_username = :username",
    "DELETE FROM registrations WHERE id IN (SELECT id FROM registrations WHERE email = :email ORDER BY id FOR UPDATE)",
    # what shows him goes with what told of him
    """DELETE FROM files WHERE report_id IN (SELECT id FROM reports
    WHERE target_kind = 'member' AND target_id = :username OR evidence ->> 'author' = :username)""",
    "UPDATE reports SET target_id = NULL, evidence = NULL WHERE target_kind = 'member' AND target_id = :username",
    # an event stays, without whose it was; a comment or a medium is its author's own
    """UPDATE reports SET evidence = CASE WHEN target_kind = 'event' THEN evidence - 'author' - 'details' END
    WHERE evidence ->> 'author' = :username""",
    "DELETE FROM idempotency_keys WHERE principal = :user_id",
    "DELETE FROM sessions WHERE principal_kind = 'member' AND principal_id = :user_id",
)


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

    async def lock_leaving(self, session: AsyncSession, now: datetime) -> User | None:
        """Return an account whose grace is over, the longest first."""
        found: User | None = await session.scalar(
            select(User).where(User.erase_after <= now).order_by(User.erase_after).limit(1).with_for_update()
        )
        return found

    async def erase(self, session: AsyncSession, user: User, now: datetime) -> None:
        """Delete a locked account with all that hangs on it, and keep its names from being given again."""
        gone = {"username": user.username, "user_id": user.user_id, "email": user.email}
        for statement in _ERASURE:
            await session.execute(text(statement), gone)
        await session.execute(delete(User).where(User.id == user.id))
        names = {user.username, (user.login_alias or user.username).lower()}
        rows = [{"username": name, "erased_at": now} for name in sorted(names)]
        await session.execute(insert(ErasedUsername).values(rows).on_conflict_do_nothing())
