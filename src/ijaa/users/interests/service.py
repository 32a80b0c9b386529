"""Use cases of interests."""

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.users.errors import InterestExists, ListFull, refuse
from ijaa.users.interests.domain import MOST, SHORTEST, key, unfit
from ijaa.users.interests.models import Interest
from ijaa.users.interests.repository import InterestRepository
from ijaa.users.interests.schemas import InterestCreate, InterestPatch, InterestRead, Suggestions
from ijaa.users.listing import Renew
from ijaa.users.profiles.service import Precondition, ProfileService


class InterestService:
    """Shows and edits what members care for, and suggests what others do."""

    def __init__(
        self, database: Database, repository: InterestRepository, profiles: ProfileService, renew: Renew, clock: Clock
    ) -> None:
        self._database, self._repository, self._clock = database, repository, clock
        self._profiles, self._renew = profiles, renew

    async def own(self, member: Principal) -> Page[InterestRead]:
        """Return the member's interests, all of them."""
        return await self.of(member.username)

    async def of(self, username: str) -> Page[InterestRead]:
        """Return the interests of a member to somebody who is known to see them."""
        return Page(items=await self._repository.of(username), next_cursor=None)

    async def seen(self, username: str, viewer: Principal | None) -> Page[InterestRead]:
        """Return the interests of a member; hidden ones look like none, `NotFound` is raised as for a profile."""
        whose = await self._profiles.shown_list(username, viewer, "interests")
        return Page(items=[], next_cursor=None) if whose is None else await self.of(whose)

    async def suggested(self, member: Principal, beginning: str) -> Suggestions:
        """Return what others care for and begins like this, without what the member has already."""
        if len(sought := key(beginning)) < SHORTEST:
            return Suggestions([])
        return Suggestions(await self._repository.suggested(member.username, sought, self._clock.now()))

    async def add(self, member: Principal, given: InterestCreate) -> InterestRead:
        """Add an interest; raise `InterestExists` for one in other letters, `ListFull` beside fifty."""
        interest, now = given.interest.strip(), self._clock.now()
        refuse(list(unfit(interest)))
        async with self._database.transaction() as session:
            user_id = await self._locked_list(session, member)
            count, there = await self._repository.beside(session, user_id, key(interest))
            if there:
                raise InterestExists
            if count >= MOST:
                raise ListFull(f"A member may have {MOST} interests.")
            added = Interest(
                user_id=user_id, interest=interest, interest_key=key(interest), created_at=now, updated_at=now
            )
            session.add(added)
            await session.flush()
            await self._renew(session, [user_id])
            return _read(added)

    async def edit(
        self, member: Principal, interest_id: int, patch: InterestPatch, precondition: Precondition
    ) -> InterestRead:
        """Change the words of an interest; the same words change nothing."""
        async with self._database.transaction() as session:
            user_id = await self._locked_list(session, member)
            interest = await self._locked(session, user_id, interest_id)
            precondition(interest.version)
            words = interest.interest if patch.interest is UNSET else patch.interest.strip()
            refuse(list(unfit(words)))
            if words != interest.interest:
                if (await self._repository.beside(session, user_id, key(words), interest_id))[1]:
                    raise InterestExists
                interest.interest, interest.interest_key = words, key(words)
                interest.updated_at = self._clock.now()
            await session.flush()
            await self._renew(session, [user_id])
            return _read(interest)

    async def remove(self, member: Principal, interest_id: int, precondition: Precondition) -> None:
        """Remove an interest."""
        async with self._database.transaction() as session:
            interest = await self._locked(session, await self._locked_list(session, member), interest_id)
            precondition(interest.version)
            await session.delete(interest)
            await session.flush()
            await self._renew(session, [interest.user_id])

    async def _locked_list(self, session: AsyncSession, member: Principal) -> int:
        if (user_id := await self._repository.lock_list(session, member.username)) is None:
            raise NotFound
        return user_id

    async def _locked(self, session: AsyncSession, user_id: int, interest_id: int) -> Interest:
        if (found := await self._repository.lock(session, user_id, interest_id)) is None:
            raise NotFound
        return found


def _read(interest: Interest) -> InterestRead:
    return InterestRead(interest.id, interest.interest, interest.version)
