"""SQL of suggestions: who shares something with a member that he may see."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from ijaa.shared.database import Database
from ijaa.users.connections.domain import WEIGHTS, Reason
from ijaa.users.profiles.models import for_members, shown_to_members
from ijaa.users.sight import SEEN

_LOOKED_AT = 200
"""How many are weighed for each attribute, the newest members first: a large batch costs no more than a small one."""
_OF_EACH, _OWN_VALUES = 50, 20
"""How many are weighed for each company and each interest, and of how many of the member's own, the latest first."""


class Own(msgspec.Struct, frozen=True):
    """What a member may share with others."""

    batch: str | None
    profession: str | None
    """Folded, as it is compared."""
    location: str | None
    companies: list[str]
    interests: list[str]


class Suggested(msgspec.Struct, frozen=True):
    """Somebody who shares something, and what his card is made of."""

    username: str
    name: str
    photo: str | None
    visibility: str
    """JSON."""
    batch: bool
    event: bool
    company: bool
    interest: bool
    profession: bool
    location: bool

    @property
    def reasons(self) -> list[Reason]:
        """What is shared, what weighs most first."""
        return [reason for reason in WEIGHTS if getattr(self, reason)]


_STRANGER = """p.username <> $1 AND NOT EXISTS (
    SELECT FROM connections c WHERE least(c.requester_username, c.receiver_username) = least($1::text, p.username)
      AND greatest(c.requester_username, c.receiver_username) = greatest($1::text, p.username))"""
_MAY_MEET = f"{_STRANGER} AND {SEEN.format(viewer='$1::text', now='$2::timestamptz')}"
_MEMBERS = "profiles p JOIN users u ON u.id = p.user_id"


def _alike(field: str, own: str) -> tuple[str, str]:
    """Return whether `p` shows members the same as the parameter `own` has, and whom an index finds by it."""
    shares = f"{shown_to_members(field).format(p='p.')} = {own}::text"
    found = (
        f"SELECT p.user_id FROM {_MEMBERS} WHERE {shares} AND {_MAY_MEET} ORDER BY p.user_id DESC LIMIT {_LOOKED_AT}"
    )
    return shares, found


def _listed(table: str, key: str, own: str) -> tuple[str, str]:
    """Return the same of a list: whether it has a row in common with the parameter `own`, and whom it has it with."""
    shown = for_members(table).format(p="p.")
    # per member, or all who have the key anywhere would be gathered first
    his = f"ARRAY(SELECT l.{key}::text FROM {table} l WHERE l.user_id = p.user_id)"
    # OFFSET 0, here and below, keeps it a look-up for each row, newest first until there are enough: not a join of all
    found = f"""
    SELECT one.user_id FROM unnest({own}::text[]) AS own (value) CROSS JOIN LATERAL (
        SELECT l.user_id FROM {table} l CROSS JOIN LATERAL (
            SELECT FROM {_MEMBERS} WHERE p.user_id = l.user_id AND {shown} AND {_MAY_MEET} OFFSET 0
        ) met WHERE l.{key} = own.value ORDER BY l.user_id DESC LIMIT {_OF_EACH}
    ) one"""
    shares = f"{shown} AND {own}::text[] && {his}"
    return shares, found


_REASONS: dict[Reason, tuple[str, str]] = {
    "batch": _alike("batch", "$3"),
    "event": (
        "p.username = ANY ($8::text[])",
        f"SELECT p.user_id FROM {_MEMBERS} WHERE p.username = ANY ($8::text[]) AND {_MAY_MEET}",
    ),
    "company": _listed("experiences", "company_key", "$6"),
    "interest": _listed("interests", "interest_key", "$7"),
    "profession": _alike("profession", "$4"),
    "location": _alike("location", "$5"),
}
_SCORE = " + ".join(f"{weight} * {reason}::int" for reason, weight in WEIGHTS.items())
_FOUND = f"""
SELECT username, name, photo, visibility, {", ".join(WEIGHTS)} FROM (
    SELECT p.username, p.name, p.photo, p.visibility::text AS visibility,
           {", ".join(f"coalesce({_REASONS[reason][0]}, false) AS {reason}" for reason in WEIGHTS)}
    FROM ({" UNION ".join(f"({found})" for _, found in _REASONS.values())}) found
    CROSS JOIN LATERAL (SELECT * FROM profiles WHERE user_id = found.user_id OFFSET 0) p
) shared
ORDER BY {_SCORE} DESC, username LIMIT $9
"""
_OWN = f"""
SELECT lower(p.batch), lower(p.profession), lower(p.location),
       ARRAY(SELECT e.company_key FROM experiences e WHERE e.user_id = p.user_id AND e.company_key IS NOT NULL
             GROUP BY e.company_key ORDER BY max(e.id) DESC LIMIT {_OWN_VALUES}),
       ARRAY(SELECT i.interest_key FROM interests i WHERE i.user_id = p.user_id ORDER BY i.id DESC LIMIT {_OWN_VALUES})
FROM profiles p WHERE p.username = $1
"""


class SuggestionRepository:
    """Finds whom a member may know."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def found(self, member: str, met: Collection[str], now: datetime, limit: int) -> list[Suggested]:
        """Return strangers who share something with a member, those who share what weighs most first.

        `met` are the usernames of those who were at the same events.
        """
        if (own := await self._database.fetch_one(Own, _OWN, member)) is None:
            return []
        shared = (own.batch, own.profession, own.location, own.companies, own.interests, [*met])
        return await self._database.fetch(Suggested, _FOUND, member, now, *shared, limit)
