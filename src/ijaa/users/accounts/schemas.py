"""What goes in and out of the account routes."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Body, Patch, View
from ijaa.users.identifiers import Email
from ijaa.users.profiles.schemas import Batch, Name
from ijaa.users.sessions.schemas import Delivery

Anything = Annotated[str, Meta(max_length=256 * 1024)]
"""Of a sign-in: whatever is in it, and however long, there is only one refusal."""


class Registration(Body, frozen=True, kw_only=True):
    """A new account."""

    username: Annotated[
        str, Meta(min_length=3, max_length=50, description="Out of a-z, 0-9, dot, underscore and hyphen.")
    ]
    email: Email
    password: Annotated[str, Meta(min_length=12, max_length=128)]
    name: Name
    batch: Batch | None = None


class Sent(View, frozen=True):
    """A mail is on its way, if there is anybody to write to."""

    status: Literal["verification-sent"] = "verification-sent"


class Verification(Body, frozen=True, kw_only=True):
    """The token of the mail that confirms an address."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    token_delivery: Delivery = "cookie"  # noqa: S105 - a way, not a token


class Resend(Body, frozen=True, kw_only=True):
    """An address whose mail got lost."""

    email: Email


class Login(Body, frozen=True, kw_only=True):
    """A sign-in by username or e-mail."""

    login: Anything
    password: Anything
    token_delivery: Delivery = "cookie"  # noqa: S105 - a way, not a token


class MeRead(View, frozen=True):
    """One's own account."""

    user_id: str
    username: str
    email: str
    name: str
    roles: list[str]
    created_at: datetime
    email_verified_at: datetime | None


class MePatch(Patch, frozen=True, kw_only=True):
    """Changes to one's own account; everything else has a route of its own."""

    name: Name | UnsetType = UNSET
