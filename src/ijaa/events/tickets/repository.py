"""SQL of tickets."""

from ijaa.events.tickets.domain import Ticket
from ijaa.events.visibility import MINE, VISIBLE
from ijaa.shared.database import Database

_OWN = f"SELECT my.id, my.ticket FROM events e {MINE} WHERE e.id = $2 AND {VISIBLE} AND my.status = 'GOING'"


class TicketRepository:
    """Whose answers have a ticket."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def own(self, event_id: int, viewer: str) -> Ticket | None:
        """Return the ticket of a member who has a seat at an event, or None."""
        return await self._database.fetch_one(Ticket, _OWN, viewer, event_id)
