"""Who calls, and how we know."""

from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

AdminRole = Literal["superadmin", "moderator", "event-manager", "auditor"]
Role = Literal["member", "superadmin", "moderator", "event-manager", "auditor", "enrolling"]
"""`enrolling` is a superadmin who has to enrol a second factor before anything else."""
Kind = Literal["member", "admin"]
ADMIN_ROLES: tuple[AdminRole, ...] = ("superadmin", "moderator", "event-manager", "auditor")
FRESH_FOR = timedelta(minutes=5)
"""How long a proof of the password is good for what is sensitive."""


class Principal(msgspec.Struct, frozen=True):
    """The one a request is made for."""

    user_id: str
    username: str
    session_id: str
    role: Role = "member"
    auth_time: int = 0
    """When the password was last proved in this session: seconds since 1970 (OpenID Connect Core §2)."""

    @property
    def kind(self) -> Kind:
        """Whether this is a member's account or an admin's."""
        return "member" if self.role == "member" else "admin"

    def is_fresh(self, now: datetime) -> bool:
        """Whether the password was proved a short while ago."""
        return now.timestamp() - self.auth_time <= FRESH_FOR.total_seconds()


class InvalidTokenError(Exception):
    """An access token that is not good: malformed, forged, expired or revoked."""


class TokenVerifier(Protocol):
    """Tells whom an access token stands for."""

    async def verify(self, token: str) -> Principal:
        """Return the principal of a good token; raise `InvalidTokenError` for any other."""
        ...
