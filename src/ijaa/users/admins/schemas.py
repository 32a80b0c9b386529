"""What goes in and out of the admin routes."""

from typing import Annotated

from msgspec import Meta

from ijaa.shared.schema import Body
from ijaa.users.sessions.schemas import Anything, Delivery


class AdminLogin(Body, frozen=True, kw_only=True):
    """A sign-in of an admin."""

    email: Anything
    password: Anything
    totp: Annotated[str, Meta(max_length=20)] | None = None
    """The second factor, of accounts that have one."""
    token_delivery: Delivery = "cookie"  # noqa: S105 - a way, not a token
