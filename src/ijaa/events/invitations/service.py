"""Use cases of invitations."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.cards import cards_of, hidden_from
from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.catalogue.schemas import EventRead
from ijaa.events.errors import InvitationNotValid, NotOrganiser, TooManyInvitations, WrongState
from ijaa.events.invitations.domain import MOST_OPEN, REMINDED_AFTER, Status, fold, invitees, violations
from ijaa.events.invitations.email_service import AddressBook, EmailInvitations
from ijaa.events.invitations.repository import Asking, InvitationRepository, InvitationRow, OwnRow
from ijaa.events.invitations.schemas import (
    EmailInvitationRead,
    EmailResult,
    InvitationCreate,
    InvitationPage,
    InvitationRead,
    InvitationResult,
    InvitationResults,
    MyInvitationRead,
    Reminded,
)
from ijaa.events.invitations.token_repository import EmailInvitationRepository
from ijaa.events.links import EventLinks
from ijaa.events.messages import InvitationRevoked, InvitationSent, Occasion
from ijaa.events.participations.schemas import Answer, RsvpPut, RsvpRead
from ijaa.events.participations.service import ParticipationService
from ijaa.events.ports import MemberCard, UserDirectory
from ijaa.events.seats.repository import SeatRepository
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import token_hash
from ijaa.shared.database import Database
from ijaa.shared.errors import Invalid, NotFound
from ijaa.shared.outbox import Publish
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

Wanted = Literal["open", "answered", "all"]
_TOLD_AT_ONCE = 500


class InvitationService:
    """Invites to events, for their organisers."""

    def __init__(
        self, database: Database, repository: InvitationRepository, emails: EmailInvitations,
        addresses: EmailInvitationRepository, book: AddressBook, participations: ParticipationService,
        seats: SeatRepository, directory: UserDirectory, *, publish: Publish, cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository, self._emails = database, repository, emails
        self._addresses, self._book, self._participations = addresses, book, participations
        self._seats, self._directory, self._publish = seats, directory, publish
        self._cursors, self._clock = cursors, clock

    async def invite(self, organiser: Principal, event_id: int, wanted: InvitationCreate) -> InvitationResults:
        """Invite members and addresses; whom the organiser cannot reach is answered, and kept, like anybody else."""
        event, now = await self._organised(organiser, event_id), self._clock.now()
        names, emails = fold(wanted.usernames), fold(wanted.emails)
        if found := [*violations(names, emails, wanted.expires_at, end=event.end_date, now=now)]:
            raise Invalid(found)
        inviter = await self._name_of(organiser.username) if emails else ""
        standings = await self._directory.standings(set(names))
        hidden = await self._directory.hidden(organiser.username)
        chosen = invitees(set(names), standings, hidden)
        async with self._database.transaction() as session:
            event = await self._lock(session, organiser, event_id)
            outcomes = await self._repository.invite(
                session, event_id, chosen, invited_by=organiser.username, message=wanted.message,
                expires_at=wanted.expires_at, now=now,
            )  # fmt: skip
            if emails:
                await self._emails.send(
                    session, event, sorted(set(emails)), username=organiser.username, inviter=inviter,
                    message=wanted.message, expires_at=wanted.expires_at,
                )  # fmt: skip
            if await self._repository.open(session, event_id) > MOST_OPEN:
                raise TooManyInvitations(f"No more than {MOST_OPEN} may wait for an answer: revoke some.")
            if names:
                await self._seats.promote(session, event_id, now)
                told = [one.username for one in chosen if one.is_told and outcomes[one.username] == "invited"]
                await self._tell(session, event, "invitation", organiser.username, told)
        return InvitationResults(
            [InvitationResult(name, outcomes[name]) for name in names], [EmailResult(email) for email in emails]
        )

    async def revoke(self, organiser: Principal, event_id: int, username: str) -> None:
        """Take an invitation back; of a private event with sight and seat."""
        name = username.lower()
        await self._organised(organiser, event_id)
        async with self._database.transaction() as session:
            await self._locked(session, organiser, event_id)
            revoked = await self._repository.revoke(session, event_id, name)
            if revoked is None:
                raise NotFound("This member is not invited.")
            if revoked.privacy == "PRIVATE":
                await self._participations.part(session, event_id, name)
            told = [] if revoked.is_void else [name]
            await self._publish(session, InvitationRevoked(event_id=event_id, usernames=told))

    async def remind(self, organiser: Principal, event_id: int) -> Reminded:
        """Ask everybody again who has not answered, each at most once a day; return how many."""
        await self._organised(organiser, event_id)
        now = self._clock.now()
        async with self._database.transaction() as session:
            event = await self._lock(session, organiser, event_id)
            found = await self._repository.remind(session, event_id, now, now - REMINDED_AFTER)
            told = [name for name, is_void in found if not is_void]
            await self._tell(session, event, "reminder", organiser.username, told)
        return Reminded(len(found))

    async def page(
        self, organiser: Principal, event_id: int, status: Status | None, cursor: str | None, limit: int,
        *, include_total: bool,
    ) -> InvitationPage:  # fmt: skip
        """Return the invitations of an event, the oldest first; cards are those the organiser sees anywhere."""
        await self._organised(organiser, event_id)
        now, scope = self._clock.now(), f"invitations/{event_id}/{status}"
        (after,) = self._cursors.read(scope, cursor, tuple[int]) if cursor else (0,)
        rows = await self._repository.page(event_id, now, status, after, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.id,))
        # not as on duty: of an invitation alone nothing tells a block from a name nobody has
        cards = await cards_of(self._directory, [row.username for row in kept], organiser.username)
        summary = await self._repository.summary(event_id, now) if include_total else UNSET
        total = UNSET if summary is UNSET else getattr(summary, status or "invited")
        items = [_invitation(row, cards[row.username]) for row in kept]
        return InvitationPage(items=items, next_cursor=following, total=total, summary=summary)

    async def addressed(
        self, organiser: Principal, event_id: int, cursor: str | None, limit: int
    ) -> Page[EmailInvitationRead]:
        """Return the addresses whose invitations nobody has redeemed, the oldest first."""
        await self._organised(organiser, event_id)
        scope = f"email-invitations/{event_id}"
        (after,) = self._cursors.read(scope, cursor, tuple[int]) if cursor else (0,)
        rows = await self._addresses.page(event_id, self._clock.now(), after, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.id,))
        items = [
            EmailInvitationRead(
                row.id, self._book.address(row), row.invited_by, row.message, row.sent_at, row.expires_at
            )
            for row in kept
        ]
        return Page(items=items, next_cursor=following)

    async def revoke_addressed(self, organiser: Principal, event_id: int, invitation_id: int) -> None:
        """Take the invitation of an address back, and forget the address."""
        await self._organised(organiser, event_id)
        async with self._database.transaction() as session:
            await self._locked(session, organiser, event_id)
            if not await self._addresses.revoke(session, event_id, invitation_id):
                raise NotFound("This address is not invited.")

    async def _organised(self, member: Principal, event_id: int) -> Asking:
        return _run(await self._repository.asking(event_id, member.username))

    async def _lock(self, session: AsyncSession, organiser: Principal, event_id: int) -> Asking:
        """Lock an event that takes answers, and is the organiser's still; return it."""
        event, is_open = await self._locked(session, organiser, event_id)
        if not is_open:
            raise WrongState("An event invites while it is published and takes answers.")
        return event

    async def _locked(self, session: AsyncSession, organiser: Principal, event_id: int) -> tuple[Asking, bool]:
        """Lock an event that is the organiser's still: he may have been dismissed; say whether it takes answers."""
        is_open = await self._seats.lock(session, event_id, self._clock.now())
        return _run(await self._repository.asking_within(session, event_id, organiser.username)), is_open

    async def _tell(
        self, session: AsyncSession, event: Asking, occasion: Occasion, by: str, names: Sequence[str]
    ) -> None:
        # a message without names is one as well: nothing here shows how many of those who are asked are there
        await self._publish(
            session,
            *(
                InvitationSent(
                    event_id=event.event_id, occasion=occasion, invited_by=by, title=event.title,
                    start_date=event.start_date, timezone=event.timezone,
                    usernames=[*names[first : first + _TOLD_AT_ONCE]],
                )
                for first in range(0, max(len(names), 1), _TOLD_AT_ONCE)
            ),
        )  # fmt: skip

    async def _name_of(self, username: str) -> str:
        """Return what strangers are told of who invites: the name if he shows it to everybody."""
        cards = await cards_of(self._directory, [username], None)
        return cards[username].name or username


class OwnInvitationService:
    """Shows members their invitations, and lets them answer."""

    def __init__(
        self, database: Database, repository: InvitationRepository, emails: EmailInvitations,
        addresses: EmailInvitationRepository, book: AddressBook, events: EventRepository,
        participations: ParticipationService, seats: SeatRepository, directory: UserDirectory,
        links: EventLinks, *, cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._links = links
        self._database, self._repository, self._emails = database, repository, emails
        self._addresses, self._book, self._events = addresses, book, events
        self._participations, self._seats, self._directory = participations, seats, directory
        self._cursors, self._clock = cursors, clock

    async def page(
        self, member: Principal, wanted: Wanted, cursor: str | None, limit: int, *, include_total: bool
    ) -> Page[MyInvitationRead]:
        """Return the member's invitations, the latest first; open are those he can still answer."""
        status, now, scope = None if wanted == "all" else wanted, self._clock.now(), f"my-invitations/{wanted}"
        (before,) = self._cursors.read(scope, cursor, tuple[int]) if cursor else (MAX_ID,)
        hidden = await hidden_from(self._directory, member.username)
        rows = await self._repository.own_page(member.username, now, status, hidden, before, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.id,))
        total: int | UnsetType = UNSET
        if include_total:
            total = await self._repository.own_count(member.username, now, status, hidden)
        return Page(items=await self._shown(member, kept), next_cursor=following, total=total)

    async def accept(self, member: Principal, invitation_id: int) -> RsvpRead:
        """Answer that he comes, which takes a seat or a place on the waitlist; guests he named stay named."""
        return await self._answer(member, invitation_id, "GOING")

    async def decline(self, member: Principal, invitation_id: int) -> RsvpRead:
        """Answer that he does not come."""
        return await self._answer(member, invitation_id, "NOT_GOING")

    async def read(self, member: Principal, invitation_id: int) -> MyInvitationRead:
        """Mark an invitation as read, and return it."""
        row = await self._own(member, invitation_id)
        async with self._database.transaction() as session:
            await self._repository.mark_read(session, member.username, row.id)
        return await self._read(member, await self._own(member, invitation_id))

    async def redeem(self, member: Principal, token: str) -> MyInvitationRead:
        """Turn the invitation of an address into one of the member who has confirmed it, once.

        Raises `InvitationNotValid`, whatever is wrong.
        """
        hashed, now = token_hash(token), self._clock.now()
        found = await self._addresses.by_token(hashed, now)
        address = self._book.address(found) if found else ""
        # asked of every token: the time tells nothing of it
        is_his = await self._directory.has_address(member.username, address)
        hidden = await self._directory.hidden(member.username)
        if found is None or not is_his or found.invited_by in hidden:
            raise InvitationNotValid
        async with self._database.transaction() as session:
            is_open = await self._seats.lock(session, found.event_id, now)
            if not is_open or not await self._addresses.spend(session, found.id, hashed):
                raise InvitationNotValid
            await self._repository.give(
                session, found.event_id, member.username, invited_by=found.invited_by, message=found.message,
                expires_at=found.expires_at, now=now,
            )  # fmt: skip
            await self._seats.promote(session, found.event_id, now)
        row = await self._repository.own_at(member.username, self._clock.now(), found.event_id)
        if row is None:
            raise NotFound
        return await self._read(member, row)

    async def opt_out(self, token: str) -> None:
        """Let the address a mail went to be mailed no invitations any more; raise `Malformed` for a made-up token."""
        hashed = self._emails.opted_out(token)
        async with self._database.transaction() as session:
            await self._addresses.opt_out(session, hashed, self._clock.now())

    async def _answer(self, member: Principal, invitation_id: int, answer: Answer) -> RsvpRead:
        row = await self._own(member, invitation_id)
        guests = row.guests if answer == "GOING" else 0
        return await self._participations.answer(
            member, row.event_id, RsvpPut(status=answer, guests=guests, message=row.note)
        )

    async def _own(self, member: Principal, invitation_id: int) -> OwnRow:
        row = await self._repository.own(member.username, self._clock.now(), invitation_id)
        if row is None:
            raise NotFound
        return row

    async def _read(self, member: Principal, row: OwnRow) -> MyInvitationRead:
        shown = await self._shown(member, [row])
        if not shown:  # it went between the two statements
            raise NotFound
        return shown[0]

    async def _shown(self, member: Principal, rows: Sequence[OwnRow]) -> list[MyInvitationRead]:
        """Return invitations with their events, as far as the member may see them at this moment."""
        found = await self._events.seen([row.event_id for row in rows], member.username) if rows else []
        events = {event.id: event for event in found}
        names = {name for event in found if (name := event.created_by_username)}
        names |= {row.invited_by for row in rows if row.invited_by}
        cards = await cards_of(self._directory, names, member.username)
        return [self._own_read(row, events[row.event_id], cards, member) for row in rows if row.event_id in events]

    def _own_read(
        self, row: OwnRow, event: EventRead, cards: Mapping[str, MemberCard], member: Principal
    ) -> MyInvitationRead:
        answered = row.status not in {"open", "expired"}
        event = replace(
            event,
            organizer=cards.get(event.created_by_username or ""),
            banner=self._links.banner(event.id, event.banner, member.username),
        )
        return MyInvitationRead(
            id=row.id, event=event, invited_by=cards[row.invited_by] if row.invited_by else None, message=row.message,
            status=row.status, is_read=row.is_read or answered, is_responded=answered, created_at=row.created_at,
            expires_at=row.expires_at,
        )  # fmt: skip


def _run(event: Asking | None) -> Asking:
    """Return an event its viewer runs; raise `NotFound` or `NotOrganiser`."""
    if event is None:
        raise NotFound
    if not event.organises:
        raise NotOrganiser
    return event


def _invitation(row: InvitationRow, card: MemberCard) -> InvitationRead:
    answered = row.status not in {"open", "expired"}
    return InvitationRead(
        username=row.username, name=card.name, photo=card.photo, degraded=card.degraded or UNSET,
        invited_by=row.invited_by, message=row.message, status=row.status, is_read=row.is_read or answered,
        is_responded=answered, created_at=row.created_at, expires_at=row.expires_at, reminded_at=row.reminded_at,
    )  # fmt: skip
