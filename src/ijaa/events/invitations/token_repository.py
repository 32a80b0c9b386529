"""SQL of invitations by mail: addresses are known by a keyed hash, tokens by their hash."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.invitations.domain import MAILS
from ijaa.shared.database import Database
from ijaa.shared.schema import columns


class Addressed(msgspec.Struct, frozen=True):
    """An address that is invited."""

    email: str
    hashed: bytes
    sealed: bytes
    token: str
    token_hash: bytes


class Sealed(msgspec.Struct, frozen=True):
    """An invitation nobody has redeemed yet, with the address as it is kept."""

    id: int
    event_id: int
    invited_by: str
    message: str | None
    address_hash: bytes
    sealed_address: bytes
    sent_at: datetime
    expires_at: datetime | None


_SEALED = columns(Sealed, "i", invited_by="i.invited_by_username", message="i.personal_message")
_WAITING = "i.token_hash IS NOT NULL AND coalesce(i.expires_at, e.end_date) > $1 AND e.status = 'PUBLISHED'"
_FROM = f"FROM event_email_invitations i JOIN events e ON e.id = i.event_id WHERE {_WAITING}"
_BY_TOKEN = f"SELECT {_SEALED} {_FROM} AND i.token_hash = $2"
_PAGE = f"SELECT {_SEALED} {_FROM} AND i.event_id = $2 AND i.id > $3 ORDER BY i.id LIMIT $4"

# two calls of one member wait for each other, whichever events they are about; the lock of the event comes first
_QUEUE = text("SELECT pg_advisory_xact_lock(hashtext('event_email_invitations'), hashtext(:username))")
_SENT = text("""
SELECT coalesce(sum(mails), 0) FROM event_email_invitations WHERE invited_by_username = :username AND sent_at > :since
""")
_ADD = text(f"""
INSERT INTO event_email_invitations AS i (
    event_id, invited_by_username, personal_message, address_hash, sealed_address, token_hash, expires_at, sent_at
)
SELECT :event_id, :invited_by, CAST(:message AS text), hashed, sealed, token_hash,
       CAST(:expires_at AS timestamptz), CAST(:now AS timestamptz)
FROM unnest(CAST(:hashes AS bytea[]), CAST(:sealed AS bytea[]), CAST(:token_hashes AS bytea[]))
    AS given (hashed, sealed, token_hash) ORDER BY hashed
ON CONFLICT (event_id, address_hash) DO UPDATE SET
    invited_by_username = EXCLUDED.invited_by_username, personal_message = EXCLUDED.personal_message,
    sealed_address = EXCLUDED.sealed_address, token_hash = EXCLUDED.token_hash, expires_at = EXCLUDED.expires_at,
    sent_at = EXCLUDED.sent_at, mails = i.mails + 1, is_revoked = false
WHERE i.is_revoked AND i.mails < {MAILS}
RETURNING i.address_hash, i.id, i.mails, EXISTS (
    SELECT FROM invitation_opt_outs o WHERE o.address_hash = i.address_hash
)
""")
_SPEND = text("""
UPDATE event_email_invitations SET token_hash = NULL, sealed_address = NULL
WHERE id = :id AND token_hash = :token_hash RETURNING id
""")
_REVOKE = text("""
UPDATE event_email_invitations SET token_hash = NULL, sealed_address = NULL, is_revoked = true
WHERE id = :id AND event_id = :event_id AND token_hash IS NOT NULL RETURNING id
""")
_OPT_OUT = text("""
INSERT INTO invitation_opt_outs (address_hash, created_at) VALUES (:hashed, :now) ON CONFLICT DO NOTHING
""")
_CLOSE = text("""
UPDATE event_email_invitations SET token_hash = NULL, sealed_address = NULL WHERE id = ANY (ARRAY(
    SELECT i.id FROM event_email_invitations i JOIN events e ON e.id = i.event_id
    WHERE i.token_hash IS NOT NULL AND coalesce(i.expires_at, e.end_date) < :now ORDER BY i.id LIMIT :portion
))
""")
_PURGE = text("""
DELETE FROM event_email_invitations WHERE id = ANY (ARRAY(
    SELECT i.id FROM event_email_invitations i JOIN events e ON e.id = i.event_id
    WHERE e.end_date < :before ORDER BY i.id LIMIT :portion
))
""")


class EmailInvitationRepository:
    """Invitations by mail, to read and to write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_token(self, token_hash: bytes, now: datetime) -> Sealed | None:
        """Return what a token is for, or None where it is not good."""
        return await self._database.fetch_one(Sealed, _BY_TOKEN, now, token_hash)

    async def page(self, event_id: int, now: datetime, after: int, limit: int) -> list[Sealed]:
        """Return those of an event nobody has redeemed, the oldest first."""
        return await self._database.fetch(Sealed, _PAGE, now, event_id, after, limit)

    async def sent(self, session: AsyncSession, username: str, since: datetime) -> int:
        """Return how many mails a member has had sent; nobody else counts his before the transaction ends."""
        await session.execute(_QUEUE, {"username": username})
        return int(await session.scalar(_SENT, {"username": username, "since": since}) or 0)

    async def add(
        self, session: AsyncSession, event_id: int, addressed: Sequence[Addressed], *, invited_by: str,
        message: str | None, expires_at: datetime | None, now: datetime,
    ) -> dict[bytes, str]:  # fmt: skip
        """Invite addresses; return, by their hashes, under which name each is to be mailed.

        One that was mailed already, or wants no mails, has no name; organisers see the latter like any other.
        """
        given = {
            "event_id": event_id, "invited_by": invited_by, "message": message, "expires_at": expires_at, "now": now,
            "hashes": [one.hashed for one in addressed], "sealed": [one.sealed for one in addressed],
            "token_hashes": [one.token_hash for one in addressed],
        }  # fmt: skip
        rows = await session.execute(_ADD, given)
        return {bytes(row[0]): f"invitation-{row[1]}-{row[2]}" for row in rows if not row[3]}

    async def spend(self, session: AsyncSession, invitation_id: int, token_hash: bytes) -> bool:
        """Use a token up; return whether it was good still."""
        return (await session.execute(_SPEND, {"id": invitation_id, "token_hash": token_hash})).first() is not None

    async def revoke(self, session: AsyncSession, event_id: int, invitation_id: int) -> bool:
        """Take an invitation back and forget the address; return whether there was one."""
        return (await session.execute(_REVOKE, {"id": invitation_id, "event_id": event_id})).first() is not None

    async def opt_out(self, session: AsyncSession, hashed: bytes, now: datetime) -> None:
        """Let an address be mailed no invitations any more."""
        await session.execute(_OPT_OUT, {"hashed": hashed, "now": now})

    async def close(self, session: AsyncSession, now: datetime, portion: int) -> int:
        """Forget addresses and tokens of what is over; return of how many."""
        result = await session.execute(_CLOSE, {"now": now, "portion": portion})
        return int(result.rowcount)  # type: ignore[attr-defined]

    async def purge(self, session: AsyncSession, before: datetime, portion: int) -> int:
        """Delete what is left of invitations to events that ended before; return how many."""
        result = await session.execute(_PURGE, {"before": before, "portion": portion})
        return int(result.rowcount)  # type: ignore[attr-defined]
