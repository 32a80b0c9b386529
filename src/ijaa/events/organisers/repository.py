"""SQL of organisers. Whatever changes a role holds the lock of the event's row."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.organisers.domain import AnyRole, Role
from ijaa.events.visibility import MINE, MY_ROLE, VISIBLE
from ijaa.shared.database import Database
from ijaa.shared.schema import columns


class Duty(msgspec.Struct, frozen=True):
    """What the viewer is to an event he sees."""

    event_id: int
    role: AnyRole | None


class Organiser(msgspec.Struct, frozen=True):
    """One of those who run an event or help at it."""

    username: str
    role: AnyRole
    added_by: str | None
    created_at: datetime | None


class Locked(msgspec.Struct, frozen=True):
    """An event whose row is locked."""

    owner: str | None
    status: str
    title: str
    start_date: datetime
    timezone: str


_DUTY = f"SELECT {columns(Duty, event_id='e.id', role=MY_ROLE)} FROM events e {MINE} WHERE e.id = $2 AND {VISIBLE}"
_ROLE = "SELECT role FROM event_organisers WHERE event_id = $1 AND username = $2"
_LIST = """
SELECT created_by_username, 'ORGANISER', NULL, NULL FROM events WHERE id = $1 AND created_by_username IS NOT NULL
UNION ALL (
    SELECT username, role, added_by, created_at FROM event_organisers WHERE event_id = $1 ORDER BY created_at, id
)
"""
_LOCK = text(f"SELECT {columns(Locked, owner='created_by_username')} FROM events WHERE id = :event_id FOR UPDATE")
_HELD = text("SELECT username, role FROM event_organisers WHERE event_id = :event_id")
_PUT = text("""
INSERT INTO event_organisers (event_id, username, role, added_by, created_at)
VALUES (:event_id, :username, :role, :added_by, :now)
ON CONFLICT (event_id, username) DO UPDATE SET role = EXCLUDED.role
RETURNING username, role, added_by, created_at
""")
_REMOVE = text("DELETE FROM event_organisers WHERE event_id = :event_id AND username = :username RETURNING role")
_HAND_OVER = text("""
UPDATE events SET created_by_username = :username, status = 'PUBLISHED', updated_at = :now, version = version + 1
WHERE id = :event_id
""")


class OrganiserRepository:
    """Roles, to read past the ORM and to change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def duty(self, event_id: int, viewer: str) -> Duty | None:
        """Return what the viewer is to an event, or None where he does not see it."""
        return await self._database.fetch_one(Duty, _DUTY, viewer, event_id)

    async def role_of(self, event_id: int, username: str) -> Role | None:
        """Return the role a member was given."""
        role: Role | None = await self._database.fetch_value(_ROLE, event_id, username)
        return role

    async def list(self, event_id: int) -> list[Organiser]:
        """Return the organiser, then the others, the longest-serving first."""
        return await self._database.fetch(Organiser, _LIST, event_id)

    async def lock(self, session: AsyncSession, event_id: int) -> Locked | None:
        """Take the lock of an event: nobody else changes it, or its roles, before the transaction ends."""
        row = (await session.execute(_LOCK, {"event_id": event_id})).first()
        return None if row is None else Locked(*row)

    async def held(self, session: AsyncSession, event_id: int) -> dict[str, Role]:
        """Return the roles of an event by who has them, without its owner."""
        rows = await session.execute(_HELD, {"event_id": event_id})
        return {row.username: row.role for row in rows}

    async def put(
        self, session: AsyncSession, event_id: int, username: str, role: Role, added_by: str, now: datetime
    ) -> Organiser:
        """Give a member a role, or another one; who gave it first, and when, stays."""
        bound = {"event_id": event_id, "username": username, "role": role, "added_by": added_by, "now": now}
        return Organiser(*(await session.execute(_PUT, bound)).one())

    async def remove(self, session: AsyncSession, event_id: int, username: str) -> Role | None:
        """Take a role away and return which it was, or None where there was none."""
        role: Role | None = await session.scalar(_REMOVE, {"event_id": event_id, "username": username})
        return role

    async def hand_over(self, session: AsyncSession, event_id: int, username: str, now: datetime) -> None:
        """Make a member the organiser of an event that had none."""
        await session.execute(_HAND_OVER, {"event_id": event_id, "username": username, "now": now})
        await self.remove(session, event_id, username)
