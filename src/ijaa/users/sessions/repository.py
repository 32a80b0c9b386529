"""SQL of sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import CursorResult, TextClause, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.principals import Kind, Principal
from ijaa.users.sessions.domain import REVOCATION_LIFETIME, TOKEN_LIFETIME, Family
from ijaa.users.sessions.models import RefreshToken, Session
from ijaa.users.sessions.revoked import CHANNEL, Revoked
from ijaa.users.sessions.schemas import Device, SessionRead
from ijaa.users.standing import MAY_ACT, SIGNED_IN_AS

_LOCK_FAMILY = text(f"""
SELECT s.id, s.principal_kind, s.principal_id, s.username, s.last_used_at, s.expires_at, s.revoked_at,
       s.current_seq, t.seq, t.issued_at, s.authenticated_at,
       CASE s.principal_kind
           WHEN 'member' THEN (
               SELECT 'member' FROM users u WHERE u.user_id = s.principal_id AND {MAY_ACT.format(now=":now")})
           ELSE (SELECT {SIGNED_IN_AS} FROM admins a WHERE a.admin_id = s.principal_id AND a.active)
       END
FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
WHERE t.hash = :hash
FOR UPDATE OF s
""")
_ROTATE = text("""
WITH spent AS (
    UPDATE refresh_tokens SET spent_at = :now WHERE session_id = :id AND seq = :seq - 1
), successor AS (
    INSERT INTO refresh_tokens (hash, session_id, seq, issued_at) VALUES (:hash, :id, :seq, :now)
)
UPDATE sessions SET current_seq = :seq, last_used_at = :now WHERE id = :id
""")
# one NOTIFY per session; PostgreSQL delivers them when the transaction commits, and only then
_TELL = f"""
, told AS (
    INSERT INTO revocations (session_id, revoked_at, expires_at)
    SELECT id, CAST(:now AS timestamptz), CAST(:expires AS timestamptz) FROM ended
    RETURNING session_id, expires_at
)
SELECT session_id, expires_at, pg_notify('{CHANNEL}', session_id || ' ' || extract(epoch FROM expires_at)) FROM told
"""
_REVOKE = text(
    "WITH ended AS (UPDATE sessions SET revoked_at = :now"
    " WHERE id = ANY (:ids) AND revoked_at IS NULL RETURNING id)" + _TELL
)
_REVOKE_OWN = text(
    "WITH ended AS (UPDATE sessions SET revoked_at = :now"
    " WHERE id = :id AND principal_kind = :kind AND principal_id = :principal AND revoked_at IS NULL"
    " AND expires_at > :now RETURNING id)" + _TELL
)
_REVOKE_ALL = text(
    "WITH ended AS (UPDATE sessions SET revoked_at = :now"
    " WHERE principal_kind = :kind AND principal_id = :principal AND revoked_at IS NULL"
    " AND (CAST(:keep AS uuid) IS NULL OR id <> :keep) RETURNING id)" + _TELL
)
_PROVED = text(
    "UPDATE sessions SET authenticated_at = :now WHERE id = :id AND revoked_at IS NULL AND expires_at > :now"
)
_FIND = text("""
SELECT s.id, s.principal_kind, s.principal_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
WHERE t.hash = :hash
""")
_OWNER = text("""
SELECT email FROM users WHERE :kind = 'member' AND user_id = :principal
UNION ALL SELECT email FROM admins WHERE :kind = 'admin' AND admin_id = :principal
""")
_LIVE = """
SELECT id, user_agent, host(ip), created_at, last_used_at, least(expires_at, last_used_at + $7::interval), id = $4
FROM sessions
WHERE principal_kind = $1 AND principal_id = $2 AND revoked_at IS NULL AND expires_at > $3
  AND last_used_at + $7::interval > $3 AND ($5::timestamptz IS NULL OR (created_at, id) < ($5, $6))
ORDER BY created_at DESC, id DESC LIMIT $8
"""


class After(msgspec.Struct, frozen=True, array_like=True):
    """The last session of the page before."""

    created_at: datetime
    id: UUID


class Owner(msgspec.Struct, frozen=True):
    """Whose a session is."""

    kind: Kind
    principal_id: str


class SessionRepository:
    """Families of refresh tokens, and their end."""

    def __init__(self, database: Database, *, totp_required: bool = True) -> None:
        self._database, self._totp_required = database, totp_required

    async def open(
        self,
        session: AsyncSession,
        principal: Principal,
        *,
        device: Device,
        token_hash: bytes,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Add a family with its first token."""
        row = {
            "id": UUID(principal.session_id),
            "principal_kind": principal.kind,
            "principal_id": principal.user_id,
            "username": principal.username,
            "user_agent": device.user_agent,
            "ip": device.ip,
            "created_at": now,
            "last_used_at": now,
            "authenticated_at": now,
            "expires_at": expires_at,
            "current_seq": 0,
        }
        await session.execute(insert(Session).values(row))
        first = {"hash": token_hash, "session_id": row["id"], "seq": 0, "issued_at": now}
        await session.execute(insert(RefreshToken).values(first))

    async def lock(self, session: AsyncSession, token_hash: bytes, now: datetime) -> Family | None:
        """Return the family of a token, locked, or None for a token nobody was given.

        After a wait for the lock the columns of the family are those its holder committed; of the token only what never
        changes is read.
        """
        bound = {"hash": token_hash, "now": now, "totp_required": self._totp_required}
        row = (await session.execute(_LOCK_FAMILY, bound)).one_or_none()
        return None if row is None else Family(*row)

    async def rotate(self, session: AsyncSession, family: Family, successor: bytes, now: datetime) -> None:
        """Make `successor` the live token of a locked family."""
        await session.execute(_ROTATE, {"id": family.id, "seq": family.current_seq + 1, "hash": successor, "now": now})

    async def revoke(self, session: AsyncSession, ids: Sequence[UUID], now: datetime) -> list[Revoked]:
        """End these sessions and tell every process; returns those that had not ended before."""
        return await self._revoked(session, _REVOKE, now, ids=list(ids))

    async def revoke_own(
        self, session: AsyncSession, owner: Principal, session_id: UUID, now: datetime
    ) -> list[Revoked]:
        """End one session if it is `owner`'s."""
        return await self._revoked(session, _REVOKE_OWN, now, id=session_id, kind=owner.kind, principal=owner.user_id)

    async def revoke_all(
        self,
        session: AsyncSession,
        kind: Kind,
        principal_id: str,
        now: datetime,
        *,
        keep: UUID | None = None,
    ) -> list[Revoked]:
        """End every session of a principal but the one to keep."""
        return await self._revoked(session, _REVOKE_ALL, now, kind=kind, principal=principal_id, keep=keep)

    async def proved(self, session: AsyncSession, session_id: UUID, now: datetime) -> bool:
        """Note that the password was proved in a session; False when it has ended."""
        done = cast("CursorResult[Any]", await session.execute(_PROVED, {"id": session_id, "now": now}))
        return done.rowcount == 1

    async def find(self, session: AsyncSession, token_hash: bytes) -> dict[UUID, Owner]:
        """Return the session a refresh token belongs or belonged to, and whose it is."""
        return {row.id: Owner(*row[1:]) for row in await session.execute(_FIND, {"hash": token_hash})}

    async def owner_email(self, session: AsyncSession, owner: Principal) -> str | None:
        """Return where the owner of a session is written to."""
        row = await session.execute(_OWNER, {"kind": owner.kind, "principal": owner.user_id})
        email: str | None = row.scalar()
        return email

    async def live(self, owner: Principal, now: datetime, after: After | None, limit: int) -> list[SessionRead]:
        """Return the sessions of `owner` that can still be refreshed, newest first."""
        return await self._database.fetch(
            SessionRead,
            _LIVE,
            owner.kind,
            owner.user_id,
            now,
            UUID(owner.session_id),
            after and after.created_at,
            after and after.id,
            TOKEN_LIFETIME,
            limit,
        )

    async def _revoked(
        self, session: AsyncSession, statement: TextClause, now: datetime, **given: object
    ) -> list[Revoked]:
        bound = {"now": now, "expires": now + REVOCATION_LIFETIME, **given}
        rows = await session.execute(statement, bound)
        return [Revoked(str(row.session_id), row.expires_at) for row in rows]
