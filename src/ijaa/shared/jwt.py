"""Signed tokens: Ed25519 only (RFC 8037; named `Ed25519` as RFC 9864 asks), typed, for one issuer and audience."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OKPKey

from ijaa.shared.principals import InvalidTokenError

ALGORITHM = "Ed25519"
MAX_TOKEN = 4096
"""Characters of a token; ours are about 500."""
SKEW = 5
"""Seconds the clock of whoever signed may be ahead; a token lives no longer for it."""


def key_from_seed(seed: bytes, kid: str) -> OKPKey:
    """Return the private key of a 32-byte seed (RFC 8032 §5.1.5)."""
    return OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(seed), {"kid": kid, "use": "sig", "alg": ALGORITHM})


def public_jwk(key: OKPKey) -> dict[str, Any]:
    """Return the public half as a JWK (RFC 7517)."""
    return dict(key.as_dict(private=False))


def sign(claims: dict[str, Any], key: OKPKey, *, typ: str) -> str:
    """Return the claims as a compact JWS of this type."""
    return jwt.encode({"alg": ALGORITHM, "typ": typ, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def read(
    token: str,
    find_key: Callable[[str], OKPKey | None],
    *,
    typ: str,
    issuer: str,
    audience: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the claims of a good token; raise `InvalidTokenError` for any other.

    Only `kid` decides on the key; `jku`, `x5u`, `jwk` and `x5c` are never looked at (RFC 8725 §3.5).
    """

    def key_of(guest: GuestProtocol) -> OKPKey:
        kid = guest.headers().get("kid")
        key = find_key(kid) if isinstance(kid, str) else None
        if key is None:
            raise InvalidTokenError("unknown key")
        return key

    if len(token) > MAX_TOKEN:
        raise InvalidTokenError("too long")
    try:
        decoded = jwt.decode(token, key_of, algorithms=[ALGORITHM])
        if decoded.header.get("typ") != typ or "crit" in decoded.header:
            raise InvalidTokenError("wrong type")
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=SKEW,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        ).validate(decoded.claims)
        if decoded.claims["exp"] <= int(now.timestamp()):
            raise InvalidTokenError("expired")
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidTokenError(type(error).__name__) from None
    return dict(decoded.claims)
