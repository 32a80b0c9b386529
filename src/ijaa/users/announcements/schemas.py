"""What goes in and out of the routes of announcements."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Body, Patch, View
from ijaa.users.announcements.domain import BATCHES, AudienceKind, Category

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Content = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S", description="Markdown (CommonMark)")]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset")]
Batch = Annotated[str, Meta(min_length=1, max_length=10, pattern=r"^\S(.*\S)?$")]
Year = Annotated[str, Meta(min_length=4, max_length=4, pattern=r"^[0-9]{4}(?!\n)$")]
Place = Annotated[str, Meta(min_length=1, max_length=100)]


class Audience(Body, frozen=True, kw_only=True):
    """Whom it is for: everybody; those of some batches, listed or from year to year; those at a place."""

    kind: AudienceKind
    batches: Annotated[list[Batch], Meta(min_length=1, max_length=BATCHES)] | None = None
    batch_from: Year | None = None
    batch_to: Year | None = None
    """The last one; either end may be open."""
    location: Place | None = None
    """What a member's location is, or one of its parts between commas, whatever the case."""


class AnnouncementCreate(Body, frozen=True, kw_only=True):
    """A new announcement; it is visible from now on unless told otherwise."""

    title: Title
    content: Content
    category: Category = "GENERAL"
    urgent: bool = False
    pinned: bool = False
    active: bool = True
    audience: Audience = msgspec.field(default_factory=lambda: Audience(kind="all"))
    visible_from: Moment | None = None
    visible_until: Moment | None = None


class AnnouncementPatch(Patch, frozen=True, kw_only=True):
    """Changes of an announcement (RFC 7396); an audience is replaced as a whole."""

    title: Title | UnsetType = UNSET
    content: Content | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    urgent: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    audience: Audience | UnsetType = UNSET
    visible_from: Moment | UnsetType = UNSET
    visible_until: Moment | UnsetType | None = UNSET


class MemberAnnouncement(View, frozen=True):
    """An announcement as a member it is for sees it."""

    id: int
    title: str
    content: str
    """Markdown."""
    content_html: str
    """The same, safe to show."""
    category: Category
    urgent: bool
    pinned: bool
    author_name: str
    image: str | None
    visible_from: datetime
    visible_until: datetime | None
    updated_at: datetime
    read: bool
    """Whether the caller said that he read it."""


class AnnouncementDetails(View, frozen=True):
    """An announcement as those who write it see it."""

    id: int
    title: str
    content: str
    content_html: str
    category: Category
    urgent: bool
    pinned: bool
    active: bool
    author_id: str | None
    author_name: str
    image: str | None
    audience: Audience
    visible_from: datetime
    visible_until: datetime | None
    told_at: datetime | None
    """When everybody it is for had been told."""
    views: int
    """Members who read it."""
    created_at: datetime
    updated_at: datetime
