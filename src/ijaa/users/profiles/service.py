"""Use cases of profiles."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound
from ijaa.shared.outbox import Publish
from ijaa.shared.principals import Principal
from ijaa.shared.text import fold
from ijaa.users.errors import refuse
from ijaa.users.links import FileLinks
from ijaa.users.listing import Renew
from ijaa.users.messages import ProfileUpdated
from ijaa.users.profiles.domain import (
    CHOSEN,
    Audience,
    ListName,
    Relation,
    audience_of,
    audiences,
    cleaned,
    merged,
    relation,
    unfit,
    visible_fields,
    visible_lists,
)
from ijaa.users.profiles.models import Profile
from ijaa.users.profiles.repository import ProfileRepository, StoredProfile
from ijaa.users.profiles.schemas import MemberCard, MemberRead, ProfilePatch, ProfileRead

KEY_LENGTH = 200
_ON_CARDS = frozenset({"name", "photo", "visibility"})
"""What other modules show of a profile, and so are told of."""
_FOUND_BY = frozenset({"name", "former_name", "nickname", "profession", "location", "batch", "visibility"})
"""What members are found by."""
_FILES = ("photo", "cover")
"""The fields that hold the path of a file."""
Precondition = Callable[[int], None]
"""Refuses a version the client did not expect."""


class ProfileService:
    """Shows and edits profiles."""

    def __init__(
        self,
        database: Database,
        repository: ProfileRepository,
        links: FileLinks,
        *,
        publish: Publish,
        renew: Renew,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._links, self._clock = database, repository, links, clock
        self._publish, self._renew = publish, renew

    async def own(self, member: Principal) -> tuple[ProfileRead, int]:
        """Return the member's own profile and its version."""
        if (stored := await self._repository.own(member.username)) is None:
            raise NotFound
        return self.complete(stored), stored.version

    async def edit(self, member: Principal, patch: ProfilePatch, precondition: Precondition) -> tuple[ProfileRead, int]:
        """Change the member's own profile; returns it with its new version."""
        async with self._database.transaction() as session:
            profile = await self.change(session, member, patch, precondition)
        return self.complete(profile), profile.version

    async def change(
        self, session: AsyncSession, member: Principal, patch: ProfilePatch, precondition: Precondition
    ) -> Profile:
        """Change the member's own profile in a transaction; an equal value changes nothing, its version neither."""
        changes = cleaned(patch.changes())
        refuse(list(unfit(changes)))
        profile = await self.locked(session, member)
        precondition(profile.version)
        if "visibility" in changes:
            asked = changes["visibility"]
            changes["visibility"] = merged(profile.visibility, asked and asked.changes())
        if "name" in changes:
            changes["name_key"] = name_key(changes["name"])
        await self.apply(session, profile, changes)
        return profile

    async def locked(self, session: AsyncSession, member: Principal) -> Profile:
        """Return the member's own profile; nobody else changes it before the transaction ends."""
        if (profile := await self._repository.lock(session, member.username)) is None:
            raise NotFound
        return profile

    async def apply(self, session: AsyncSession, profile: Profile, changes: Mapping[str, Any]) -> None:
        """Give fields of a locked profile these values, and tell others what they show of it."""
        changed = {field: value for field, value in changes.items() if getattr(profile, field) != value}
        for field, value in changed.items():
            setattr(profile, field, value)
        if changed:
            profile.updated_at = self._clock.now()
            if changed.keys() & _ON_CARDS:
                await self._publish(session, ProfileUpdated(username=profile.username))
        await session.flush()
        if changed.keys() & _FOUND_BY:
            await self._renew(session, [profile.user_id])

    async def seen(self, username: str, viewer: Principal | None) -> MemberRead:
        """Return a member as `viewer` may see him; raise `NotFound` for one nobody can see, known or not."""
        name = viewer.username if viewer else None
        if (stored := await self._repository.seen(username, name, self._clock.now())) is None:
            raise NotFound
        to = relation(name, stored.username, connected=stored.connected)
        return self._seen(stored, to)

    async def shown_list(self, username: str, viewer: Principal | None, name: ListName) -> str | None:
        """Return whose list of this name `viewer` is shown, None where it is hidden; raise `NotFound` as `seen`."""
        by = viewer.username if viewer else None
        if (found := await self._repository.showing(username, by, self._clock.now())) is None:
            raise NotFound
        to = relation(by, found.username, connected=found.connected)
        return found.username if name in visible_lists(found.visibility, to) else None

    async def seen_as(self, member: Principal, to: Relation) -> tuple[MemberRead, Sequence[ListName]]:
        """Return the member as somebody who is `to` him sees him, and the lists such a viewer is shown."""
        name = member.username
        if (stored := await self._repository.seen(name, name, self._clock.now())) is None:
            raise NotFound
        shown = self._seen(stored, to)
        if to is Relation.PUBLIC:
            shown = replace(shown, connections=None)
        return shown, visible_lists(stored.visibility, to)

    def _seen(self, stored: StoredProfile, to: Relation) -> MemberRead:
        visible: dict[str, Any] = {field: getattr(stored, field) for field in visible_fields(stored.visibility, to)}
        if visible.get("photo") or visible.get("cover"):
            visible |= self._shown({field: visible.get(field) for field in _FILES}, stored.chosen)
        return MemberRead(stored.username, **visible, connections=stored.connections)

    def complete(self, profile: StoredProfile | Profile) -> ProfileRead:
        """Return a profile as its owner sees it."""
        chosen = profile.chosen if isinstance(profile, StoredProfile) else profile.visibility
        plain = {name: getattr(profile, name) for name in ProfileRead.__struct_fields__ if name != "visibility"}
        plain |= self._shown({field: plain[field] for field in _FILES}, chosen)
        return ProfileRead(**plain, visibility=audiences(chosen))

    def _shown(self, stored: Mapping[str, str | None], chosen: Mapping[str, Audience]) -> dict[str, str | None]:
        return {field: self._links.shown(path, audience_of(field, chosen)) for field, path in stored.items()}


class Shown(Protocol):
    """What a card is made of."""

    @property
    def username(self) -> str: ...  # noqa: D102 - a field

    @property
    def name(self) -> str: ...  # noqa: D102 - a field

    @property
    def photo(self) -> str | None: ...  # noqa: D102 - a field

    @property
    def visibility(self) -> str:
        """JSON."""
        ...


class Cards:
    """Makes the cards of members, by what a viewer is to each."""

    def __init__(self, links: FileLinks) -> None:
        self._links = links

    def card(self, stored: Shown, to: Relation) -> MemberCard:
        """Return a member as somebody who is `to` him sees him beside something else."""
        visible = visible_fields(stored.visibility, to)
        photo = stored.photo if "photo" in visible else None
        if photo:
            photo = self._links.shown(photo, audience_of("photo", CHOSEN.decode(stored.visibility)), "card")
        return MemberCard(username=stored.username, name=stored.name if "name" in visible else None, photo=photo)


def name_key(name: str) -> str:
    """Return the search key of a name, cut to its column: folding can make a text longer."""
    return fold(name)[:KEY_LENGTH]
