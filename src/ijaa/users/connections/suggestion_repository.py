"""SQL of suggestions: who shares something with a member that he may see."""

from datetime import datetime

import msgspec

from ijaa.shared.database import Database
from ijaa.users.connections.domain import WEIGHTS, Reason
from ijaa.users.profiles.domain import default_audience
from ijaa.users.sight import SEEN

_LOOKED_AT = 200
"""How many are weighed for each attribute, the newest members first: a large batch costs no more than a small one."""

# to whom one is not connected, one is a member and no more: what is for connections is no reason
_SHOWN = "coalesce(p.visibility ->> '{field}', '{default}') IN ('members', 'public')"


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


def _shares(reason: Reason, column: str, place: int) -> str:
    shown = _SHOWN.format(field=reason, default=default_audience(reason))
    return f"{column} = ${place}::text AND {shown}"


_SHARES: dict[Reason, str] = {
    "batch": _shares("batch", "p.batch", 3),
    "profession": _shares("profession", "lower(p.profession)", 4),
    "location": _shares("location", "lower(p.location)", 5),
}
"""A reason with an index that finds it; another one is a row here, in `domain.WEIGHTS` and in `Suggested`."""
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
_OWN = "SELECT batch, lower(profession), lower(location) FROM profiles WHERE username = $1"


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
