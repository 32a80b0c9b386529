"""What goes in and out of the routes of claims."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from ijaa.shared.schema import Body, Id, View
from ijaa.users.claims.domain import State
from ijaa.users.identifiers import Email


class ClaimCreate(Body, frozen=True, kw_only=True):
    """What somebody was known by; at least two of them."""

    email: Email | None = None
    phone: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    birth_date: date | None = None
    student_number: Annotated[str, Meta(min_length=1, max_length=50)] | None = None


class ClaimReceived(View, frozen=True):
    """The one answer to a claim."""

    status: Literal["received"] = "received"


class Acceptance(Body, frozen=True, kw_only=True):
    """The record a claim is to."""

    record_id: Id


class Match(View, frozen=True):
    """A record that agrees with a claim in something."""

    record_id: int
    name: str
    batch: str | None
    agrees: list[str]
    differs: list[str]


class ClaimRead(View, frozen=True):
    """A claim, as admins see it."""

    id: int
    username: str
    name: str
    batch: str | None
    """Of the profile."""
    state: State
    email: str | None
    phone: str | None
    birth_date: date | None
    student_number: str | None
    candidates: list[Match]
    """Up to ten records nobody has claimed, those that agree in most first; none of a settled claim."""
    record_id: int | None
    settled_by: str | None
    created_at: datetime
    settled_at: datetime | None
