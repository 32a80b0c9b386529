"""Access tokens: what they say, and how any module tells a good one without asking the other."""

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

import msgspec
from joserfc.jwk import OKPKey

from ijaa.shared import jwt
from ijaa.shared.clock import Clock
from ijaa.shared.principals import InvalidTokenError, Principal, Role

LIFETIME = timedelta(minutes=15)
AUDIENCE = "ijaa"
TYPE = "at+jwt"
"""RFC 9068 §2.1."""

_CACHE_SIZE = 20_000


class _Claims(msgspec.Struct):
    sub: str
    username: str
    sid: str
    role: Role
    auth_time: int
    exp: int


class PublicKeys(Protocol):
    """The public keys tokens are signed with."""

    generation: int
    """Changes when a key is not good any more, so that what it signed is looked at again."""

    def find(self, kid: str) -> OKPKey | None:
        """Return the key of this id if it is known here."""
        ...

    async def refresh(self) -> None:
        """Learn of new keys; calls within a few seconds of the last one do nothing."""
        ...


class Revocations(Protocol):
    """The sessions whose tokens are not good any more."""

    async def revoked(self, session_id: str) -> bool:
        """Whether the session has been revoked."""
        ...


def issue(principal: Principal, key: OKPKey, issuer: str, now: datetime) -> str:
    """Return an access token of 15 minutes for this principal (RFC 9068)."""
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": principal.user_id,
        "username": principal.username,
        "role": principal.role,
        "sid": principal.session_id,
        "auth_time": principal.auth_time,
        "jti": uuid4().hex,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
    }
    return jwt.sign(claims, key, typ=TYPE)


class AccessTokenVerifier:
    """Verifies a token's signature once and its revocation on every use."""

    def __init__(self, keys: PublicKeys, revocations: Revocations, issuer: str, clock: Clock) -> None:
        self._keys, self._revocations, self._issuer, self._clock = keys, revocations, issuer, clock
        self._generation = keys.generation
        self._verified: dict[str, tuple[Principal, datetime]] = {}

    async def verify(self, token: str) -> Principal:
        """Return the principal of a good token; raise `InvalidTokenError` for any other."""
        now = self._clock.now()
        if self._generation != self._keys.generation:
            self._generation = self._keys.generation
            self._verified.clear()
        known = self._verified.get(token)
        if known is None or known[1] <= now:
            self._verified.pop(token, None)
            known = await self._read(token, now)
            self._remember(token, known)
        principal = known[0]
        if await self._revocations.revoked(principal.session_id):
            self._verified.pop(token, None)
            raise InvalidTokenError("revoked")
        return principal

    async def _read(self, token: str, now: datetime) -> tuple[Principal, datetime]:
        try:
            claims = self._claims(token, now)
        except InvalidTokenError as error:
            if str(error) != "unknown key":
                raise
            await self._keys.refresh()
            claims = self._claims(token, now)
        try:
            said = msgspec.convert(claims, _Claims)
        except msgspec.ValidationError:
            raise InvalidTokenError("claims are missing") from None
        principal = Principal(said.sub, said.username, said.sid, said.role, said.auth_time)
        return principal, datetime.fromtimestamp(said.exp, UTC)

    def _claims(self, token: str, now: datetime) -> dict[str, Any]:
        return jwt.read(token, self._keys.find, typ=TYPE, issuer=self._issuer, audience=AUDIENCE, now=now)

    def _remember(self, token: str, known: tuple[Principal, datetime]) -> None:
        if len(self._verified) >= _CACHE_SIZE:
            self._verified.clear()  # rare, cheap to refill, and never larger than its bound
        self._verified[token] = known
