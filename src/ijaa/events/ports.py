"""What events needs from outside."""

from collections.abc import Collection, Mapping
from typing import Literal, Protocol

import msgspec


class MemberCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member as others see him beside an event; `degraded` when he could not be looked up just now."""

    username: str
    name: str | None
    photo: str | None
    degraded: bool = False


Standing = Literal["active", "suspended", "unknown"]


class UserDirectory(Protocol):
    """Knows the members, many at a time.

    Every method raises `Unavailable` when the answer cannot be had just now.
    """

    async def cards(self, usernames: Collection[str], viewer: str | None) -> Mapping[str, MemberCard]:
        """Return the cards `viewer` (None is the public) may see, by username; unknown names are left out."""
        ...

    async def standings(self, usernames: Collection[str]) -> Mapping[str, Standing]:
        """Return where each member stands; every name asked for is in the answer."""
        ...
