"""What clients send and get about media."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ijaa.events.media.domain import MediaType
from ijaa.events.ports import MemberCard
from ijaa.shared.schema import Patch, View

Caption = Annotated[str, Meta(max_length=200)]


class MediumPatch(Patch, frozen=True, kw_only=True):
    """Changes of a medium (RFC 7396)."""

    caption: Caption | UnsetType | None = UNSET


class MediumRead(View, frozen=True, kw_only=True):
    """A medium as one viewer may see it."""

    id: int
    event_id: int
    media_type: MediaType
    file_type: str
    file_size: int
    """Bytes that are kept, all variants together."""
    width: int | None
    height: int | None
    caption: str | None
    is_approved: bool
    likes: int
    liked: bool
    """Whether the viewer likes it."""
    uploaded_by: MemberCard
    file_url: str
    """A link that is good for a few hours, for as long as its viewer sees the medium."""
    card_url: str | None
    """Of an image: the same within 320 pixels."""
    thumbnail_url: str | None
    """Of an image: the middle of it, 96 pixels wide and high."""
    version: int
    created_at: datetime
    updated_at: datetime


class OwnFile(msgspec.Struct, frozen=True):
    """A file somebody uploaded, for an archive of his own."""

    name: str
    media_type: str
