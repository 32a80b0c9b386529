"""What an answer does to seats, within its transaction."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.errors import EventFull, NoSeatWanted, NotEnoughSeats, RsvpClosed
from ijaa.events.messages import SeatMoved, TicketIssued
from ijaa.events.participations.domain import Move, move
from ijaa.events.participations.repository import Mine, ParticipationRepository
from ijaa.events.participations.schemas import MovePost, RsvpPut
from ijaa.events.seats.answer_repository import Raced, Step
from ijaa.events.seats.domain import What
from ijaa.events.seats.repository import SeatRepository
from ijaa.events.tickets.domain import Ticket, Tickets
from ijaa.shared.clock import Clock
from ijaa.shared.outbox import Publish

_HOLDING = {"GOING", "WAITLISTED", "PENDING"}
"""Who holds a seat, or asks for one."""


class Seating:
    """Takes seats for answers and gives them back; whoever lost a race is told by `Raced`."""

    def __init__(
        self, seats: SeatRepository, repository: ParticipationRepository, tickets: Tickets, publish: Publish,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._seats, self._repository, self._tickets = seats, repository, tickets
        self._publish, self._clock = publish, clock

    async def put(self, session: AsyncSession, mine: Mine, username: str, wanted: RsvpPut) -> list[TicketIssued]:
        """Do what a member's answer does; return what there is to be told of a seat he has by it."""
        offered = mine.offered_until is not None
        match move(mine.status, wanted.status, needs_approval=mine.needs_approval, offered=offered):
            case Move.CLAIM:
                return await self._claim(session, mine, username, wanted.guests, wanted.message)
            case Move.RESIZE:
                await self._lock(session, mine)
                await self._resize(session, mine, username, wanted)
            case Move.KEEP_PLACE:
                await self._lock(session, mine)
                await self._resize(session, mine, username, wanted)
                await self._seats.promote(session, mine.event_id, self._clock.now())
            case Move.ACCEPT:
                await self._lock(session, mine)
                return await self._accept(session, mine, username, wanted)
            case Move.ASK:
                await self._lock(session, mine)
                await self._ask(session, mine, username, wanted)
            case Move.LEAVE:
                await self._lock(session, mine)
                what: What = "gave-up" if mine.status in _HOLDING else "answered"
                await self.leave(session, mine, username, wanted.status, what, wanted.message)
        return []

    async def _lock(self, session: AsyncSession, mine: Mine) -> None:
        """Take the event's lock, which comes before any participation's; it may have closed, or gone, meanwhile."""
        if not await self._seats.lock(session, mine.event_id, self._clock.now()):
            raise RsvpClosed

    async def _claim(
        self, session: AsyncSession, mine: Mine, username: str, guests: int, message: str | None,
        *, by: Literal["self", "organiser"] = "self",
    ) -> list[TicketIssued]:  # fmt: skip
        """Take seats, or join the tail of the waitlist and promote at once: a freed seat may fit already."""
        now, answer, approved = self._clock.now(), mine.answer_of(username), by == "organiser"
        if (entry := await self._seats.claim(session, mine.event_id, 1 + guests, now)) is not None:
            what: What = "approved" if approved else "claimed"
            step = Step(what=what, actor=by, status="GOING", guests=guests, message=message)
            return [self._issued(mine, username, await self._seats.put(session, answer, step, now, entry=entry))]
        queued = await self._seats.queue(session, mine.event_id, now)
        if queued is None:
            raise RsvpClosed
        step = Step(
            what="approved" if approved else "waitlisted", actor=by, status="WAITLISTED", guests=guests,
            message=message, seq=queued.seq, position=queued.position,
        )  # fmt: skip
        await self._seats.put(session, answer, step, now, entry=queued.entry)
        await self._seats.promote(session, mine.event_id, now)
        return []

    async def _resize(self, session: AsyncSession, mine: Mine, username: str, wanted: RsvpPut) -> None:
        """Change the guests of an answer that keeps its status; more seats are taken where nobody waits for them."""
        if wanted.guests == mine.guests:
            await self._seats.reword(session, mine.answer_of(username), wanted.message)
            return
        step = Step(what="resized", status=mine.status, guests=wanted.guests, message=wanted.message)
        await self._change(session, mine, username, step, most_waiting=0)
        if mine.status == "GOING" and wanted.guests < (mine.guests or 0):
            await self._seats.promote(session, mine.event_id, self._clock.now())

    async def _ask(self, session: AsyncSession, mine: Mine, username: str, wanted: RsvpPut) -> None:
        if mine.status == "PENDING":
            await self._resize(session, mine, username, wanted)
            return
        step = Step(what="asked-approval", status="PENDING", guests=wanted.guests, message=wanted.message)
        await self._change(session, mine, username, step)

    async def _accept(
        self, session: AsyncSession, mine: Mine, username: str, wanted: RsvpPut
    ) -> list[TicketIssued]:  # fmt: skip
        """Take the seats that are offered; where the offer is over, who asks has gone to the tail, and asks from there.

        More guests than were offered seats need seats that are free and that nobody else waits for.
        """
        now = self._clock.now()
        if standing_offer(mine, self._clock.now()) is None:
            await self._seats.promote(session, mine.event_id, now)
            current = await self._repository.mine_within(session, mine.event_id, username)
            assert current is not None  # noqa: S101 - it is locked, and he answered it
            return await self.put(session, current, username, wanted)
        offered = 1 + (mine.guests or 0)
        held = (await self._seats.state(session, mine.event_id, now)).held - offered
        step = Step(what="offer-accepted", status="GOING", guests=wanted.guests, message=wanted.message)
        more = wanted.guests > (mine.guests or 0)
        room: dict[str, Any] = {"held": max(0, held), "most_waiting": 1 if more else None}
        ticket = await self._change(session, mine, username, step, **room)
        await self._seats.promote(session, mine.event_id, now)
        return [self._issued(mine, username, ticket)]

    async def leave(
        self, session: AsyncSession, mine: Mine, username: str, status: str | None, what: What, message: str | None
    ) -> None:
        """Write an answer that holds no seat, or none at all, and hand on what was held."""
        if mine.status == status:
            await self._seats.reword(session, mine.answer_of(username), message)
            return
        declined = standing_offer(mine, self._clock.now()) is not None
        step = Step(what="offer-declined" if declined else what, status=status, message=message)
        await self._change(session, mine, username, step)
        if mine.status == "GOING" or mine.offered_until is not None:
            await self._seats.promote(session, mine.event_id, self._clock.now())

    async def part(self, session: AsyncSession, mine: Mine, username: str) -> None:
        """Take away an answer an organiser wants no more, and hand on what was held; the caller holds the lock."""
        await self._change(session, mine, username, Step(what="withdrawn", actor="organiser", status=None))
        if mine.status == "GOING" or mine.offered_until is not None:
            await self._seats.promote(session, mine.event_id, self._clock.now())

    async def answer_invitation(self, session: AsyncSession, mine: Mine, username: str) -> None:
        """Note the answer to an invitation, if it holds still: it may have been revoked since it was read."""
        if mine.invited or mine.awaited:
            holds = await self._repository.mark_answered(session, mine.event_id, username)
            if mine.invited and not holds:
                raise Raced

    async def approve(self, session: AsyncSession, mine: Mine, username: str) -> list[TicketIssued]:
        """Give a seat, or a place on the waitlist, to somebody who asked; return what there is to be told of it."""
        return await self._claim(session, mine, username, mine.guests or 0, mine.message, by="organiser")

    async def reject(self, session: AsyncSession, mine: Mine, username: str) -> None:
        """Turn down somebody who asked; the caller holds the lock."""
        step = Step(what="rejected", actor="organiser", status="NOT_GOING", message=mine.message)
        await self._change(session, mine, username, step)

    async def move(self, session: AsyncSession, mine: Mine, username: str, wanted: MovePost) -> None:
        """Put somebody where an organiser wants him, and tell him."""
        if wanted.status != "NOT_GOING" and mine.status not in _HOLDING:
            raise NoSeatWanted
        if wanted.status == mine.status != "WAITLISTED":
            return
        now, event_id, seq, priority, position = self._clock.now(), mine.event_id, None, 0, None
        state = await self._seats.state(session, event_id, now)
        if wanted.status == "WAITLISTED":
            waiting = state.waiting + (mine.status != "WAITLISTED")
            position = min(wanted.position or waiting, waiting)
            priority, seq = await self._seats.waitlist.make_room(
                session, event_id, wanted.position, without=mine.id or 0, tail=state.waitlist_seq
            )
        guests = 0 if wanted.status == "NOT_GOING" else mine.guests or 0
        step = Step(
            what="moved", actor="organiser", status=wanted.status, guests=guests, message=mine.message, seq=seq,
            priority=priority, position=position,
        )  # fmt: skip
        held = state.held - (1 + guests if mine.offered_until is not None else 0)
        ticket = await self._seats.change(session, mine.answer_of(username), step, now, held=max(0, held))
        if ticket is None:
            raise EventFull
        await self._publish(
            session,
            SeatMoved(
                username=username, event_id=event_id, title=state.title, start_date=state.start_date,
                timezone=state.timezone, status=wanted.status,
                code=self._tickets.write(event_id, ticket) if wanted.status == "GOING" else None,
            ),
        )  # fmt: skip
        await self._seats.promote(session, event_id, now)

    async def _change(self, session: AsyncSession, mine: Mine, username: str, step: Step, **room: Any) -> Ticket:
        ticket = await self._seats.change(session, mine.answer_of(username), step, self._clock.now(), **room)
        if ticket is None:
            raise NotEnoughSeats
        return ticket

    def _issued(self, mine: Mine, username: str, ticket: Ticket) -> TicketIssued:
        return TicketIssued(
            username=username,
            event_id=mine.event_id,
            title=mine.title,
            start_date=mine.start_date,
            timezone=mine.timezone,
            location=mine.location,
            code=self._tickets.write(mine.event_id, ticket),
        )


def standing_offer(mine: Mine, now: datetime) -> datetime | None:
    """Return until when a member has an offer that stands."""
    until = mine.offered_until
    return until if until is not None and until >= now else None
