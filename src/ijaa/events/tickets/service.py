"""Use cases of tickets."""

from ijaa.events.tickets.domain import Tickets
from ijaa.events.tickets.repository import TicketRepository
from ijaa.shared.errors import NotFound
from ijaa.shared.principals import Principal


class TicketService:
    """Shows members their tickets."""

    def __init__(self, repository: TicketRepository, tickets: Tickets) -> None:
        self._repository, self._tickets = repository, tickets

    async def code(self, member: Principal, event_id: int) -> str:
        """Return the code of the member's ticket; raise `NotFound` where he has no seat."""
        ticket = await self._repository.own(event_id, member.username)
        if ticket is None:
            raise NotFound
        return self._tickets.write(event_id, ticket)
