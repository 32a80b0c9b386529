"""SQL of suggestions: who shares something with a member that he may see."""

from datetime import datetime

import msgspec

from ijaa.shared.database import Database
from ijaa.users.connections.domain import WEIGHTS, Reason
from ijaa.users.profiles.models import shown_to_members
from ijaa.users.sight import SEEN

_LOOKED_AT = 200
"""How many are weighed for each attribute, the newest members first: a large batch costs no more than a small one."""


class Own(msgspec.Struct, frozen=True):
    """What a member may share with others."""

    batch: str | None
    profession: str | None
    """Folded, as it is compared."""
    location: str | None


class Suggested(msgspec.Struct, frozen=True):
    """Somebody who shares something, and what his card is made of."""

    username: str
    name: str
    photo: str | None
    visibility: str
    """JSON."""
    batch: bool
    profession: bool
    location: bool

    @property
    def reasons(self) -> list[Reason]:
        """What is shared, what weighs most first."""
        return [reason for reason in WEIGHTS if getattr(self, reason)]


_SHARES: dict[Reason, str] = {
    reason: f"{shown_to_members(reason).format(p='p.')} = ${place}::text" for place, reason in enumerate(WEIGHTS, 3)
}
"""Each reason with what an index finds; another one is a row in `domain.WEIGHTS`, and a field of both structs."""
_STRANGER = """p.username <> $1 AND NOT EXISTS (
    SELECT FROM connections c WHERE least(c.requester_username, c.receiver_username) = least($1::text, p.username)
      AND greatest(c.requester_username, c.receiver_username) = greatest($1::text, p.username))"""
_BRANCH = f"""(
    SELECT p.user_id FROM profiles p JOIN users u ON u.id = p.user_id
    WHERE {{shares}} AND {_STRANGER} AND {SEEN.format(viewer="$1::text", now="$2::timestamptz")}
    ORDER BY p.user_id DESC LIMIT {_LOOKED_AT})"""
_SCORE = " + ".join(f"{WEIGHTS[reason]} * {reason}::int" for reason in _SHARES)
_FOUND = f"""
SELECT username, name, photo, visibility, batch, profession, location FROM (
    SELECT p.username, p.name, p.photo, p.visibility::text AS visibility,
           {", ".join(f"coalesce({shares}, false) AS {reason}" for reason, shares in _SHARES.items())}
    FROM ({" UNION ".join(_BRANCH.format(shares=shares) for shares in _SHARES.values())}) found
    JOIN profiles p USING (user_id)
) shared
ORDER BY {_SCORE} DESC, username LIMIT $6
"""
_OWN = "SELECT lower(batch), lower(profession), lower(location) FROM profiles WHERE username = $1"


class SuggestionRepository:
    """Finds whom a member may know."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def found(self, member: str, now: datetime, limit: int) -> list[Suggested]:
        """Return strangers who share something with a member, those who share what weighs most first."""
        if (own := await self._database.fetch_one(Own, _OWN, member)) is None:
            return []
        shared = (own.batch, own.profession, own.location)
        return await self._database.fetch(Suggested, _FOUND, member, now, *shared, limit)
