"""SQL of lists of participants."""

from datetime import datetime

import msgspec

from ijaa.events.participations.schemas import ParticipationStatus
from ijaa.events.visibility import MINE, ORGANISES, VISIBLE
from ijaa.shared.database import Database
from ijaa.shared.schema import columns


class RosterRow(msgspec.Struct, frozen=True):
    """One participant as he is stored."""

    id: int
    username: str
    status: ParticipationStatus
    guests: int
    message: str | None
    responded_at: datetime
    position: int | None
    checked_in_at: datetime | None
    arrived_guests: int | None


class Led(msgspec.Struct, frozen=True):
    """Whether a viewer runs an event he sees."""

    organises: bool


_LED = f"SELECT coalesce({ORGANISES}, false) FROM events e {MINE} WHERE e.id = $2 AND {VISIBLE}"
# one numbering of the line for a whole batch: a count for each entry would be quadratic
_BATCH = f"""
WITH line AS (
    SELECT id, row_number() OVER (ORDER BY priority DESC, seq) AS position
    FROM event_participations WHERE event_id = $1 AND status = 'WAITLISTED'
)
SELECT {columns(RosterRow, "p", username="p.participant_username", position="line.position")}
FROM event_participations p LEFT JOIN line ON line.id = p.id
WHERE p.event_id = $1 AND p.id > $2 ORDER BY p.id LIMIT $3
"""


class RosterRepository:
    """Everybody who answered an event, a batch at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def led(self, event_id: int, viewer: str) -> Led | None:
        """Return whether the viewer runs an event, or None where he does not see it."""
        return await self._database.fetch_one(Led, _LED, viewer, event_id)

    async def batch(self, event_id: int, after: int, limit: int) -> list[RosterRow]:
        """Return participants in the order they answered."""
        return await self._database.fetch(RosterRow, _BATCH, event_id, after, limit)
