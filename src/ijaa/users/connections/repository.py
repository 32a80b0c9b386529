"""SQL of connections."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.connections.domain import Direction, Pair, Status
from ijaa.users.connections.schemas import ConnectionCounts
from ijaa.users.sight import ACCEPTED_OF, SEEN, SHOWN_CONNECTIONS


class StoredConnection(msgspec.Struct, frozen=True):
    """A connection as one of the two sees it, with what the card of the other is made of."""

    id: int
    status: Status
    outgoing: bool
    username: str
    name: str
    photo: str | None
    visibility: str
    """JSON."""
    created_at: datetime
    updated_at: datetime


class StoredMember(msgspec.Struct, frozen=True):
    """What the card of a member is made of."""

    username: str
    name: str
    photo: str | None
    visibility: str
    """JSON."""


_CARD = {name: f"p.{name}" for name in ("username", "name", "photo")} | {"visibility": "p.visibility::text"}
_OUTGOING = "c.requester_username = $1"
_ROWS = f"""
FROM connections c
JOIN profiles p ON p.username = CASE WHEN {_OUTGOING} THEN c.receiver_username ELSE c.requester_username END
JOIN users u ON u.id = p.user_id
WHERE (c.requester_username = $1 OR c.receiver_username = $1)
  AND {SEEN.format(viewer="$1::text", now="$2::timestamptz")}
"""
_SELECT = f"SELECT {columns(StoredConnection, 'c', outgoing=_OUTGOING, **_CARD)} {_ROWS}"
_ONE = f"{_SELECT} AND c.id = $3"
_CHOSEN = f"AND ($3::text IS NULL OR c.status = $3) AND ($4::bool IS NULL OR ({_OUTGOING}) = $4)"
_PAGE = f"""
{_SELECT} {_CHOSEN} AND ($5::timestamptz IS NULL OR (c.updated_at, c.id) < ($5, $6::bigint))
ORDER BY c.updated_at DESC, c.id DESC LIMIT $7
"""
_TOTAL = f"SELECT count(*) {_ROWS} {_CHOSEN}"
_COUNTS = f"""
SELECT count(*) FILTER (WHERE c.status = 'ACCEPTED'),
       count(*) FILTER (WHERE c.status = 'PENDING' AND NOT {_OUTGOING}),
       count(*) FILTER (WHERE c.status = 'PENDING' AND {_OUTGOING}) {_ROWS}
"""
_SEES = f"""
SELECT EXISTS (SELECT FROM profiles p JOIN users u ON u.id = p.user_id
               WHERE p.username = $2 AND {SEEN.format(viewer="$1::text", now="$3::timestamptz")})
"""
_MUTUAL = f"""
SELECT {columns(StoredMember, "p", visibility="p.visibility::text")}
FROM {ACCEPTED_OF.format(member="$1")} mine JOIN {ACCEPTED_OF.format(member="$2")} his USING (username)
JOIN profiles p USING (username) JOIN users u ON u.id = p.user_id
WHERE {SEEN.format(viewer="$1::text", now="$3::timestamptz")} AND ($4::text IS NULL OR p.username > $4)
ORDER BY p.username LIMIT $5
"""

# in the order of the names: two who lock the same members wait for each other instead of dying in a deadlock
_LOCK = text("""
SELECT FROM users WHERE username = ANY (CAST(:usernames AS text[])) ORDER BY username FOR NO KEY UPDATE
""")
_PAIR = columns(Pair, "c")
_BETWEEN = text(f"""
SELECT {_PAIR} FROM profiles p JOIN users u ON u.id = p.user_id LEFT JOIN connections c
    ON least(c.requester_username, c.receiver_username) = least(CAST(:member AS text), p.username)
    AND greatest(c.requester_username, c.receiver_username) = greatest(CAST(:member AS text), p.username)
WHERE p.username = :other
  AND {SEEN.format(viewer="CAST(:member AS text)", now="CAST(:now AS timestamptz)")}
""")
_ADD = text("""
INSERT INTO connections (requester_username, receiver_username, status, created_at, updated_at)
VALUES (:requester, :receiver, 'PENDING', :now, :now) RETURNING id
""")
_CHANGE = text("""
UPDATE connections SET status = :status, requester_username = :requester, receiver_username = :receiver,
    updated_at = :now
WHERE id = :id
""")
_REMOVE = text("DELETE FROM connections WHERE id = :id")
_SEVER = text("""
DELETE FROM connections
WHERE least(requester_username, receiver_username) = least(CAST(:one AS text), :other)
  AND greatest(requester_username, receiver_username) = greatest(CAST(:one AS text), :other)
  AND status <> 'REJECTED'
RETURNING id
""")


class Unseen(Exception):  # noqa: N818 - an answer, not a failure
    """The one member does not see the other, known or not."""


# in order, and before anything is counted: what others commit meanwhile is counted, too
_COUNTED = text("SELECT FROM profiles WHERE username = ANY (:usernames) ORDER BY user_id FOR UPDATE")
_RECOUNT = text(f"""
UPDATE directory d SET connections = {SHOWN_CONNECTIONS.format(member="p.username", now=":now")}
FROM profiles p WHERE p.user_id = d.user_id AND p.username = ANY (:usernames)
""")
_CONNECTED = text(f"SELECT username FROM {ACCEPTED_OF.format(member='CAST(:username AS text)')} c ORDER BY username")


class ConnectionRepository:
    """Connections, to read past the ORM and to change under a lock of both members."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, member: str, connection_id: int, now: datetime) -> StoredConnection | None:
        """Return a connection of a member with somebody he sees."""
        return await self._database.fetch_one(StoredConnection, _ONE, member, now, connection_id)

    async def page(
        self, member: str, status: Status | None, direction: Direction | None, now: datetime,
        after: tuple[datetime, int] | None, limit: int,
    ) -> list[StoredConnection]:  # fmt: skip
        """Return connections of a member, the latest change first."""
        updated_at, id_ = after or (None, None)
        chosen = (status, _outgoing(direction))
        return await self._database.fetch(StoredConnection, _PAGE, member, now, *chosen, updated_at, id_, limit)

    async def total(self, member: str, status: Status | None, direction: Direction | None, now: datetime) -> int:
        """Return how many there are."""
        return int(await self._database.fetch_value(_TOTAL, member, now, status, _outgoing(direction)))

    async def counts(self, member: str, now: datetime) -> ConnectionCounts:
        """Return a member's connections and waiting requests in numbers."""
        found = await self._database.fetch_one(ConnectionCounts, _COUNTS, member, now)
        return found or ConnectionCounts(0, 0, 0)

    async def sees(self, viewer: str, username: str, now: datetime) -> bool:
        """Whether one member sees another one at all."""
        found: bool = await self._database.fetch_value(_SEES, viewer, username, now)
        return found

    async def mutual(
        self, viewer: str, username: str, now: datetime, after: str | None, limit: int
    ) -> list[StoredMember]:
        """Return those who are connected with both and whom the viewer sees, by username."""
        return await self._database.fetch(StoredMember, _MUTUAL, viewer, username, now, after, limit)

    async def lock(self, session: AsyncSession, one: str, other: str) -> None:
        """Let nobody else change what is between two members, or whether they are there, until the transaction ends.

        What was waited for shows only to the next statement.
        """
        await session.execute(_LOCK, {"usernames": [one, other]})

    async def between(self, session: AsyncSession, member: str, other: str, now: datetime) -> Pair | None:
        """Return what is between two members who are locked; raise `Unseen` if the first cannot see the other."""
        row = (await session.execute(_BETWEEN, {"member": member, "other": other, "now": now})).first()
        if row is None:
            raise Unseen
        return None if row[0] is None else Pair(*row)

    async def add(self, session: AsyncSession, requester: str, receiver: str, now: datetime) -> int:
        """Write a request between two members who have nothing between them."""
        values = {"requester": requester, "receiver": receiver, "now": now}
        added: int = (await session.execute(_ADD, values)).scalar_one()
        return added

    async def change(self, session: AsyncSession, pair: Pair) -> None:
        """Write what a connection has become."""
        values: dict[str, Any] = {
            "id": pair.id, "status": pair.status, "requester": pair.requester_username,
            "receiver": pair.receiver_username, "now": pair.updated_at,
        }  # fmt: skip
        await session.execute(_CHANGE, values)
        await self.recount(session, [pair.requester_username, pair.receiver_username], pair.updated_at)

    async def remove(self, session: AsyncSession, pair: Pair, now: datetime) -> None:
        """Take a connection away."""
        await session.execute(_REMOVE, {"id": pair.id})
        await self.recount(session, [pair.requester_username, pair.receiver_username], now)

    async def sever(self, session: AsyncSession, one: str, other: str, now: datetime) -> int | None:
        """Take away what is between two members, but a rejection; return the id of what was there."""
        severed: int | None = (await session.execute(_SEVER, {"one": one, "other": other})).scalar_one_or_none()
        await self.recount(session, [one, other], now)
        return severed

    async def connected(self, session: AsyncSession, username: str) -> list[str]:
        """Return whom a member is connected with, whoever sees them."""
        return [*(await session.scalars(_CONNECTED, {"username": username}))]

    async def recount(self, session: AsyncSession, usernames: Sequence[str], now: datetime) -> None:
        """Count the connections of members anew where the directory sorts by them."""
        await session.execute(_COUNTED, {"usernames": [*usernames]})
        await session.execute(_RECOUNT, {"usernames": [*usernames], "now": now})


def _outgoing(direction: Direction | None) -> bool | None:
    return None if direction is None else direction == "outgoing"
