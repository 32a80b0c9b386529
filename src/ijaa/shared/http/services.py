"""Service to service: who may call `/internal/v1`.

A caller signs a token of 60 seconds with an Ed25519 key derived from the service key both sides hold. The derivation
names the caller, so the token of one service is never good as another's, and the service key itself never travels.
"""

from datetime import timedelta
from typing import Any

from joserfc.jwk import OKPKey
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from ijaa.shared import jwt
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import derive_key
from ijaa.shared.errors import Unauthenticated
from ijaa.shared.principals import InvalidTokenError

LIFETIME = timedelta(seconds=60)
_TYPE = "service+jwt"


class ServiceTokens:
    """Signs what this service sends to another."""

    def __init__(self, service_key: str, *, caller: str, clock: Clock) -> None:
        self._key = _key(service_key, caller)
        self._caller = caller
        self._clock = clock

    def token_for(self, audience: str) -> str:
        """Return a token good for one service and 60 seconds."""
        now = self._clock.now()
        claims: dict[str, Any] = {
            "iss": self._caller,
            "sub": self._caller,
            "aud": audience,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        return jwt.sign(claims, self._key, typ=_TYPE)


def requires_service(service_key: str, *, caller: str, audience: str, clock: Clock) -> Guard:
    """Return a guard that lets one service pass, and nobody else."""
    key = _key(service_key, caller)

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("This is for services.")
        try:
            jwt.read(
                token.strip(),
                lambda kid: key if kid == key.kid else None,
                typ=_TYPE,
                issuer=caller,
                audience=audience,
                now=clock.now(),
            )
        except InvalidTokenError:
            raise Unauthenticated("This is for services.", error="invalid_token") from None

    return guard


def _key(service_key: str, caller: str) -> OKPKey:
    return jwt.key_from_seed(derive_key(service_key, f"service/{caller}"), f"service-{caller}")
