"""SQL of experiences."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.experiences.models import Experience
from ijaa.users.experiences.schemas import ExperienceRead
from ijaa.users.locks import lock_profile
from ijaa.users.profiles.models import Profile

_OF = f"""
SELECT {columns(ExperienceRead, "e")} FROM experiences e JOIN profiles p ON p.user_id = e.user_id
WHERE p.username = $1
ORDER BY e.start_date IS NOT NULL AND e.end_date IS NULL DESC, e.end_date DESC NULLS LAST,
         e.start_date DESC NULLS LAST, e.id DESC
"""


class ExperienceRepository:
    """Experiences, by the member they are of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, username: str) -> list[ExperienceRead]:
        """Return a member's experiences: those that last first, then the latest, then those without dates."""
        return await self._database.fetch(ExperienceRead, _OF, username)

    async def lock_list(self, session: AsyncSession, username: str) -> tuple[int, int] | None:
        """Return whose list this is and how many are in it; nobody else adds before the transaction ends."""
        user_id = await lock_profile(session, username)
        if user_id is None:
            return None
        count = await session.scalar(select(func.count()).where(Experience.user_id == user_id))
        return user_id, count or 0

    async def lock(self, session: AsyncSession, username: str, experience_id: int) -> Experience | None:
        """Return an experience of the member to change."""
        owner = select(Profile.user_id).where(Profile.username == username).scalar_subquery()
        found: Experience | None = await session.scalar(
            select(Experience).where(Experience.id == experience_id, Experience.user_id == owner).with_for_update()
        )
        return found
