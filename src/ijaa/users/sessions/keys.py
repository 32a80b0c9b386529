"""Signing keys: made once per installation, sealed in the database, published as JWKS (RFC 7517)."""

import asyncio
import secrets
import time
from typing import Any

import msgspec
from joserfc.jwk import OKPKey

from ijaa.shared import jwt
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox, UnsealError
from ijaa.shared.database import Database
from ijaa.shared.errors import SettingError
from ijaa.users.sessions.key_repository import KeyRepository, StoredKey

_SEED = 32
_REFRESH_EVERY = 5.0
"""Seconds; made-up key ids must not become statements."""


class JsonWebKeySet(msgspec.Struct, frozen=True):
    """The public keys of this issuer (RFC 7517 §5)."""

    keys: list[dict[str, Any]]


class SigningKeys:
    """The keys of this installation; a `PublicKeys` of the token verifier."""

    def __init__(self, database: Database, repository: KeyRepository, box: SecretBox, clock: Clock) -> None:
        self._database, self._repository, self._box, self._clock = database, repository, box, clock
        self._public: dict[str, OKPKey] = {}
        self._current: OKPKey | None = None
        self._loaded_at = float("-inf")
        self._loading = asyncio.Lock()

    def find(self, kid: str) -> OKPKey | None:
        """Return the public key of this id if it is known here."""
        return self._public.get(kid)

    async def refresh(self) -> None:
        """Learn of new keys, at most every few seconds."""
        async with self._loading:
            if time.monotonic() - self._loaded_at >= _REFRESH_EVERY:
                await self._load()

    async def current(self) -> OKPKey:
        """Return the private key to sign with; the first one ever asked for is made."""
        if self._current is None:
            async with self._loading:
                if self._current is None:
                    await self._load()
        assert self._current is not None  # noqa: S101 - loading made one
        return self._current

    async def published(self) -> JsonWebKeySet:
        """Return the public keys of every key that may still have signed something."""
        await self.refresh()
        return JsonWebKeySet([jwt.public_jwk(key) for key in self._public.values()])

    async def _load(self) -> None:
        stored = await self._repository.all()
        if not any(key.retired_at is None for key in stored):
            stored = await self._make_first()
        self._public = {key.kid: OKPKey.import_key(msgspec.json.decode(key.public_jwk)) for key in stored}
        newest = next(key for key in stored if key.retired_at is None)
        self._current = jwt.key_from_seed(self._unsealed(newest), newest.kid)
        self._loaded_at = time.monotonic()

    async def _make_first(self) -> list[StoredKey]:
        async with self._database.transaction() as session:
            if await self._repository.none_active(session):
                kid, seed = secrets.token_hex(8), secrets.token_bytes(_SEED)
                public = jwt.public_jwk(jwt.key_from_seed(seed, kid))
                sealed = self._box.seal(seed, _place(kid))
                await self._repository.add(session, kid, public, sealed, self._clock.now())
        return await self._repository.all()

    def _unsealed(self, key: StoredKey) -> bytes:
        try:
            return self._box.unseal(key.sealed_private, _place(key.kid))
        except UnsealError as error:
            raise SettingError("IJAA_SECRET_KEY", f"does not open the signing key: {error}") from None


def _place(kid: str) -> str:
    return f"signing_keys|sealed_private|{kid}"
