"""Response models of the twin: the same fields as ours."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Card(BaseModel):
    """An organiser beside an event."""

    username: str
    name: str | None
    photo: str | None


class EventOut(BaseModel):
    """An event as the viewer may see it."""

    id: int
    title: str
    description: str | None
    start_date: datetime
    end_date: datetime
    timezone: str
    location: str | None
    event_type: str | None
    privacy: str
    invite_message: str | None
    is_online: bool
    meeting_link: str | None
    capacity: int | None
    seats_taken: int
    waitlisted: int
    over_capacity: bool
    rsvp_deadline: datetime | None
    requires_approval: bool
    waitlist_mode: str
    offer_minutes: int | None
    max_guests: int
    organizer_name: str | None
    organizer_email: str | None
    created_by_username: str
    tags: list[str]
    media_approval: bool
    banner: UUID | None
    status: str
    my_rsvp: str | None
    my_role: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    organizer: Card | None


class EventDetailsOut(EventOut):
    """One event, with how much is said about it."""

    comments: int


class PageOut(BaseModel):
    """A page of events."""

    items: list[EventOut]
    next_cursor: str | None


class MemberOut(BaseModel):
    """A member as the viewer may see him."""

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
    connections: int
