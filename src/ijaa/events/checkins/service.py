"""Use cases of the door."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.cards import cards_on_duty
from ijaa.events.checkins.domain import SLACK, lets_in, no_shows, rate
from ijaa.events.checkins.repository import CheckInRepository, Door, Guest
from ijaa.events.checkins.schemas import AttendanceRead, CheckedIn, CheckIn, ExpectedRead
from ijaa.events.errors import CheckInClosed, NotOrganiser, TicketRefused
from ijaa.events.ports import MemberCard, UserDirectory
from ijaa.events.tickets.domain import Ticket, Tickets
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Invalid, NotFound, Violation
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.text import fold

_BATCH, _BATCHES = 200, 5
"""Looked through for a name in one request: names are the other module's, so that no index finds them here."""
_WITHDRAWN = "This code was good once. The answer it was for has been taken back, or given anew with another code."


class CheckInService:
    """Lets people in, and tells who came."""

    def __init__(
        self, database: Database, repository: CheckInRepository, directory: UserDirectory, *,
        tickets: Tickets, cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository, self._directory = database, repository, directory
        self._tickets, self._cursors, self._clock = tickets, cursors, clock

    async def check_in(self, helper: Principal, event_id: int, wanted: CheckIn) -> CheckedIn:
        """Let somebody in; the second time says when the first was, and who was counted since."""
        door = await self._door(helper, event_id)
        at = self._moment(door, wanted)
        who = self._presented(event_id, wanted)
        async with self._database.transaction() as session:
            guest = await self._met(session, event_id, who)
            arrived = _arrived(guest, wanted)
            if guest.checked_in_at is None:
                await self._repository.let_in(session, guest, at=at, by=helper.username)
            if arrived != guest.arrived_guests and arrived is not None:
                await self._repository.count_guests(session, guest, arrived)
        cards = await cards_on_duty(self._directory, [guest.username], helper.username)
        return _checked_in(guest, cards[guest.username], arrived, at)

    async def undo(self, helper: Principal, event_id: int, username: str) -> None:
        """Forget that somebody came; nothing happens where he had not."""
        self._refuse_closed(await self._door(helper, event_id), self._clock.now())
        async with self._database.transaction() as session:
            await self._repository.undo(session, event_id, username.lower())

    async def expected(
        self, helper: Principal, event_id: int, q: str | None, cursor: str | None, limit: int,
        *, checked_in: bool | None,
    ) -> Page[ExpectedRead]:  # fmt: skip
        """Return who has a seat, in the order they answered; `q` is looked for in names and usernames.

        A page of a search may be short, or empty, and have a next one all the same: so far it was looked.
        """
        await self._door(helper, event_id)
        key, scope = fold(q or ""), f"door/{event_id}/{checked_in}/{q}"
        (after,) = self._cursors.read(scope, cursor, tuple[int]) if cursor else (0,)
        size = _BATCH if key else limit + 1
        found: list[tuple[Guest, MemberCard]] = []
        for _ in range(_BATCHES if key else 1):
            rows = await self._repository.expected(event_id, after, size, checked_in=checked_in)
            cards = await cards_on_duty(self._directory, [row.username for row in rows], helper.username)
            found += _named(key, rows, cards)
            if len(found) > limit or len(rows) < size:
                kept, following = self._cursors.page(scope, found, limit, lambda one: (one[0].id,))
                return Page(items=[_expected(*one) for one in kept], next_cursor=following)
            after = rows[-1].id
        return Page(items=[_expected(*one) for one in found], next_cursor=self._cursors.write(scope, after))

    async def attendance(self, organiser: Principal, event_id: int) -> AttendanceRead:
        """Return how many came, for those who run the event."""
        door = await self._door(organiser, event_id)
        if not door.organises:
            raise NotOrganiser
        found = await self._repository.numbers(event_id)
        return AttendanceRead(
            confirmed=found.confirmed,
            attended=found.attended,
            no_shows=no_shows(
                status=door.status, end=door.end_date, confirmed=found.confirmed, attended=found.attended,
                now=self._clock.now(),
            ),
            attendance_rate=rate(found.attended, found.confirmed),
            guests=found.guests,
            arrived_guests=found.arrived_guests,
        )  # fmt: skip

    async def _door(self, helper: Principal, event_id: int) -> Door:
        door = await self._repository.door(event_id, helper.username)
        if door is None:
            raise NotFound
        if not door.helps:
            raise NotOrganiser
        return door

    def _moment(self, door: Door, wanted: CheckIn) -> datetime:
        """Return when somebody came; both then and now the door has to be open."""
        now = self._clock.now()
        self._refuse_closed(door, now)
        if wanted.at is UNSET:
            return now
        if wanted.at > now + SLACK:
            raise Invalid([Violation("/at", "must not be in the future")])
        self._refuse_closed(door, wanted.at)
        return min(wanted.at, now)

    def _refuse_closed(self, door: Door, at: datetime) -> None:
        if not lets_in(status=door.status, start=door.start_date, end=door.end_date, at=at):
            raise CheckInClosed

    def _presented(self, event_id: int, wanted: CheckIn) -> Ticket | str:
        if wanted.code is not UNSET and wanted.username is UNSET:
            if (ticket := self._tickets.read(event_id, wanted.code)) is None:
                raise TicketRefused
            return ticket
        if wanted.code is UNSET and wanted.username is not UNSET:
            return wanted.username.lower()
        raise Invalid([Violation("/code", "is required, or /username instead")])

    async def _met(self, session: AsyncSession, event_id: int, who: Ticket | str) -> Guest:
        guest = await self._repository.meet(session, event_id, who)
        if isinstance(who, Ticket):
            if guest is None or guest.status != "GOING" or guest.ticket != who.rotation:
                raise TicketRefused(_WITHDRAWN)
        elif guest is None or guest.status != "GOING":
            raise NotFound("This member has no seat at the event.")
        return guest


def _arrived(guest: Guest, wanted: CheckIn) -> int | None:
    if wanted.arrived_guests is UNSET:
        return guest.arrived_guests
    if wanted.arrived_guests > guest.guests:
        raise Invalid([Violation("/arrived_guests", f"must not be more than the {guest.guests} who were announced")])
    return wanted.arrived_guests


def _named(
    key: str, rows: Sequence[Guest], cards: Mapping[str, MemberCard]
) -> list[tuple[Guest, MemberCard]]:  # fmt: skip
    """Return those with a key in their name or username, each with his card."""
    given = [(row, cards[row.username]) for row in rows]
    return [(row, card) for row, card in given if key in row.username or key in fold(card.name or "")]


def _checked_in(guest: Guest, card: MemberCard, arrived: int | None, at: datetime) -> CheckedIn:
    return CheckedIn(
        username=guest.username,
        name=card.name,
        photo=card.photo,
        degraded=card.degraded or UNSET,
        guests=guest.guests,
        arrived_guests=arrived,
        checked_in_at=guest.checked_in_at or at,
        already=guest.checked_in_at is not None,
    )


def _expected(guest: Guest, card: MemberCard) -> ExpectedRead:
    return ExpectedRead(
        username=guest.username,
        name=card.name,
        photo=card.photo,
        degraded=card.degraded or UNSET,
        guests=guest.guests,
        arrived_guests=guest.arrived_guests,
        checked_in_at=guest.checked_in_at,
    )
