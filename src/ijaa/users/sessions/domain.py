"""Families of refresh tokens: what a token that is shown again means (RFC 9700 §4.14.2)."""

from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

import msgspec

from ijaa.shared.principals import Kind, Principal, Role

TOKEN_LIFETIME = timedelta(days=7)
FAMILY_LIFETIME = timedelta(days=30)
"""However often it is refreshed, a device signs in again after this."""
GRACE = timedelta(seconds=10)
"""How long a client that never got its new token may ask for it again."""
REVOCATION_LIFETIME = timedelta(minutes=16)
"""An access token's 15 minutes and one of slack between clocks."""


class Family(msgspec.Struct, frozen=True):
    """A family as it stands under its lock, seen from one of its tokens."""

    id: UUID
    kind: Kind
    principal_id: str
    username: str
    rotated_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    current_seq: int
    seq: int
    """The generation of the token that was shown."""
    issued_at: datetime
    authenticated_at: datetime
    """When its owner last proved his password in it."""
    role: Role | None
    """What its owner may be signed in as now; None is not at all."""

    @property
    def principal(self) -> Principal:
        """The one it was opened for."""
        assert self.role is not None  # noqa: S101 - `judge` has ended the others
        proved = int(self.authenticated_at.timestamp())
        return Principal(self.principal_id, self.username, str(self.id), self.role, proved)


class Verdict(Enum):
    """What becomes of a token that was shown."""

    ROTATE = auto()
    """It is the live one: give its successor."""
    REPEAT = auto()
    """The answer with its successor was lost: give the same one again."""
    REUSED = auto()
    """Two parties hold it: the family ends."""
    ENDED = auto()
    """There is nothing left to refresh."""


def judge(family: Family, now: datetime) -> Verdict:
    """Decide on a token; whoever calls holds the lock of its family."""
    if family.revoked_at is not None or now >= family.expires_at or family.role is None:
        return Verdict.ENDED
    if family.seq == family.current_seq:
        return Verdict.ROTATE if now < family.issued_at + TOKEN_LIFETIME else Verdict.ENDED
    if family.seq == family.current_seq - 1 and now - family.rotated_at <= GRACE:
        return Verdict.REPEAT  # its successor is the current one, so nobody has used that yet
    return Verdict.REUSED
