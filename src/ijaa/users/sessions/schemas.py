"""What goes in and out of the session routes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from ijaa.shared.schema import Body, View

Anything = Annotated[str, Meta(max_length=256 * 1024)]
"""Of a sign-in: whatever is in it, and however long, there is only one refusal."""

Delivery = Literal["cookie", "body"]
"""How the client wants its refresh token."""


class Device(msgspec.Struct, frozen=True):
    """Where a sign-in came from, as its owner will see it."""

    user_agent: str | None
    ip: str | None


class Tokens(msgspec.Struct, frozen=True):
    """What a sign-in or a refresh gives."""

    username: str
    access: str
    refresh: str


class RefreshTokenGiven(Body, frozen=True, kw_only=True):
    """The refresh token, from a client that keeps it itself."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class StepUp(Body, frozen=True, kw_only=True):
    """A proof that it is still the same person."""

    password: Anything
    totp: Annotated[str, Meta(max_length=20)] | None = None
    """The second factor, of accounts that have one."""


class SignedIn(View, frozen=True, omit_defaults=True):
    """A sign-in; the refresh token stands here only when the client keeps it itself."""

    access_token: str
    token_type: str
    expires_in: int
    """Seconds."""
    username: str
    refresh_token: str | msgspec.UnsetType = msgspec.UNSET


class SessionRead(View, frozen=True):
    """One device that is signed in."""

    id: UUID
    user_agent: str | None
    ip: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool
    """Whether this request was made with it."""
