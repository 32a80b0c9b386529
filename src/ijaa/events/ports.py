"""What events needs from outside."""

from collections.abc import Collection, Mapping
from typing import ClassVar, Literal, Protocol

import msgspec

from ijaa.shared.messages import Message


class MemberCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member as others see him beside an event; `degraded` when he could not be looked up just now."""

    username: str
    name: str | None
    photo: str | None
    degraded: bool = False


class SharedCard(msgspec.Struct, frozen=True, kw_only=True):
    """The cards of one member, by what a viewer is to him: what may be remembered and shown to more than one."""

    public: MemberCard
    member: MemberCard
    own: MemberCard
    personal: bool
    """Whether some members see another card than `member`; then each has to be asked for by himself."""


Standing = Literal["active", "suspended", "unknown"]


class UserDirectory(Protocol):
    """Knows the members, many at a time.

    Every method raises `Unavailable` when the answer cannot be had just now.
    """

    async def cards(self, usernames: Collection[str], viewer: str | None) -> Mapping[str, MemberCard]:
        """Return the cards `viewer` (None is the public) may see, by username; unknown names are left out."""
        ...

    async def shared_cards(self, usernames: Collection[str]) -> Mapping[str, SharedCard]:
        """Return the cards of members, by username; who has none for anybody is left out."""
        ...

    async def hidden(self, viewer: str) -> frozenset[str]:
        """Return the usernames of all whom blocks keep from a member's sight, whoever blocked whom.

        `cards` leaves them out by itself; a list leaves out their rows.
        """
        ...

    async def has_address(self, username: str, email: str) -> bool:
        """Whether this is the address a member has confirmed; nothing else of it is told."""
        ...

    async def standings(self, usernames: Collection[str]) -> Mapping[str, Standing]:
        """Return where each member stands; every name asked for is in the answer."""
        ...


class MemberContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a member said of himself, and whom he is connected with: for nobody but him."""

    interests: list[str]
    location: str | None
    connections: frozenset[str]
    """Those he can see, and none whom a block hides."""


class MemberInterests(Protocol):
    """Knows what somebody cares for."""

    async def of(self, username: str) -> MemberContext:
        """Return what is known of a member, to be shown to him alone; nothing of whom nobody knows.

        Raises `Unavailable` when the answer cannot be had just now.
        """
        ...


class ProfileUpdated(Message, frozen=True, kw_only=True):
    """A member changed his name or photo, or who may see them."""

    TYPE: ClassVar[str] = "ijaa.users.profile-updated.v1"

    username: str


class BlocksChanged(Message, frozen=True, kw_only=True):
    """Blocks hide others from a member, or others again do not."""

    TYPE: ClassVar[str] = "ijaa.users.blocks-changed.v1"

    username: str


class StandingChanged(Message, frozen=True, kw_only=True):
    """Where a member stands now; who leaves counts as suspended."""

    TYPE: ClassVar[str] = "ijaa.users.standing-changed.v1"

    username: str
    standing: Literal["active", "suspended", "erased"]
