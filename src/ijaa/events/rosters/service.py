"""Use cases of lists of participants."""

from collections.abc import AsyncIterator, Sequence

from ijaa.events.cards import cards_on_duty
from ijaa.events.errors import NotOrganiser
from ijaa.events.ports import MemberCard, UserDirectory
from ijaa.events.rosters.repository import RosterRepository, RosterRow
from ijaa.events.rosters.schemas import RosterEntry
from ijaa.events.tables import AUDIT_LOG
from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound
from ijaa.shared.principals import Principal
from ijaa.shared.sheets import MARK, Format, lines

_BATCH = 500


class RosterService:
    """Gives organisers the list of those who answered, as a file."""

    def __init__(
        self, database: Database, repository: RosterRepository, directory: UserDirectory, clock: Clock
    ) -> None:  # fmt: skip
        self._database, self._repository, self._directory, self._clock = database, repository, directory, clock

    async def export(self, organiser: Principal, event_id: int, form: Format) -> AsyncIterator[bytes]:
        """Return everybody who answered as they are read; that somebody took them along is audited."""
        led = await self._repository.led(event_id, organiser.username)
        if led is None:
            raise NotFound
        if not led.organises:
            raise NotOrganiser
        async with self._database.transaction() as session:
            await audit.record(
                session, AUDIT_LOG, at=self._clock.now(), action="participants-exported", actor=organiser.user_id,
                subject=f"event/{event_id}", details={"format": form},
            )  # fmt: skip
        return self._file(form, event_id, organiser.username)

    async def _file(self, form: Format, event_id: int, organiser: str) -> AsyncIterator[bytes]:
        if form == "csv":
            yield MARK
        async for portion in lines(form, RosterEntry, self._batches(event_id, organiser)):
            yield portion

    async def _batches(self, event_id: int, organiser: str) -> AsyncIterator[Sequence[RosterEntry]]:
        """Yield everybody: a statement and a question to the directory for each batch, however many there are."""
        after = 0
        while rows := await self._repository.batch(event_id, after, _BATCH):
            cards = await cards_on_duty(self._directory, [row.username for row in rows], organiser)
            yield [_entry(row, cards[row.username]) for row in rows]
            after = rows[-1].id


def _entry(row: RosterRow, card: MemberCard) -> RosterEntry:
    return RosterEntry(
        username=row.username,
        name=card.name,
        status=row.status,
        guests=row.guests,
        message=row.message,
        responded_at=row.responded_at,
        position=row.position,
        checked_in_at=row.checked_in_at,
        arrived_guests=row.arrived_guests,
        degraded=card.degraded,
    )
