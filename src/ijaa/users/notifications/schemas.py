"""What goes in and out of the routes of notifications."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Body, Id, Patch, View
from ijaa.users.notifications.domain import Kind


class NotificationRead(View, frozen=True):
    """Something the member is told."""

    id: int
    kind: Kind
    title: str
    text: str
    path: str
    """Of what it is about, below `/api/v1`."""
    count: int
    """How many things of this kind it stands for."""
    told_at: datetime
    read_at: datetime | None


class Inbox(View, frozen=True):
    """A page of notifications, the latest first, and how many of all are unread."""

    items: list[NotificationRead]
    next_cursor: str | None
    unread: int


class ReadMarks(Body, frozen=True, kw_only=True):
    """Which notifications were read: some, or all of them."""

    ids: Annotated[list[Id], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    all: bool | UnsetType = UNSET


class Unread(View, frozen=True):
    """How many are unread."""

    unread: int


class LiveUnread(View, frozen=True):
    """What a member who watches is shown as it changes."""

    unread: int
    latest_at: datetime | None
    """When the latest of them was told."""


class ChannelsRead(View, frozen=True):
    """By which ways a member is told."""

    in_app: bool
    email: bool


class ChannelsPatch(Patch, frozen=True, kw_only=True):
    """What changes of it."""

    in_app: bool | UnsetType = UNSET
    email: bool | UnsetType = UNSET


class Preferences(View, frozen=True):
    """What the member wants to be told of, and how."""

    seat_promoted: ChannelsRead
    seat_offered: ChannelsRead
    seat_moved: ChannelsRead
    ticket_issued: ChannelsRead
    event_cancelled: ChannelsRead
    event_moved: ChannelsRead
    answer_given: ChannelsRead
    connection_requested: ChannelsRead
    connection_accepted: ChannelsRead
    announcement: ChannelsRead
    urgent_announcement: ChannelsRead
    report_resolved: ChannelsRead
    export_ended: ChannelsRead
    event_needs_organiser: ChannelsRead
    organiser_appointed: ChannelsRead
    comment_replied: ChannelsRead
    mentioned: ChannelsRead
    invitation: ChannelsRead


class PreferencesPatch(Patch, frozen=True, kw_only=True):
    """Kinds to change; null goes back to the default."""

    seat_promoted: ChannelsPatch | UnsetType | None = UNSET
    seat_offered: ChannelsPatch | UnsetType | None = UNSET
    seat_moved: ChannelsPatch | UnsetType | None = UNSET
    ticket_issued: ChannelsPatch | UnsetType | None = UNSET
    event_cancelled: ChannelsPatch | UnsetType | None = UNSET
    event_moved: ChannelsPatch | UnsetType | None = UNSET
    answer_given: ChannelsPatch | UnsetType | None = UNSET
    connection_requested: ChannelsPatch | UnsetType | None = UNSET
    connection_accepted: ChannelsPatch | UnsetType | None = UNSET
    announcement: ChannelsPatch | UnsetType | None = UNSET
    urgent_announcement: ChannelsPatch | UnsetType | None = UNSET
    report_resolved: ChannelsPatch | UnsetType | None = UNSET
    export_ended: ChannelsPatch | UnsetType | None = UNSET
    event_needs_organiser: ChannelsPatch | UnsetType | None = UNSET
    organiser_appointed: ChannelsPatch | UnsetType | None = UNSET
    comment_replied: ChannelsPatch | UnsetType | None = UNSET
    mentioned: ChannelsPatch | UnsetType | None = UNSET
    invitation: ChannelsPatch | UnsetType | None = UNSET


class Unsubscription(Body, frozen=True, kw_only=True):
    """The token of a mail nobody wants any more."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
