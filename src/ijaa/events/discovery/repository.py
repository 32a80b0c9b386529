"""SQL of discovery."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.catalogue.filters import HAS_SEATS, WORDS
from ijaa.events.catalogue.repository import event_columns
from ijaa.events.catalogue.schemas import EventRead
from ijaa.events.discovery.domain import (
    HALF_LIFE,
    MOST_SIMILAR,
    PEOPLE,
    RECOMMENDED_POINTS,
    SIMILAR_POINTS,
    WINDOW,
)
from ijaa.events.visibility import HELPS, MINE, PLACE_SHOWN, VISIBLE
from ijaa.shared.database import Database

_ACTIVITIES = {
    "answer": """
        SELECT event_id, participant_username, responded_at FROM event_participations
        WHERE responded_at > :since AND status <> 'NOT_GOING'
    """,
    "comment": """
        SELECT event_id, username, created_at FROM event_comments
        WHERE created_at > :since AND username IS NOT NULL
    """,
    "medium": """
        SELECT event_id, uploaded_by_username, created_at FROM event_media
        WHERE created_at > :since AND is_approved
    """,
}
"""What counts as activity: SQL of the event, who, and when, since `:since`. One member counts once for each kind."""
_ANY = " UNION ALL ".join(
    f"SELECT '{kind}', a.* FROM ({sql}) a (event_id, member, at)" for kind, sql in _ACTIVITIES.items()
)
_HALF_LIFE = HALF_LIFE.total_seconds()
_REFRESH = text(f"""
WITH fresh AS MATERIALIZED (
    SELECT e.id, sum(0.5::float8 ^ greatest(extract(epoch FROM :now - d.at)::float8 / {_HALF_LIFE}, 0)) AS score
    FROM (SELECT kind, event_id, member, max(at) AS at FROM ({_ANY}) a (kind, event_id, member, at) GROUP BY 1, 2, 3) d
    JOIN events e ON e.id = d.event_id WHERE e.status = 'PUBLISHED' AND e.start_date > :now GROUP BY e.id
), forgotten AS (
    DELETE FROM event_activity a WHERE NOT EXISTS (SELECT FROM fresh f WHERE f.id = a.event_id)
)
INSERT INTO event_activity (event_id, score) SELECT id, score FROM fresh ORDER BY id
ON CONFLICT (event_id) DO UPDATE SET score = EXCLUDED.score
""")

_HAS_SEATS = HAS_SEATS.format(now="$2::timestamptz")
_FUTURE = "e.status = 'PUBLISHED' AND e.start_date > $2::timestamptz"
_TYPE = "lower(nullif(e.event_type, ''))"
_PLACE = f"CASE WHEN {PLACE_SHOWN} THEN nullif(e.location_key, '') END"
_TRENDING = f"""
SELECT {event_columns()} FROM event_activity a JOIN events e ON e.id = a.event_id {MINE}
WHERE {VISIBLE} AND {_FUTURE} ORDER BY a.score DESC, a.event_id LIMIT $3
"""
_ATTENDEES, _OTHERS = 200, 50
"""Looked at: the latest who go to an event, and of each the events he goes to next."""


class SimilarRow(EventRead, frozen=True):
    """An event with what it shares with another one."""

    shared_tags: list[str] = msgspec.field(default_factory=list)
    same_type: bool = False
    same_place: bool = False
    people: int | None = None


class RecommendedRow(EventRead, frozen=True):
    """An event with what speaks for it."""

    company: list[str] = msgspec.field(default_factory=list)
    interests: list[str] = msgspec.field(default_factory=list)
    known_tags: list[str] = msgspec.field(default_factory=list)
    known_type: bool = False
    near: bool = False
    trending: bool = False


_SIMILAR = f"""
WITH seed AS MATERIALIZED (
    SELECT e.id, e.tags, {_TYPE} AS type, {_PLACE} AS place FROM events e {MINE} WHERE e.id = $3 AND {VISIBLE}
), met AS MATERIALIZED (
    SELECT o.event_id, count(*)::int AS people FROM seed s CROSS JOIN LATERAL (
        SELECT p.participant_username FROM event_participations p
        WHERE p.event_id = s.id AND p.status = 'GOING' ORDER BY p.id DESC LIMIT {_ATTENDEES}
    ) p CROSS JOIN LATERAL (
        SELECT o.event_id FROM event_participations o JOIN events e ON e.id = o.event_id
        WHERE o.participant_username = p.participant_username AND o.status = 'GOING' AND o.event_id <> s.id
          AND {_FUTURE} ORDER BY e.start_date, e.id LIMIT {_OTHERS}
    ) o GROUP BY o.event_id HAVING count(*) >= {PEOPLE}
)
SELECT {
    event_columns(
        SimilarRow, shared_tags="r.tags", same_type="r.same_type", same_place="r.same_place", people="m.people"
    )
}
FROM seed s CROSS JOIN events e {MINE} LEFT JOIN met m ON m.event_id = e.id CROSS JOIN LATERAL (
    SELECT CASE WHEN e.tags && s.tags THEN
                 ARRAY(SELECT DISTINCT unnest FROM unnest(e.tags) WHERE unnest = ANY (s.tags) ORDER BY 1)
                ELSE '{{}}' END AS tags,
           coalesce({_TYPE} = s.type, false) AS same_type, coalesce({_PLACE} = s.place, false) AS same_place
) r
WHERE e.id <> s.id AND {_FUTURE} AND {VISIBLE} AND {SIMILAR_POINTS} > 0
ORDER BY {SIMILAR_POINTS} DESC, e.start_date, e.id LIMIT least($4, {MOST_SIMILAR})
"""
_WENT = 50
"""The latest events somebody went to, or goes to, that say what he likes."""
_RECOMMENDED = f"""
WITH went AS MATERIALIZED (
    SELECT e.tags, {_TYPE} AS type FROM event_participations p JOIN events e ON e.id = p.event_id
    WHERE p.participant_username = $1::text AND p.status = 'GOING' AND e.status <> 'CANCELLED'
    ORDER BY e.start_date DESC, e.id LIMIT {_WENT}
), taste AS MATERIALIZED (
    SELECT ARRAY(SELECT DISTINCT unnest(tags) FROM went)::varchar[] AS tags,
           ARRAY(SELECT DISTINCT type FROM went WHERE type IS NOT NULL) AS types
), liked AS MATERIALIZED (
    SELECT e.id, array_agg(w.interest ORDER BY w.interest) AS interests
    FROM unnest($3::text[], $4::text[]) AS w (interest, asked) JOIN events e ON {WORDS} @@ w.asked::tsquery
    WHERE {_FUTURE} GROUP BY e.id
), company AS MATERIALIZED (
    SELECT p.event_id, array_agg(p.participant_username::text ORDER BY p.participant_username) AS names
    FROM event_participations p JOIN events e ON e.id = p.event_id
    WHERE p.participant_username = ANY ($5::text[]) AND p.status IN ('GOING', 'MAYBE') AND {_FUTURE}
    GROUP BY p.event_id
)
SELECT {
    event_columns(
        RecommendedRow,
        company="r.company",
        interests="r.interests",
        known_tags="r.tags",
        known_type="r.same_type",
        near="r.same_place",
        trending="a.score IS NOT NULL",
    )
}
FROM taste t CROSS JOIN events e {MINE} LEFT JOIN event_activity a ON a.event_id = e.id
LEFT JOIN liked l ON l.id = e.id LEFT JOIN company c ON c.event_id = e.id CROSS JOIN LATERAL (
    SELECT coalesce(c.names, '{{}}') AS company, coalesce(l.interests, '{{}}') AS interests,
           CASE WHEN e.tags && t.tags THEN
                 ARRAY(SELECT DISTINCT unnest FROM unnest(e.tags) WHERE unnest = ANY (t.tags) ORDER BY 1)
                ELSE '{{}}' END AS tags,
           coalesce({_TYPE} = ANY (t.types), false) AS same_type,
           coalesce({_PLACE} = $6::text, false) AS same_place
) r
WHERE {_FUTURE} AND {VISIBLE} AND my.id IS NULL AND NOT coalesce({HELPS}, false)
  AND coalesce(e.created_by_username <> ALL ($7::text[]), true)
ORDER BY {_HAS_SEATS} DESC, {RECOMMENDED_POINTS} DESC, coalesce(a.score, 0) DESC, e.start_date, e.id LIMIT $8
"""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a member to recommend something to him."""

    interests: list[str] = msgspec.field(default_factory=list)
    asked: list[str] = []
    """The interests as queries, in their order."""
    connections: Collection[str] = ()
    place: str | None = None
    """Folded."""
    hidden: Collection[str] = ()
    """Whose events are not shown to him."""


class DiscoveryRepository:
    """Events by what goes on around them and what they have in common; one statement each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def refresh(self, session: AsyncSession, now: datetime) -> None:
        """Count anew what goes on around events that are still to begin."""
        await session.execute(_REFRESH, {"now": now, "since": now - WINDOW})

    async def trending(self, viewer: str | None, now: datetime, limit: int) -> list[EventRead]:
        """Return the events to come the viewer may see, by what goes on around them."""
        return await self._database.fetch(EventRead, _TRENDING, viewer, now, limit)

    async def similar(self, viewer: str | None, event_id: int, now: datetime, limit: int) -> list[SimilarRow]:
        """Return events to come that are like one, as far as the viewer may see both."""
        return await self._database.fetch(SimilarRow, _SIMILAR, viewer, now, event_id, limit)

    async def recommended(self, viewer: str, now: datetime, about: About, limit: int) -> list[RecommendedRow]:
        """Return events to come that a member has not answered and does not organise, the best for him first."""
        return await self._database.fetch(
            RecommendedRow, _RECOMMENDED, viewer, now, about.interests, about.asked, [*about.connections], about.place,
            [*about.hidden], limit,
        )  # fmt: skip
