"""What goes in and out of the profile routes."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Patch, View
from ijaa.users.identifiers import Email
from ijaa.users.profiles.domain import Audience

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Line = Annotated[str, Meta(max_length=100)]
Text = Annotated[str, Meta(max_length=1000)]
Phone = Annotated[str, Meta(max_length=20)]
Batch = Annotated[str, Meta(max_length=10)]
# a scheme is either http(s) or not there: what is stored here becomes a link
Link = Annotated[str, Meta(max_length=300, pattern=r"^((https?://)?[^\s:/?#@]+\.[^\s]+)?$")]


class VisibilityPatch(Patch, frozen=True, kw_only=True):
    """Audiences to change; null goes back to the default."""

    name: Audience | UnsetType | None = UNSET
    former_name: Audience | UnsetType | None = UNSET
    nickname: Audience | UnsetType | None = UNSET
    profession: Audience | UnsetType | None = UNSET
    location: Audience | UnsetType | None = UNSET
    bio: Audience | UnsetType | None = UNSET
    phone: Audience | UnsetType | None = UNSET
    email: Audience | UnsetType | None = UNSET
    linked_in: Audience | UnsetType | None = UNSET
    website: Audience | UnsetType | None = UNSET
    facebook: Audience | UnsetType | None = UNSET
    batch: Audience | UnsetType | None = UNSET
    photo: Audience | UnsetType | None = UNSET
    cover: Audience | UnsetType | None = UNSET
    experiences: Audience | UnsetType | None = UNSET
    interests: Audience | UnsetType | None = UNSET


class ProfilePatch(Patch, frozen=True, kw_only=True):
    """Changes to one's own profile; null, or nothing but white space, clears."""

    name: Name | UnsetType = UNSET
    former_name: Line | UnsetType | None = UNSET
    nickname: Line | UnsetType | None = UNSET
    profession: Line | UnsetType | None = UNSET
    location: Line | UnsetType | None = UNSET
    bio: Text | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    """The address shown on the profile; the one of the account stays."""
    linked_in: Link | UnsetType | None = UNSET
    website: Link | UnsetType | None = UNSET
    facebook: Link | UnsetType | None = UNSET
    batch: Batch | UnsetType | None = UNSET
    visibility: VisibilityPatch | UnsetType | None = UNSET


class ProfileRead(View, frozen=True):
    """One's own profile, complete."""

    username: str
    name: str
    former_name: str | None
    nickname: str | None
    profession: str | None
    location: str | None
    bio: str | None
    phone: str | None
    email: str | None
    linked_in: str | None
    website: str | None
    facebook: str | None
    batch: str | None
    photo: str | None
    cover: str | None
    visibility: dict[str, Audience]
    updated_at: datetime


class MemberRead(View, frozen=True):
    """A member as the viewer may see him: a field that is hidden looks like one that is empty."""

    username: str
    name: str | None = None
    former_name: str | None = None
    nickname: str | None = None
    profession: str | None = None
    location: str | None = None
    bio: str | None = None
    phone: str | None = None
    email: str | None = None
    linked_in: str | None = None
    website: str | None = None
    facebook: str | None = None
    batch: str | None = None
    photo: str | None = None
    cover: str | None = None
    connections: int | None = None
    """How many connections the member has with people the viewer could see; null for the public."""


class MemberCard(View, frozen=True):
    """A member as others see him beside something else; what is hidden from the viewer is null."""

    username: str
    name: str | None
    photo: str | None


class SharedCard(View, frozen=True):
    """The cards of one member, by what a viewer is to him."""

    public: MemberCard
    member: MemberCard
    own: MemberCard
    personal: bool
    """Whether some members see another card than `member`."""


class MemberContext(View, frozen=True):
    """What a member said of himself, and whom he is connected with: for nobody but him."""

    interests: list[str]
    location: str | None
    connections: list[str]


Standing = Literal["active", "suspended", "unknown"]
"""Where a member stands; who never confirmed his address is unknown."""
