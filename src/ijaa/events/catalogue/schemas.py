"""What clients send and get about events."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ijaa.events.ports import MemberCard
from ijaa.shared.schema import MAX_INT, Body, Patch, View

Privacy = Literal["PUBLIC", "PRIVATE", "INVITE_ONLY"]
Status = Literal["DRAFT", "PUBLISHED", "CANCELLED", "COMPLETED", "NEEDS_ORGANISER"]
ContentKind = Literal["event", "comment", "medium"]
WaitlistMode = Literal["auto", "offer"]
MyRole = Literal["ORGANISER", "CO_ORGANISER", "CHECK_IN"]

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Description = Annotated[str, Meta(max_length=10_000)]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset")]
Zone = Annotated[str, Meta(min_length=1, max_length=64, description="IANA time zone")]
Place = Annotated[str, Meta(max_length=100)]
EventType = Annotated[str, Meta(max_length=50)]
Link = Annotated[str, Meta(max_length=500, pattern=r"^https?://[^\s<>\"]+$")]
Capacity = Annotated[int, Meta(ge=1, le=MAX_INT)]
Minutes = Annotated[int, Meta(ge=1, le=10_080)]
Guests = Annotated[int, Meta(ge=0, le=5)]
Name = Annotated[str, Meta(max_length=100)]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Tag = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^\S(.*\S)?$")]
Tags = Annotated[list[Tag], Meta(max_length=20)]
Message = Annotated[str, Meta(max_length=500)]


class EventCreate(Body, frozen=True, kw_only=True):
    """A new event; it is published unless `status` says DRAFT."""

    title: Title
    start_date: Moment
    end_date: Moment
    timezone: Zone
    description: Description | None = None
    location: Place | None = None
    event_type: EventType | None = None
    privacy: Privacy = "PUBLIC"
    invite_message: Message | None = None
    capacity: Capacity | None = None
    is_online: bool = False
    meeting_link: Link | None = None
    rsvp_deadline: Moment | None = None
    requires_approval: bool = False
    waitlist_mode: WaitlistMode = "auto"
    offer_minutes: Minutes | None = None
    max_guests: Guests = 0
    organizer_name: Name | None = None
    organizer_email: Email | None = None
    tags: Tags = msgspec.field(default_factory=list)
    media_approval: bool = False
    status: Literal["DRAFT", "PUBLISHED"] = "PUBLISHED"


class EventCancel(Body, frozen=True, kw_only=True):
    """What those who meant to come are told besides."""

    message: Message | None = None


class LiveCounts(View, frozen=True):
    """What those who watch an event are shown as it changes."""

    event_id: int
    status: Status
    capacity: int | None
    seats_taken: int
    waitlisted: int
    over_capacity: bool


class LiveComments(View, frozen=True):
    """What they are shown of what is said about it: that there is something new, not what."""

    event_id: int
    comments: int
    """Those that are not deleted, at every depth; whoever is hidden from somebody counts, too."""
    version: int
    """Grows with every comment that comes, changes or goes."""


class EventPatch(Patch, frozen=True, kw_only=True):
    """Changes of an event (RFC 7396); what is absent stays."""

    title: Title | UnsetType = UNSET
    start_date: Moment | UnsetType = UNSET
    end_date: Moment | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    location: Place | UnsetType | None = UNSET
    event_type: EventType | UnsetType | None = UNSET
    privacy: Privacy | UnsetType = UNSET
    invite_message: Message | UnsetType | None = UNSET
    capacity: Capacity | UnsetType | None = UNSET
    is_online: bool | UnsetType = UNSET
    meeting_link: Link | UnsetType | None = UNSET
    rsvp_deadline: Moment | UnsetType | None = UNSET
    requires_approval: bool | UnsetType = UNSET
    waitlist_mode: WaitlistMode | UnsetType = UNSET
    offer_minutes: Minutes | UnsetType | None = UNSET
    max_guests: Guests | UnsetType = UNSET
    organizer_name: Name | UnsetType | None = UNSET
    organizer_email: Email | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    media_approval: bool | UnsetType = UNSET


class EventRead(msgspec.Struct, frozen=True):
    """An event as one viewer may see it; its fields are the columns of `catalogue.repository`, in order."""

    id: int
    title: str
    description: str | None
    start_date: datetime
    end_date: datetime
    timezone: str
    location: str | None
    event_type: str | None
    privacy: Privacy
    invite_message: str | None
    is_online: bool
    meeting_link: str | None
    capacity: int | None
    seats_taken: int
    waitlisted: int
    over_capacity: bool
    rsvp_deadline: datetime | None
    requires_approval: bool
    waitlist_mode: WaitlistMode
    offer_minutes: int | None
    max_guests: int
    organizer_name: str | None
    organizer_email: str | None
    created_by_username: str | None
    """None once the organiser was erased."""
    tags: list[str]
    media_approval: bool
    banner: str | None
    """A link that is good for a few hours, for as long as its viewer sees the event; `variant` makes it smaller."""
    status: Status
    my_rsvp: str | None
    my_role: MyRole | None
    version: int
    created_at: datetime
    updated_at: datetime
    organizer: MemberCard | None = None
    """Looked up in the other module after the row was read."""


class EventDetails(EventRead, frozen=True):
    """One event, with what a list would have to look up for each of its items."""

    comments: int = 0
    """Those that are not deleted, at every depth; whoever is hidden from the viewer counts, too."""


class UnledEvent(View, frozen=True):
    """An event whose organiser was erased, as admins see it."""

    id: int
    title: str
    start_date: datetime
    end_date: datetime
    timezone: str
    privacy: Privacy
    capacity: int | None
    seats_taken: int
    waitlisted: int
    updated_at: datetime
    """When it lost its organiser."""


class Snapshot(View, frozen=True):
    """A thing people made as one viewer sees it at this moment."""

    kind: ContentKind
    id: int
    author: str | None
    title: str | None
    text: str | None
    details: dict[str, str]


class EventCounts(View, frozen=True):
    """Events in numbers; drafts and cancelled ones are neither upcoming nor past."""

    upcoming: int
    past: int
    cancelled: int
    going: int
    """Seats taken at upcoming events, guests included."""
    waiting: int
    """Entries in the waitlists of upcoming events."""
