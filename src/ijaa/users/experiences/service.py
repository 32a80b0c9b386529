"""Use cases of experiences."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.users.errors import ListFull, refuse
from ijaa.users.experiences.domain import MOST, unfit, with_keys
from ijaa.users.experiences.models import Experience
from ijaa.users.experiences.repository import ExperienceRepository
from ijaa.users.experiences.schemas import ExperienceCreate, ExperiencePatch, ExperienceRead
from ijaa.users.listing import Renew
from ijaa.users.profiles.domain import cleaned
from ijaa.users.profiles.service import Precondition, ProfileService


class ExperienceService:
    """Shows and edits what members did."""

    def __init__(
        self, database: Database, repository: ExperienceRepository, profiles: ProfileService, renew: Renew, clock: Clock
    ) -> None:
        self._database, self._repository, self._clock = database, repository, clock
        self._profiles, self._renew = profiles, renew

    async def own(self, member: Principal) -> Page[ExperienceRead]:
        """Return the member's experiences, all of them."""
        return await self.of(member.username)

    async def of(self, username: str) -> Page[ExperienceRead]:
        """Return the experiences of a member to somebody who is known to see them."""
        return Page(items=await self._repository.of(username), next_cursor=None)

    async def seen(self, username: str, viewer: Principal | None) -> Page[ExperienceRead]:
        """Return the experiences of a member; hidden ones look like none, `NotFound` is raised as for a profile."""
        whose = await self._profiles.shown_list(username, viewer, "experiences")
        return Page(items=[], next_cursor=None) if whose is None else await self.of(whose)

    async def add(self, member: Principal, given: ExperienceCreate) -> ExperienceRead:
        """Add an experience; raise `ListFull` beside a hundred."""
        changes = with_keys(cleaned(msgspec.structs.asdict(given)))
        refuse(list(unfit(changes["title"], given.start_date, given.end_date)))
        now = self._clock.now()
        async with self._database.transaction() as session:
            if (found := await self._repository.lock_list(session, member.username)) is None:
                raise NotFound
            user_id, count = found
            if count >= MOST:
                raise ListFull(f"A member may have {MOST} experiences.")
            experience = Experience(user_id=user_id, created_at=now, updated_at=now, **changes)
            session.add(experience)
            await session.flush()
            await self._renew(session, [experience.user_id])
            return _read(experience)

    async def edit(
        self, member: Principal, experience_id: int, patch: ExperiencePatch, precondition: Precondition
    ) -> ExperienceRead:
        """Change an experience; real dates take the place of an imported period. An equal value changes nothing."""
        changes = with_keys(cleaned(patch.changes()))
        async with self._database.transaction() as session:
            experience = await self._locked(session, member, experience_id)
            precondition(experience.version)
            changed = {name: value for name, value in changes.items() if getattr(experience, name) != value}
            for name, value in changed.items():
                setattr(experience, name, value)
            refuse(list(unfit(experience.title, experience.start_date, experience.end_date)))
            if changed:
                experience.updated_at = self._clock.now()
                if experience.start_date or experience.end_date:
                    experience.period = None
            await session.flush()
            await self._renew(session, [experience.user_id])
            return _read(experience)

    async def remove(self, member: Principal, experience_id: int, precondition: Precondition) -> None:
        """Remove an experience."""
        async with self._database.transaction() as session:
            experience = await self._locked(session, member, experience_id)
            precondition(experience.version)
            await session.delete(experience)
            await session.flush()
            await self._renew(session, [experience.user_id])

    async def _locked(self, session: AsyncSession, member: Principal, experience_id: int) -> Experience:
        if (found := await self._repository.lock(session, member.username, experience_id)) is None:
            raise NotFound
        return found


def _read(experience: Experience) -> ExperienceRead:
    return ExperienceRead(**{name: getattr(experience, name) for name in ExperienceRead.__struct_fields__})
