"""Use cases of profiles."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound
from ijaa.shared.outbox import Publish
from ijaa.shared.principals import Principal
from ijaa.shared.text import fold
from ijaa.users.errors import refuse
from ijaa.users.messages import ProfileUpdated
from ijaa.users.profiles.domain import audiences, cleaned, merged, relation, unfit, visible_fields
from ijaa.users.profiles.models import Profile
from ijaa.users.profiles.repository import ProfileRepository, StoredProfile
from ijaa.users.profiles.schemas import MemberRead, ProfilePatch, ProfileRead

KEY_LENGTH = 200
_ON_CARDS = frozenset({"name", "photo", "visibility"})
"""What other modules show of a profile, and so are told of."""
Precondition = Callable[[int], None]
"""Refuses a version the client did not expect."""


class ProfileService:
    """Shows and edits profiles."""

    def __init__(self, database: Database, repository: ProfileRepository, publish: Publish, clock: Clock) -> None:
        self._database, self._repository, self._publish, self._clock = database, repository, publish, clock

    async def own(self, member: Principal) -> tuple[ProfileRead, int]:
        """Return the member's own profile and its version."""
        if (stored := await self._repository.own(member.username)) is None:
            raise NotFound
        return _complete(stored, stored.chosen), stored.version

    async def edit(self, member: Principal, patch: ProfilePatch, precondition: Precondition) -> tuple[ProfileRead, int]:
        """Change the member's own profile; returns it with its new version."""
        async with self._database.transaction() as session:
            profile = await self.change(session, member, patch, precondition)
        return _complete(profile, profile.visibility), profile.version

    async def change(
        self, session: AsyncSession, member: Principal, patch: ProfilePatch, precondition: Precondition
    ) -> Profile:
        """Change the member's own profile in a transaction; an equal value changes nothing, its version neither."""
        changes = cleaned(patch.changes())
        refuse(list(unfit(changes)))
        profile = await self._repository.lock(session, member.username)
        if profile is None:
            raise NotFound
        precondition(profile.version)
        if "visibility" in changes:
            asked = changes["visibility"]
            changes["visibility"] = merged(profile.visibility, asked and asked.changes())
        if "name" in changes:
            changes["name_key"] = name_key(changes["name"])
        changed = {field: value for field, value in changes.items() if getattr(profile, field) != value}
        for field, value in changed.items():
            setattr(profile, field, value)
        if changed:
            profile.updated_at = self._clock.now()
            if changed.keys() & _ON_CARDS:
                await self._publish(session, ProfileUpdated(username=profile.username))
        await session.flush()
        return profile

    async def seen(self, username: str, viewer: Principal | None) -> MemberRead:
        """Return a member as `viewer` may see him; raise `NotFound` for one nobody can see, known or not."""
        name = viewer.username if viewer else None
        if (stored := await self._repository.seen(username, name, self._clock.now())) is None:
            raise NotFound
        to = relation(name, stored.username, connected=stored.connected)
        visible: dict[str, Any] = {field: getattr(stored, field) for field in visible_fields(stored.visibility, to)}
        return MemberRead(stored.username, **visible, connections=stored.connections)


def name_key(name: str) -> str:
    """Return the search key of a name, cut to its column: folding can make a text longer."""
    return fold(name)[:KEY_LENGTH]


def _complete(profile: StoredProfile | Profile, chosen: Any) -> ProfileRead:
    plain = {name: getattr(profile, name) for name in ProfileRead.__struct_fields__ if name != "visibility"}
    return ProfileRead(**plain, visibility=audiences(chosen))
