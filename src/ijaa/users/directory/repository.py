"""SQL of the directory."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.shared.search import Bound, Query
from ijaa.shared.search_repository import searching, tolerate
from ijaa.users.directory.domain import CONNECTIONS, FACET_PEOPLE, FACET_VALUES, MEMBERS, Entry, Source, entries
from ijaa.users.directory.filters import Order, Position, Tier, conditions, tier_conditions
from ijaa.users.directory.schemas import Wanted
from ijaa.users.locks import lock_profiles
from ijaa.users.sight import ACCEPTED_OF, SHOWN_CONNECTIONS
from ijaa.users.standing import MAY_ACT

_CONNECTED = """
SELECT u.id FROM connections c
JOIN users u ON u.username = CASE c.requester_username WHEN $1 THEN c.receiver_username ELSE c.requester_username END
WHERE c.status = 'ACCEPTED' AND (c.requester_username = $1 OR c.receiver_username = $1)
"""
_HIDDEN = """
SELECT u.id FROM users u WHERE u.username = $1
UNION ALL SELECT u.id FROM blocks b
JOIN users u ON u.username = CASE b.blocker_username WHEN $1 THEN b.blocked_username ELSE b.blocker_username END
WHERE b.blocker_username = $1 OR b.blocked_username = $1
"""
_FEWER = f"""
WITH hidden AS (
    SELECT CASE b.blocker_username WHEN $1 THEN b.blocked_username ELSE b.blocker_username END AS username
    FROM blocks b WHERE b.blocker_username = $1 OR b.blocked_username = $1
), fewer AS (
    SELECT p.user_id, count(DISTINCT h.username) AS number
    FROM hidden h JOIN users u ON u.username = h.username AND {MAY_ACT.format(now="$2::timestamptz")}
    CROSS JOIN LATERAL {ACCEPTED_OF.format(member="h.username")} c JOIN profiles p ON p.username = c.username
    GROUP BY p.user_id
)
SELECT coalesce(array_agg(user_id), '{{}}'), coalesce(array_agg(number::int), '{{}}') FROM fewer
"""
_AROUND = f"SELECT ARRAY({_CONNECTED}), ARRAY({_HIDDEN})"
_SOURCES = f"""
SELECT {
    columns(
        Source,
        "p",
        visibility="p.visibility::text",
        titles="ARRAY(SELECT e.title FROM experiences e WHERE e.user_id = p.user_id)",
        companies="ARRAY(SELECT e.company FROM experiences e WHERE e.user_id = p.user_id AND e.company IS NOT NULL)",
        interests="ARRAY(SELECT i.interest FROM interests i WHERE i.user_id = p.user_id)",
        connections=SHOWN_CONNECTIONS.format(member="p.username", now=":now"),
    )
} FROM profiles p"""
_SOURCE = text(f"{_SOURCES} WHERE p.user_id = ANY (:user_ids)")
_NEXT = text("SELECT user_id FROM profiles WHERE user_id > :after ORDER BY user_id LIMIT :portion")
_COLUMNS = "d.user_id, d.sort_key, d.batch, d.connections, d.profession_key, d.location_key"
_ALL_COLUMNS = ", ".join(f"x.{name}" for name in (*Entry.__struct_fields__,) if name != "connections")
_COUNTED_FEWER = (
    f"(SELECT {_ALL_COLUMNS}, x.connections - f.number AS connections"
    " FROM directory x JOIN unnest({}, {}) AS f (user_id, number) USING (user_id))"
)
"""The directory of those who are counted fewer connections, as it is for somebody who counts them so."""
_FORGET = text("DELETE FROM directory WHERE user_id = ANY (:user_ids)")
_FIELDS = tuple(name for name in Entry.__struct_fields__ if name != "words")
_PUT = text(f"""
INSERT INTO directory ({", ".join(_FIELDS)}, words)
VALUES ({", ".join(f":{name}" for name in _FIELDS)}, array_to_tsvector(CAST(:words AS text[])))
""")


class Fewer(msgspec.Struct, frozen=True):
    """Who has connections that are hidden from a viewer, and how many each."""

    user_ids: list[int] = []
    numbers: list[int] = []


class Around(msgspec.Struct, frozen=True):
    """Whom a viewer is connected with, and whom he does not find: himself, and whoever blocked or is blocked."""

    connected: list[int]
    hidden: list[int]
    fewer: Fewer = Fewer()
    """Looked at where an order comes from counts."""


class Hit(msgspec.Struct, frozen=True):
    """Somebody who was found, with what his entry is sorted by."""

    user_id: int
    sort_key: str
    batch_key: str
    connections: int
    connected: bool
    username: str
    name: str
    profession: str | None
    location: str | None
    batch: str | None
    photo: str | None
    visibility: str
    """JSON."""


class Counted(msgspec.Struct, frozen=True):
    """How many show a value."""

    facet: str
    value: str
    count: int


class DirectoryRepository:
    """Entries, to be searched by one predicate of who is found by whom, and to be made."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def searching(self) -> AbstractAsyncContextManager[None]:
        """Let what is read within be one view of the data, each statement planned for its own words."""
        return searching(self._database)

    async def around(self, viewer: str) -> Around:
        """Return whom a viewer finds otherwise than anybody else would."""
        found = await self._database.fetch_one(Around, _AROUND, viewer)
        return found or Around([], [])

    async def around_with_counts(self, viewer: str, now: datetime) -> Around:
        """Return the same with whose connections he counts fewer than others would: blocks hide some from him."""
        around = await self.around(viewer)
        fewer = await self._database.fetch_one(Fewer, _FEWER, viewer, now)
        return msgspec.structs.replace(around, fewer=fewer or Fewer())

    async def tolerate(self) -> None:
        """Let a name match that is spelt a little otherwise; within `searching`."""
        await tolerate(self._database)

    async def page(
        self, around: Around, wanted: Wanted, query: Query | None, now: datetime, *,
        tier: Tier, order: Order, after: Position | None, limit: int,
    ) -> list[Hit]:  # fmt: skip
        """Return up to `limit` members of one tier, after a position."""
        bound = Bound()
        matching = [*conditions(wanted, bound), *tier_conditions(tier, query, bound)]
        if after is not None:
            matching.append(order.after(after, bound))
        first = f"{order.clause('d')} LIMIT {limit}"
        sql = f"""
        SELECT h.user_id, h.sort_key, h.batch, h.connections, h.user_id = ANY ({bound(around.connected)}::bigint[]),
               p.username, p.name, p.profession, p.location, p.batch, p.photo, p.visibility::text
        FROM (SELECT * FROM ({_found(around, matching, now, bound, first)}) d {first}) h
        JOIN profiles p ON p.user_id = h.user_id {order.clause("h")}
        """
        return await self._database.fetch(Hit, sql, *bound.arguments)

    async def count(self, around: Around, wanted: Wanted, query: Query | None, now: datetime) -> int:
        """Return how many are found."""
        bound = Bound()
        matching = [*conditions(wanted, bound), *tier_conditions(Tier.ALL, query, bound)]
        inner = _found(around, matching, now, bound)
        return int(await self._database.fetch_value(f"SELECT count(*) FROM ({inner}) found", *bound.arguments))

    async def facets(self, around: Around, wanted: Wanted, query: Query | None, now: datetime) -> list[Counted]:
        """Return the values most of those who are found show, the most frequent first."""
        bound = Bound()
        matching = [*conditions(wanted, bound), *tier_conditions(Tier.ALL, query, bound)]
        inner = _found(around, matching, now, bound)
        sql = f"""
        WITH found AS MATERIALIZED ({inner}), counted AS (
            SELECT facet, mode() WITHIN GROUP (ORDER BY value) AS value, count(*) AS people,
                   row_number() OVER (PARTITION BY facet ORDER BY count(*) DESC, key) AS place
            FROM found f JOIN profiles p ON p.user_id = f.user_id, LATERAL (VALUES
                ('batch', nullif(f.batch, ''), f.batch), ('profession', f.profession_key, p.profession),
                ('location', f.location_key, p.location)) AS shown (facet, key, value)
            WHERE key IS NOT NULL GROUP BY facet, key
        )
        SELECT facet, value, people FROM counted
        WHERE people >= {FACET_PEOPLE} AND place <= {FACET_VALUES} ORDER BY facet, place
        """
        return await self._database.fetch(Counted, sql, *bound.arguments)

    async def renew(self, session: AsyncSession, user_ids: Sequence[int]) -> None:
        """Make the entries of members anew from what they say now; those who are gone have none."""
        whose = {"user_ids": list(user_ids)}
        reading = whose | {"now": self._clock.now()}
        # before the sources are read: whoever changes what they are made of has the lock of the profile, too
        await lock_profiles(session, user_ids)
        sources = [Source(*row) for row in await session.execute(_SOURCE, reading)]
        await session.execute(_FORGET, whose)
        if made := [msgspec.structs.asdict(entry) for source in sources for entry in entries(source)]:
            await session.execute(_PUT, made)

    async def renew_after(self, session: AsyncSession, user_id: int, portion: int) -> int | None:
        """Make the entries of the next members anew; return the last one's id, None when there are no more."""
        following = (await session.scalars(_NEXT, {"after": user_id, "portion": portion})).all()
        await self.renew(session, following)
        return following[-1] if following else None


def _found(around: Around, matching: Sequence[str], now: datetime, bound: Bound, end: str = "") -> str:
    """Return the SQL of every entry the viewer finds: that for members, or that for connections where he is one."""
    others = f"NOT d.user_id = ANY ({bound(around.hidden)}::bigint[])"
    common = " AND ".join([*matching, others, MAY_ACT.format(now=f"{bound(now)}::timestamptz")])
    connected = f"{bound(around.connected)}::bigint[]"
    levels = [f"d.level = {MEMBERS} AND NOT (d.personal AND d.user_id = ANY ({connected}))"]
    if around.connected:
        levels.append(f"d.level = {CONNECTIONS} AND d.user_id = ANY ({connected})")
    tables = [("directory", "true")]
    if around.fewer.user_ids:
        whose, numbers = f"{bound(around.fewer.user_ids)}::bigint[]", f"{bound(around.fewer.numbers)}::int[]"
        tables = [("directory", f"NOT d.user_id = ANY ({whose})"), (_COUNTED_FEWER.format(whose, numbers), "true")]
    branches = [
        f"SELECT {_COLUMNS} FROM {table} d JOIN users u ON u.id = d.user_id"
        f" WHERE {level} AND {which} AND {common} {end}"
        for table, which in tables
        for level in levels
    ]
    return " UNION ALL ".join(f"({branch})" for branch in branches)


def position(hit: Hit, tier: Tier, order: Order) -> tuple[Any, ...]:
    """Return where a page ends that this is the last one of."""
    first = {"batch": hit.batch_key, "connections": hit.connections, None: 0}[order.first]
    return int(tier), first, hit.sort_key, hit.user_id
