"""What clients send and get about invitations."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ijaa.events.catalogue.schemas import EventRead, Message, Moment
from ijaa.events.invitations.domain import Outcome, Status
from ijaa.events.ports import MemberCard
from ijaa.shared.schema import Body, View

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Names = Annotated[list[Name], Meta(max_length=500)]
Address = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,
        # a dot-atom at a domain (RFC 5321 §4.1.2), in ASCII: what every mail server takes
        pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*"
        r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?!\n)$",
    ),
]
Addresses = Annotated[list[Address], Meta(max_length=100)]


class InvitationCreate(Body, frozen=True, kw_only=True):
    """Who is invited: members by their names, others by an address; one of the two lists names somebody."""

    usernames: Names = msgspec.field(default_factory=list)
    emails: Addresses = msgspec.field(default_factory=list)
    message: Message | None = None
    expires_at: Annotated[Moment | None, Meta(description="when an unanswered invitation ends")] = None


class InvitationResult(View, frozen=True):
    """What became of one name."""

    username: str
    status: Outcome


class EmailResult(View, frozen=True):
    """What became of one address: always the same."""

    email: str
    status: Outcome = "invited"


class InvitationResults(View, frozen=True):
    """What became of each name and address, in the order given."""

    results: list[InvitationResult]
    emails: list[EmailResult]


class InvitationRead(View, frozen=True, kw_only=True):
    """One invitation, as organisers see it."""

    username: str
    name: str | None
    photo: str | None
    degraded: bool | UnsetType = UNSET
    invited_by: str | None
    """None once whoever invited was erased."""
    message: str | None
    status: Status
    is_read: bool
    is_responded: bool
    created_at: datetime
    expires_at: datetime | None
    reminded_at: datetime | None


class InvitationSummary(View, frozen=True):
    """The invitations of an event in numbers: all of them are in one of the last five."""

    invited: int
    read: int
    accepted: int
    maybe: int
    declined: int
    open: int
    expired: int


class InvitationPage(View, frozen=True, kw_only=True, omit_defaults=True):
    """A page of invitations; total and summary are there only when asked for."""

    items: list[InvitationRead]
    next_cursor: str | None
    total: int | UnsetType = UNSET
    """Of those in the list."""
    summary: InvitationSummary | UnsetType = UNSET
    """Of all of the event."""


class EmailInvitationRead(View, frozen=True):
    """An address whose invitation nobody has redeemed yet."""

    id: int
    email: str
    invited_by: str
    message: str | None
    sent_at: datetime
    expires_at: datetime | None
    """None is the end of the event."""


class Reminded(View, frozen=True):
    """How many were reminded."""

    reminded: int


class MyInvitationRead(View, frozen=True, kw_only=True):
    """One of the caller's own invitations, with the event as he may see it."""

    id: int
    event: EventRead
    invited_by: MemberCard | None
    """None once whoever invited was erased."""
    message: str | None
    status: Status
    is_read: bool
    is_responded: bool
    created_at: datetime
    expires_at: datetime | None


class InvitationToken(Body, frozen=True, kw_only=True):
    """The token of a mail."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
