"""Use cases of organisers."""

from collections.abc import Callable

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.cards import cards_on_duty
from ijaa.events.errors import IsOwner, NotOrganiser, NotOwner, TooManyOrganisers, WrongState
from ijaa.events.messages import OrganiserAppointed
from ijaa.events.organisers.domain import MOST, AnyRole, Role, runs
from ijaa.events.organisers.repository import Duty, Locked, Organiser, OrganiserRepository
from ijaa.events.organisers.schemas import OrganiserRead
from ijaa.events.ports import MemberCard, UserDirectory
from ijaa.events.seats.repository import SeatRepository
from ijaa.events.tables import AUDIT_LOG
from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Invalid, NotFound, Violation
from ijaa.shared.live import Tell
from ijaa.shared.outbox import Publish
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal

Pseudonym = Callable[[str], str]
"""Returns what stands for a username in the audit log: this module knows no public ids of members."""


class OrganiserService:
    """Appoints and dismisses those who run events beside their owners."""

    def __init__(
        self, database: Database, repository: OrganiserRepository, seats: SeatRepository, directory: UserDirectory,
        *, publish: Publish, tell: Tell, pseudonym: Pseudonym, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository, self._seats = database, repository, seats
        self._directory, self._publish, self._tell = directory, publish, tell
        self._pseudonym, self._clock = pseudonym, clock

    async def page(self, member: Principal, event_id: int) -> Page[OrganiserRead]:
        """Return everybody who has a role at an event, for those who run it: few enough for one page."""
        if not runs((await self._duty(member, event_id)).role):
            raise NotOrganiser
        rows = await self._repository.list(event_id)
        cards = await cards_on_duty(self._directory, [row.username for row in rows], member.username)
        return Page(items=[_read(row, cards[row.username]) for row in rows], next_cursor=None)

    async def appoint(self, owner: Principal, event_id: int, username: str, role: Role) -> OrganiserRead:
        """Give a member a role, or another one than he has.

        Raises `NotFound`, always alike, for whoever is no active member as far as the owner can see; whoever has a
        role already is not looked for again.
        """
        username = username.lower()
        self._refuse_others(await self._duty(owner, event_id))
        if await self._repository.role_of(event_id, username) is None:
            await self._refuse_strangers(owner, username)
        async with self._database.transaction() as session:
            event = await self._locked(session, owner, event_id)
            self._refuse_owner(event, username)
            held = await self._repository.held(session, event_id)
            if username not in held and len(held) >= MOST:
                raise TooManyOrganisers
            now = self._clock.now()
            found = await self._repository.put(session, event_id, username, role, owner.username, now)
            if (before := held.get(username)) != role:
                action = "organiser-role-changed" if before else "organiser-appointed"
                await self._record(session, owner, action, event_id, username, role=role)
                await self._publish(session, _appointed(event, event_id, username, role))
        cards = await cards_on_duty(self._directory, [username], owner.username)
        return _read(found, cards[username])

    async def dismiss(self, member: Principal, event_id: int, username: str) -> None:
        """Take a role away: the owner anybody's, everybody his own; nothing happens where there is none."""
        username = username.lower()
        duty = await self._duty(member, event_id)
        resigning = username == member.username and duty.role is not None
        if not resigning:
            self._refuse_others(duty)
        async with self._database.transaction() as session:
            self._refuse_owner(await self._locked(session, None if resigning else member, event_id), username)
            if role := await self._repository.remove(session, event_id, username):
                action = "organiser-resigned" if resigning else "organiser-dismissed"
                await self._record(session, member, action, event_id, username, role=role)

    async def hand_over(self, admin: Principal, event_id: int, username: str) -> OrganiserRead:
        """Put an active member on an event that needs an organiser; it takes answers again, and promotes at once."""
        username = username.lower()
        if (await self._directory.standings([username]))[username] != "active":
            raise Invalid([Violation("/username", "is not the name of an active member")])
        now = self._clock.now()
        async with self._database.transaction() as session:
            event = await self._repository.lock(session, event_id)
            if event is None:
                raise NotFound
            if event.status != "NEEDS_ORGANISER":
                raise WrongState("Only an event that needs an organiser is given one.")
            await self._repository.hand_over(session, event_id, username, now)
            await self._seats.promote(session, event_id, now)
            self._tell(session, str(event_id))
            await self._record(session, admin, "event-handed-over", event_id, username)
            await self._publish(session, _appointed(event, event_id, username, "ORGANISER"))
        cards = await cards_on_duty(self._directory, [username], username)
        return _read(Organiser(username, "ORGANISER", None, None), cards[username])

    async def _duty(self, member: Principal, event_id: int) -> Duty:
        duty = await self._repository.duty(event_id, member.username)
        if duty is None:
            raise NotFound
        return duty

    def _refuse_others(self, duty: Duty) -> None:
        if not runs(duty.role):
            raise NotOrganiser
        if duty.role != "ORGANISER":
            raise NotOwner

    async def _refuse_strangers(self, owner: Principal, username: str) -> None:
        """Raise the same for a name nobody has, one that is suspended, and one that a block hides."""
        standing = (await self._directory.standings([username]))[username]
        hidden = await self._directory.hidden(owner.username)
        if standing != "active" or username in hidden:
            raise NotFound("There is no such member.")

    async def _locked(self, session: AsyncSession, owner: Principal | None, event_id: int) -> Locked:
        """Lock an event, which is still `owner`'s where one is given."""
        event = await self._repository.lock(session, event_id)
        if event is None or (owner is not None and event.owner != owner.username):
            raise NotFound
        return event

    def _refuse_owner(self, event: Locked, username: str) -> None:
        if event.owner == username:
            raise IsOwner

    async def _record(
        self, session: AsyncSession, actor: Principal, action: str, event_id: int, username: str, **details: str
    ) -> None:
        await audit.record(
            session, AUDIT_LOG, at=self._clock.now(), action=action, actor=actor.user_id,
            subject=self._pseudonym(username), details={"event_id": event_id, **details},
        )  # fmt: skip


def _appointed(event: Locked, event_id: int, username: str, role: AnyRole) -> OrganiserAppointed:
    return OrganiserAppointed(
        username=username, event_id=event_id, title=event.title, start_date=event.start_date, timezone=event.timezone,
        role=role,
    )  # fmt: skip


def _read(row: Organiser, card: MemberCard) -> OrganiserRead:
    return OrganiserRead(
        username=row.username, name=card.name, photo=card.photo, degraded=card.degraded or UNSET,
        role=row.role, added_by=row.added_by, created_at=row.created_at,
    )  # fmt: skip
