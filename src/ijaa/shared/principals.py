"""Who calls, and how we know."""

from typing import Literal, Protocol

import msgspec

AdminRole = Literal["superadmin", "moderator", "event-manager", "auditor"]
Role = Literal["member", "superadmin", "moderator", "event-manager", "auditor"]
ADMIN_ROLES: tuple[AdminRole, ...] = ("superadmin", "moderator", "event-manager", "auditor")


class Principal(msgspec.Struct, frozen=True):
    """The one a request is made for."""

    user_id: str
    username: str
    session_id: str
    role: Role = "member"
    auth_time: int = 0
    """When the password was last proved in this session: seconds since 1970 (OpenID Connect Core §2)."""

    @property
    def kind(self) -> Literal["member", "admin"]:
        """Whether this is a member's account or an admin's."""
        return "member" if self.role == "member" else "admin"


class InvalidTokenError(Exception):
    """An access token that is not good: malformed, forged, expired or revoked."""


class TokenVerifier(Protocol):
    """Tells whom an access token stands for."""

    async def verify(self, token: str) -> Principal:
        """Return the principal of a good token; raise `InvalidTokenError` for any other."""
        ...
