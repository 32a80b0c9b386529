"""SQL of who was at the same events."""

from collections.abc import Collection

import msgspec

from ijaa.events.visibility import ON_DUTY, VISIBLE
from ijaa.shared.database import Database

_EVENTS, _PARTICIPANTS, _COMPANIONS = 50, 200, 300
"""Looked at: the latest events of a member, the latest answers of each; kept: those met most often."""
_FOUND = f"""
SELECT asked, participant_username FROM (
    SELECT v.asked, o.participant_username,
           row_number() OVER (PARTITION BY v.asked ORDER BY count(*) DESC, o.participant_username) AS place
    FROM unnest($1::text[]) AS v (asked) CROSS JOIN LATERAL (
        SELECT e.id FROM event_participations my JOIN events e ON e.id = my.event_id
        {ON_DUTY.replace("$1::text", "v.asked")}
        WHERE my.participant_username = v.asked AND my.status = 'GOING' AND e.status <> 'CANCELLED'
          AND {VISIBLE.replace("$1::text", "v.asked")}
        ORDER BY e.start_date DESC, e.id LIMIT {_EVENTS}
    ) e CROSS JOIN LATERAL (
        SELECT p.participant_username FROM event_participations p
        WHERE p.event_id = e.id AND p.status = 'GOING' AND p.participant_username <> v.asked
        ORDER BY p.id DESC LIMIT {_PARTICIPANTS}
    ) o GROUP BY v.asked, o.participant_username
) met WHERE place <= {_COMPANIONS}
"""


class _Met(msgspec.Struct, frozen=True):
    asked: str
    username: str


class CompanionRepository:
    """Members by the events they have in common."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, usernames: Collection[str]) -> dict[str, frozenset[str]]:
        """Return whom each of these meets at events he sees and goes to; who meets nobody is left out."""
        met: dict[str, set[str]] = {}
        for one in await self._database.fetch(_Met, _FOUND, [*usernames]):
            met.setdefault(one.asked, set()).add(one.username)
        return {asked: frozenset(names) for asked, names in met.items()}
