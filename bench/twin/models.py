"""Tables of the twin: the same columns as ours, mapped as an ordinary developer maps them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

_TYPES = {datetime: DateTime(timezone=True), int: BigInteger, list[str]: ARRAY(String), dict[str, Any]: JSONB}


class UsersBase(DeclarativeBase):
    """Base of the users database."""

    type_annotation_map = _TYPES


class EventsBase(DeclarativeBase):
    """Base of the events database."""

    type_annotation_map = _TYPES


class User(UsersBase):
    """An account, as far as a profile needs it."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str]
    active: Mapped[bool]
    email_verified_at: Mapped[datetime | None]


class Profile(UsersBase):
    """A profile."""

    __tablename__ = "profiles"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    username: Mapped[str]
    name: Mapped[str]
    former_name: Mapped[str | None]
    nickname: Mapped[str | None]
    profession: Mapped[str | None]
    location: Mapped[str | None]
    bio: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    linked_in: Mapped[str | None]
    website: Mapped[str | None]
    facebook: Mapped[str | None]
    batch: Mapped[str | None]
    photo: Mapped[str | None]
    cover: Mapped[str | None]
    visibility: Mapped[dict[str, Any]]
    user: Mapped[User] = relationship()


class Connection(UsersBase):
    """A connection of two members."""

    __tablename__ = "connections"

    id: Mapped[int] = mapped_column(primary_key=True)
    requester_username: Mapped[str]
    receiver_username: Mapped[str]
    status: Mapped[str]


class Participation(EventsBase):
    """An answer to an event."""

    __tablename__ = "event_participations"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    participant_username: Mapped[str]
    status: Mapped[str]


class Invitation(EventsBase):
    """An invitation to an event."""

    __tablename__ = "event_invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    invited_username: Mapped[str]


class Organiser(EventsBase):
    """A role at an event."""

    __tablename__ = "event_organisers"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    username: Mapped[str]
    role: Mapped[str]


class Event(EventsBase):
    """An event."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str | None]
    start_date: Mapped[datetime]
    end_date: Mapped[datetime]
    timezone: Mapped[str]
    location: Mapped[str | None]
    event_type: Mapped[str | None]
    privacy: Mapped[str]
    invite_message: Mapped[str | None]
    is_online: Mapped[bool]
    meeting_link: Mapped[str | None]
    capacity: Mapped[int | None]
    going: Mapped[int]
    waiting: Mapped[int]
    rsvp_deadline: Mapped[datetime | None]
    requires_approval: Mapped[bool]
    waitlist_mode: Mapped[str]
    offer_minutes: Mapped[int | None]
    max_guests: Mapped[int]
    organizer_name: Mapped[str | None]
    organizer_email: Mapped[str | None]
    created_by_username: Mapped[str]
    tags: Mapped[list[str]]
    media_approval: Mapped[bool]
    banner: Mapped[UUID | None]
    status: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Discussion(EventsBase):
    """How much is said about an event."""

    __tablename__ = "event_discussions"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    comments: Mapped[int]
