"""What goes in and out of the profile routes."""

from datetime import datetime
from typing import Annotated

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


class VisibilityPatch(Patch):
    """Audiences to change; null goes back to the default."""

    name: Audience | None | UnsetType = UNSET
    profession: Audience | None | UnsetType = UNSET
    location: Audience | None | UnsetType = UNSET
    bio: Audience | None | UnsetType = UNSET
    phone: Audience | None | UnsetType = UNSET
    email: Audience | None | UnsetType = UNSET
    linked_in: Audience | None | UnsetType = UNSET
    website: Audience | None | UnsetType = UNSET
    facebook: Audience | None | UnsetType = UNSET
    batch: Audience | None | UnsetType = UNSET
    photo: Audience | None | UnsetType = UNSET
    cover: Audience | None | UnsetType = UNSET


class ProfilePatch(Patch):
    """Changes to one's own profile; null, or nothing but white space, clears."""

    name: Name | UnsetType = UNSET
    profession: Line | None | UnsetType = UNSET
    location: Line | None | UnsetType = UNSET
    bio: Text | None | UnsetType = UNSET
    phone: Phone | None | UnsetType = UNSET
    email: Email | None | UnsetType = UNSET
    """The address shown on the profile; the one of the account stays."""
    linked_in: Link | None | UnsetType = UNSET
    website: Link | None | UnsetType = UNSET
    facebook: Link | None | UnsetType = UNSET
    batch: Batch | None | UnsetType = UNSET
    visibility: VisibilityPatch | None | UnsetType = UNSET


class ProfileRead(View):
    """One's own profile, complete."""

    username: str
    name: str
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


class MemberRead(View):
    """A member as the viewer may see him: a field that is hidden looks like one that is empty."""

    username: str
    name: str | None = None
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
