"""Use cases of the ledger of seats."""

from ijaa.events.cards import cards_on_duty
from ijaa.events.errors import NotOrganiser
from ijaa.events.ports import MemberCard, UserDirectory
from ijaa.events.seats.domain import said
from ijaa.events.seats.ledger_repository import EntryRow, LedgerRepository
from ijaa.events.seats.schemas import EntryRead, SeatsRead
from ijaa.shared.errors import NotFound
from ijaa.shared.pages import Cursors
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID


class SeatLedgerService:
    """Explains seats to those who run an event."""

    def __init__(self, repository: LedgerRepository, directory: UserDirectory, cursors: Cursors) -> None:
        self._repository, self._directory, self._cursors = repository, directory, cursors

    async def page(
        self, member: Principal, event_id: int, username: str | None, cursor: str | None, limit: int
    ) -> SeatsRead:
        """Return the counters of an event and a page of its ledger, of everybody or of one member.

        Blocks keep nothing from an organiser. Raises `NotFound` where the viewer does not see the event, and
        `NotOrganiser` where he does not run it.
        """
        counted = await self._repository.counters(event_id, member.username)
        if counted is None:
            raise NotFound
        if not counted.organises:
            raise NotOrganiser
        name = username.lower() if username else None
        scope = f"seats/{event_id}/{name}"
        before = self._cursors.read(scope, cursor, tuple[int])[0] if cursor else MAX_ID
        rows = await self._repository.page(event_id, before, name, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.entry,))
        names = {row.username for row in kept if row.username}
        cards = await cards_on_duty(self._directory, names, member.username)
        return SeatsRead(
            capacity=counted.capacity,
            seats_taken=counted.going,
            seats_offered=counted.held,
            waitlisted=counted.waiting,
            over_capacity=counted.capacity is not None and counted.going > counted.capacity,
            items=[_entry(row, cards.get(row.username or "")) for row in kept],
            next_cursor=following,
        )


def _entry(row: EntryRow, card: MemberCard | None) -> EntryRead:
    return EntryRead(
        entry=row.entry,
        at=row.at,
        what=row.what,
        by=row.actor,
        text=said(row.past),
        username=row.username,
        name=card.name if card else None,
        photo=card.photo if card else None,
        **({"degraded": True} if card and card.degraded else {}),
        status_before=row.status_before,
        status=row.status,
        guests_before=row.guests_before,
        guests=row.guests,
        seats=row.seats,
        waiting=row.waiting,
        position=row.position,
        reason=row.reason,
        offered_until=row.offered_until,
        capacity_before=row.capacity_before,
        capacity=row.capacity,
    )
