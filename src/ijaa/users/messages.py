"""What the users module tells others: facts about members, no more of them than others need."""

from typing import ClassVar, Literal

from ijaa.shared.messages import Message

Standing = Literal["active", "suspended", "erased"]


class ProfileUpdated(Message, frozen=True, kw_only=True):
    """A member changed his name or photo, or who may see them."""

    TYPE: ClassVar[str] = "ijaa.users.profile-updated.v1"

    username: str


class StandingChanged(Message, frozen=True, kw_only=True):
    """A member was confirmed, suspended or is so no more, was asked to leave or erased; who leaves is `suspended`."""

    TYPE: ClassVar[str] = "ijaa.users.standing-changed.v1"

    username: str
    standing: Standing


class BlocksChanged(Message, frozen=True, kw_only=True):
    """Blocks hide others from a member, or others again do not; whom, the directory knows."""

    TYPE: ClassVar[str] = "ijaa.users.blocks-changed.v1"

    username: str


PUBLISHED: tuple[type[Message], ...] = (ProfileUpdated, StandingChanged, BlocksChanged)
