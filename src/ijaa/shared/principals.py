"""Who calls, and how we know."""

from typing import Literal, Protocol

import msgspec


class Principal(msgspec.Struct, frozen=True):
    """The one a request is made for."""

    user_id: str
    username: str
    session_id: str
    role: Literal["member", "admin"] = "member"


class InvalidTokenError(Exception):
    """An access token that is not good: malformed, forged, expired or revoked."""


class TokenVerifier(Protocol):
    """Tells whom an access token stands for."""

    async def verify(self, token: str) -> Principal:
        """Return the principal of a good token; raise `InvalidTokenError` for any other."""
        ...
