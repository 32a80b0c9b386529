"""Use cases of participations."""

from collections.abc import Awaitable, Callable

from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.cards import cards_of, cards_on_duty, hidden_from
from ijaa.events.errors import InvitationNeeded, NotOrganiser, NotPending, RsvpClosed
from ijaa.events.messages import AnswerGiven
from ijaa.events.participations.domain import may_answer, takes_answers
from ijaa.events.participations.line import Lines
from ijaa.events.participations.repository import Mine, ParticipantRow, ParticipationRepository
from ijaa.events.participations.schemas import (
    MovePost,
    ParticipantRead,
    ParticipationStatus,
    PastRead,
    RsvpPut,
    RsvpRead,
)
from ijaa.events.participations.seating import Seating, standing_offer
from ijaa.events.ports import MemberCard, UserDirectory
from ijaa.events.seats.answer_repository import Raced
from ijaa.events.seats.domain import Past, said
from ijaa.events.seats.repository import SeatRepository
from ijaa.events.tickets.domain import Tickets
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Invalid, NotFound, Violation
from ijaa.shared.messages import Message
from ijaa.shared.outbox import Publish
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal

Change = Callable[[AsyncSession, Mine], Awaitable[None]]
"""What is done to an answer, given what it is before."""

_SHOWN_TO_MEMBERS = ("GOING", "MAYBE")
_ALL: tuple[ParticipationStatus, ...] = ("GOING", "MAYBE", "NOT_GOING", "PENDING", "WAITLISTED")


class ParticipationService:
    """Answers events, and shows who comes."""

    def __init__(
        self, database: Database, repository: ParticipationRepository, seats: SeatRepository,
        directory: UserDirectory, *, publish: Publish, tickets: Tickets, cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._publish = publish
        self._database, self._repository, self._seats = database, repository, seats
        self._directory, self._cursors, self._clock = directory, cursors, clock
        self._seating = Seating(seats, repository, tickets, publish, clock)
        self._lines = Lines()

    async def answer(self, member: Principal, event_id: int, wanted: RsvpPut) -> RsvpRead:
        """Put the member's answer; the same answer twice changes nothing."""
        async with self._lines.at(event_id):
            return await self._answer(member, event_id, wanted)

    async def _answer(self, member: Principal, event_id: int, wanted: RsvpPut) -> RsvpRead:
        mine = await self._mine(member.username, event_id)
        if mine.asked_again_at is not None and _says_nothing_new(mine, wanted):
            return self._read(await self._confirmed(member.username, mine))
        self._refuse_closed(mine)
        _refuse_uninvited(mine, wanted)
        if wanted.guests > mine.max_guests and wanted.status == "GOING":
            raise Invalid([Violation("/guests", f"must not be more than {mine.max_guests} for this event")])
        if _says_nothing_new(mine, wanted) and not mine.awaited:
            return self._read(mine)

        async def put(session: AsyncSession, current: Mine) -> None:
            _refuse_uninvited(current, wanted)
            told: list[Message] = [*await self._seating.put(session, current, member.username, wanted)]
            await self._seating.answer_invitation(session, current, member.username)
            others = [one for one in current.organisers if one != member.username]
            if current.status != wanted.status and others:
                told.append(AnswerGiven(event_id=event_id, title=current.title, organisers=others))
            await self._publish(session, *told)

        return self._read(await self._settled(member.username, mine, put))

    async def _confirmed(self, username: str, mine: Mine) -> Mine:
        """Let an answer stand that was asked for again, after the deadline as well: it takes no seat."""
        self._refuse_closed(replace(mine, rsvp_deadline=None))

        async def confirm(session: AsyncSession, current: Mine) -> None:
            await self._seats.lock(session, current.event_id, self._clock.now())
            if current.asked_again_at is not None:
                await self._seats.confirm(session, current.answer_of(username), self._clock.now())

        return await self._settled(username, mine, confirm)

    async def take_back(self, member: Principal, event_id: int) -> None:
        """Remove the member's answer and free its seats; nothing happens without one."""
        mine = await self._mine(member.username, event_id)
        if mine.id is None:
            return

        async def remove(session: AsyncSession, current: Mine) -> None:
            if current.id is not None:
                await self._seats.lock(session, current.event_id, self._clock.now())
                await self._seating.leave(session, current, member.username, None, "withdrawn", None)

        async with self._lines.at(event_id):
            await self._settled(member.username, mine, remove)

    async def part(self, session: AsyncSession, event_id: int, username: str) -> None:
        """Take away the answer of who is invited no more, with its seats; the caller holds the lock of the event.

        Who runs the event keeps his.
        """
        current = await self._repository.mine_within(session, event_id, username)
        if current is not None and current.id is not None and not current.organises:
            await self._seating.part(session, current, username)

    async def own(self, member: Principal, event_id: int) -> RsvpRead:
        """Return the member's answer and what became of it until now; raise `NotFound` without one."""
        mine = await self._mine(member.username, event_id)
        if mine.id is None:
            raise NotFound("You have not answered this event.")
        history = await self._repository.history(event_id, member.username)
        return replace(self._read(mine), history=[_past(one) for one in history])

    async def decide(self, organiser: Principal, event_id: int, username: str, *, approve: bool) -> RsvpRead:
        """Approve or reject somebody who waits for approval; approval takes a seat, or a place on the waitlist."""
        seen = await self._organised(organiser, event_id)
        if approve:
            self._refuse_closed(seen)
        mine = await self._theirs(event_id, username.lower())

        async def settle(session: AsyncSession, current: Mine) -> None:
            await self._look_again(session, organiser, event_id)
            if current.status != "PENDING":
                raise NotPending
            if approve:
                await self._publish(session, *await self._seating.approve(session, current, username.lower()))
            else:
                await self._seating.reject(session, current, username.lower())

        async with self._lines.at(event_id):
            return self._read(await self._settled(username.lower(), mine, settle))

    async def move(self, organiser: Principal, event_id: int, username: str, wanted: MovePost) -> RsvpRead:
        """Give somebody who asked for a seat one that is free, a place on the waitlist, or neither; he is told.

        An organiser may do so after the deadline. A seat that becomes free goes to who is next.
        """
        seen = await self._organised(organiser, event_id)
        if wanted.position is not None and wanted.status != "WAITLISTED":
            raise Invalid([Violation("/position", "is a place on the waitlist: ask for WAITLISTED")])
        if not takes_answers(status=seen.event_status, end=seen.end_date, deadline=None, now=self._clock.now()):
            raise RsvpClosed
        mine = await self._theirs(event_id, username.lower())

        async def put(session: AsyncSession, current: Mine) -> None:
            await self._look_again(session, organiser, event_id)
            await self._seating.move(session, current, username.lower(), wanted)

        async with self._lines.at(event_id):
            return self._read(await self._settled(username.lower(), mine, put))

    async def page(
        self, member: Principal, event_id: int, status: ParticipationStatus | None, cursor: str | None,
        limit: int, *, include_total: bool,
    ) -> Page[ParticipantRead]:  # fmt: skip
        """Return who answered: GOING and MAYBE for whoever sees the event, everything for its organiser.

        Rows of members whom a block hides from the viewer are left out, but not from an organiser; `total` counts all.
        """
        mine = await self._mine(member.username, event_id)
        allowed = _ALL if mine.organises else _SHOWN_TO_MEMBERS
        statuses = [one for one in allowed if status in (None, one)]
        scope = f"participants/{event_id}/{status}"
        after = self._cursors.read(scope, cursor, tuple[int])[0] if cursor else 0
        without = frozenset[str]() if mine.organises else await hidden_from(self._directory, member.username)
        rows = await self._repository.page(event_id, statuses, after, limit + 1, without=without)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.id,))
        cards_for = cards_on_duty if mine.organises else cards_of
        cards = await cards_for(self._directory, [row.username for row in kept], member.username)
        items = [_participant(row, cards[row.username], organises=mine.organises) for row in kept]
        total = await self._repository.count(event_id, statuses) if include_total else UNSET
        return Page(items=items, next_cursor=following, total=total)

    async def _organised(self, organiser: Principal, event_id: int) -> Mine:
        seen = await self._mine(organiser.username, event_id)
        if not seen.organises:
            raise NotOrganiser
        return seen

    async def _look_again(self, session: AsyncSession, organiser: Principal, event_id: int) -> None:
        """Lock an event, and raise `NotOrganiser` for whoever was dismissed while he waited for that."""
        await self._seats.lock(session, event_id, self._clock.now())
        seen = await self._repository.mine_within(session, event_id, organiser.username)
        if seen is None or not seen.organises:
            raise NotOrganiser

    async def _theirs(self, event_id: int, username: str) -> Mine:
        mine = await self._repository.mine(event_id, username)
        if mine is None or mine.id is None:
            raise NotFound("This member has not answered the event.")
        return mine

    async def _mine(self, username: str, event_id: int) -> Mine:
        mine = await self._repository.mine(event_id, username)
        if mine is None:
            raise NotFound
        return mine

    def _refuse_closed(self, mine: Mine) -> None:
        if not takes_answers(
            status=mine.event_status, end=mine.end_date, deadline=mine.rsvp_deadline, now=self._clock.now()
        ):
            raise RsvpClosed

    async def _settled(self, username: str, mine: Mine, change: Change) -> Mine:
        """Run a change in one transaction, hoping that the answer is still what was read.

        Where it is not, it is read again under the event's lock, which every change of an answer takes first.
        """
        try:
            async with self._database.transaction() as session:
                return await self._changed(session, username, mine, change)
        except Raced:
            async with self._database.transaction() as session:
                await self._seats.lock(session, mine.event_id, self._clock.now())
                current = await self._repository.mine_within(session, mine.event_id, username)
                if current is None:
                    raise NotFound from None
                return await self._changed(session, username, current, change)

    async def _changed(self, session: AsyncSession, username: str, mine: Mine, change: Change) -> Mine:
        await change(session, mine)
        return await self._repository.mine_within(session, mine.event_id, username) or mine

    def _read(self, mine: Mine) -> RsvpRead:
        return RsvpRead(
            status=mine.status or "NOT_GOING",
            guests=mine.guests or 0,
            position=mine.position,
            seats_taken=mine.going,
            capacity=mine.capacity,
            message=mine.message,
            asked_again_at=mine.asked_again_at,
            offered_until=standing_offer(mine, self._clock.now()) or UNSET,
        )


def _refuse_uninvited(mine: Mine, wanted: RsvpPut) -> None:
    if not may_answer(mine.status, wanted.status, welcome=mine.welcome):
        raise InvitationNeeded


def _says_nothing_new(mine: Mine, wanted: RsvpPut) -> bool:
    if wanted.status == "GOING" and (mine.offered_until or (mine.status == "PENDING" and not mine.needs_approval)):
        return False  # he accepts an offer, or need not ask any more
    standing = "GOING" if mine.status in {"GOING", "WAITLISTED", "PENDING"} else mine.status
    guests = wanted.guests if wanted.status == "GOING" else 0
    return (standing, mine.guests, mine.message) == (wanted.status, guests, wanted.message)


def _participant(row: ParticipantRow, card: MemberCard, *, organises: bool) -> ParticipantRead:
    return ParticipantRead(
        username=row.username,
        name=card.name,
        photo=card.photo,
        degraded=card.degraded or UNSET,
        status=row.status,
        guests=row.guests,
        message=row.message if organises else UNSET,
        position=row.position if organises else UNSET,
        asked_again_at=row.asked_again_at if organises else UNSET,
        checked_in_at=row.checked_in_at if organises else UNSET,
    )


def _past(one: Past) -> PastRead:
    return PastRead(
        at=one.at, what=one.what, text=said(one), status=one.status, guests=one.guests, position=one.position,
        reason=one.reason,
    )  # fmt: skip
