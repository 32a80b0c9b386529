"""SQL of interests."""

from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.interests.domain import SHARED_BY, SUGGESTIONS
from ijaa.users.interests.models import Interest
from ijaa.users.interests.schemas import InterestRead
from ijaa.users.locks import lock_profile
from ijaa.users.profiles.domain import default_audience
from ijaa.users.sight import SEEN, SHOWN

_COUNTED = 20
"""Up to how many people are counted: more of them make no better suggestion, and cost more."""
_LAST = "\U0010ffff"
"""Sorts after whatever a key goes on with."""
_SEEN_BY = SEEN.format(viewer="$1::text", now="$2::timestamptz")
_SHOWN_TO = SHOWN.format(viewer="$1::text", field="interests", default=default_audience("interests"))
_OF = f"""
SELECT {columns(InterestRead, "i")} FROM interests i JOIN profiles p ON p.user_id = i.user_id
WHERE p.username = $1 ORDER BY i.interest_key
"""
_NEXT_KEY = (
    "SELECT n.interest_key FROM interests n WHERE n.interest_key {after} AND n.interest_key ~<~ $4::text"
    " ORDER BY n.interest_key USING ~<~ LIMIT 1"
)
# from one key to the next by the index: a GROUP BY would read every row of what everybody cares for
_SUGGESTED = f"""
WITH RECURSIVE keys AS (
    ({_NEXT_KEY.format(after="~>=~ $3::text")})
    UNION ALL
    SELECT ({_NEXT_KEY.format(after="~>~ k.interest_key")}) FROM keys k WHERE k.interest_key IS NOT NULL
)
SELECT s.interest FROM keys k CROSS JOIN LATERAL (
    SELECT mode() WITHIN GROUP (ORDER BY v.interest) AS interest, count(*) AS people FROM (
        SELECT i.interest
        FROM interests i JOIN profiles p ON p.user_id = i.user_id JOIN users u ON u.id = i.user_id
        WHERE i.interest_key = k.interest_key AND p.username <> $1 AND {_SEEN_BY} AND {_SHOWN_TO}
        ORDER BY i.user_id LIMIT {_COUNTED}
    ) v
) s
WHERE s.people >= {SHARED_BY} AND NOT EXISTS (
    SELECT FROM interests o JOIN profiles p ON p.user_id = o.user_id
    WHERE p.username = $1 AND o.interest_key = k.interest_key
)
ORDER BY s.people DESC, k.interest_key LIMIT {SUGGESTIONS}
"""


class _Suggestion(msgspec.Struct, frozen=True):
    interest: str


class InterestRepository:
    """Interests, by the member they are of, and what is shared of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, username: str) -> list[InterestRead]:
        """Return a member's interests in the order of the alphabet."""
        return await self._database.fetch(InterestRead, _OF, username)

    async def suggested(self, viewer: str, beginning: str, now: datetime) -> list[str]:
        """Return what begins with this key and enough others, whom `viewer` sees with it, care for."""
        found = await self._database.fetch(_Suggestion, _SUGGESTED, viewer, now, beginning, beginning + _LAST)
        return [one.interest for one in found]

    async def lock_list(self, session: AsyncSession, username: str) -> int | None:
        """Return whose list this is; nobody else changes it before the transaction ends."""
        return await lock_profile(session, username)

    async def beside(self, session: AsyncSession, user_id: int, key: str, but: int | None = None) -> tuple[int, bool]:
        """Return how many interests a member has, and whether this one is among them; `but` is not looked at."""
        same = func.coalesce(func.bool_or(Interest.interest_key == key), False)
        statement = select(func.count(), same).where(Interest.user_id == user_id, Interest.id.is_distinct_from(but))
        count, there = (await session.execute(statement)).one()
        return count, there

    async def lock(self, session: AsyncSession, user_id: int, interest_id: int) -> Interest | None:
        """Return an interest of the member to change."""
        found: Interest | None = await session.scalar(
            select(Interest).where(Interest.id == interest_id, Interest.user_id == user_id).with_for_update()
        )
        return found
