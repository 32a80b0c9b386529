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


class Registration(Body):
    """A new account."""

    username: Annotated[
        str, Meta(min_length=3, max_length=50, description="Out of a-z, 0-9, dot, underscore and hyphen.")
    ]
    email: Email
    password: Annotated[str, Meta(min_length=12, max_length=128)]
    name: Name
    batch: Batch | None = None


class Sent(View):
    """A mail is on its way, if there is anybody to write to."""

    status: Literal["verification-sent"] = "verification-sent"


class Verification(Body):
    """The token of the mail that confirms an address."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    token_delivery: Delivery = "cookie"


class Resend(Body):
    """An address whose mail got lost."""

    email: Email


class Login(Body):
    """A sign-in by username or e-mail."""

    login: Anything
    password: Anything
    token_delivery: Delivery = "cookie"


class MeRead(View):
    """One's own account."""

    user_id: str
    username: str
    email: str
    name: str
    roles: list[str]
    created_at: datetime
    email_verified_at: datetime | None


class MePatch(Patch):
    """Changes to one's own account; everything else has a route of its own."""

    name: Name | UnsetType = UNSET
