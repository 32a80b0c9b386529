"""What goes in and out of the admin routes."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.principals import AdminRole
from ijaa.shared.schema import Body, Patch, View
from ijaa.users.identifiers import Email
from ijaa.users.sessions.schemas import Anything, Delivery

AdminName = Annotated[str, Meta(min_length=2, max_length=100)]


class AdminLogin(Body, frozen=True, kw_only=True):
    """A sign-in of an admin."""

    email: Anything
    password: Anything
    totp: Annotated[str, Meta(max_length=20)] | None = None
    """The second factor, of accounts that have one: a code by time, or a recovery code."""
    token_delivery: Delivery = "cookie"  # noqa: S105 - a way, not a token


class AdminCreate(Body, frozen=True, kw_only=True):
    """A new admin; without a password one is made up."""

    name: AdminName
    email: Email
    role: AdminRole
    password: Annotated[str, Meta(min_length=12, max_length=128)] | None = None


class AdminPatch(Patch, frozen=True, kw_only=True):
    """Changes to an admin; another role ends his sessions."""

    name: AdminName | UnsetType = UNSET
    role: AdminRole | UnsetType = UNSET


class AdminRead(View, frozen=True):
    """An admin as other admins see him."""

    admin_id: str
    name: str
    email: str
    role: AdminRole
    active: bool
    second_factor: bool
    """Whether one is enrolled."""
    created_at: datetime
    updated_at: datetime


class AdminCreated(AdminRead, frozen=True, omit_defaults=True):
    """An admin just made; the password stands here when it was made up, this once."""

    password: str | UnsetType = UNSET
