"""Signing keys as one process knows them: loaded once, pushed when they change, published as JWKS (RFC 7517)."""

import asyncio
import time
from typing import Any

import msgspec
import structlog
from joserfc.jwk import OKPKey

from ijaa.shared import jwt
from ijaa.shared.changes import Changes
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox, UnsealError
from ijaa.shared.database import Database
from ijaa.shared.errors import SettingError, Unavailable
from ijaa.shared.listener import Connection
from ijaa.users.sessions.key_making import add_key, place_of
from ijaa.users.sessions.key_repository import CHANNEL, KeyRepository, StoredKey, load
from ijaa.users.sessions.key_states import state_of

log = structlog.get_logger("ijaa.users.keys")

_REFRESH_EVERY = 5.0
"""Seconds; made-up key ids must not become statements."""


class JsonWebKeySet(msgspec.Struct, frozen=True):
    """The public keys of this issuer (RFC 7517 §5)."""

    keys: list[dict[str, Any]]


class SigningKeys:
    """The keys of this installation; a `PublicKeys` of the token verifier."""

    channel = CHANNEL

    def __init__(self, database: Database, repository: KeyRepository, box: SecretBox, clock: Clock) -> None:
        self._database, self._repository, self._box, self._clock = database, repository, box, clock
        self._stored: list[StoredKey] = []
        self._public: dict[str, OKPKey] = {}
        self._private: dict[str, OKPKey] = {}
        self._loaded_at = float("-inf")
        self._loading = asyncio.Lock()
        self._stale = False
        self._reloading: asyncio.Task[None] | None = None
        self.changes = Changes()
        self.generation = 0

    def find(self, kid: str) -> OKPKey | None:
        """Return the public key of this id if it is known here."""
        return self._public.get(kid)

    async def refresh(self) -> None:
        """Learn of new keys, at most every few seconds."""
        async with self._loading:
            if time.monotonic() - self._loaded_at >= _REFRESH_EVERY:
                self._take(await self._repository.all())

    async def current(self) -> OKPKey:
        """Return the private key to sign with; the first one ever asked for is made."""
        if (key := self._signing()) is None:
            async with self._loading:
                if (key := self._signing()) is None:
                    self._take(await self._repository.all())
                    if (key := self._signing()) is None:
                        self._take(await self._make_first())
                        key = self._signing()
        assert key is not None  # noqa: S101 - one was made
        return key

    async def published(self) -> JsonWebKeySet:
        """Return the public keys of every key that signs, will sign, or may have signed a token that is still good."""
        if not self._stored:
            await self.refresh()
        now = self._clock.now()
        good = [key for key in self._stored if state_of(key, self._stored, now) in {"next", "signing", "retiring"}]
        return JsonWebKeySet([key.public_jwk for key in good])

    async def load(self, connection: Connection) -> None:
        """Take in the keys as they are now."""
        self._take(await load(connection))

    def told(self, payload: str) -> None:  # noqa: ARG002 - that keys have changed is all there is to know
        """Read the keys again: they have changed."""
        self._stale = True
        self._reloading = asyncio.create_task(self._reload(), name="keys-reload")

    def lost(self) -> None:
        """Go on with the keys that are known: while the database is away nobody can change them either."""

    async def tend(self, connection: Connection) -> None:
        """Read again what could not be read when it was told."""
        if self._stale:
            self._take(await load(connection))

    async def _reload(self) -> None:
        try:
            async with self._loading:
                self._take(await self._repository.all())
        except Unavailable as error:
            log.warning("changed keys could not be read yet", detail=error.detail)

    def _take(self, stored: list[StoredKey]) -> None:
        good = [key for key in stored if key.revoked_at is None]
        public = {key.kid: OKPKey.import_key(key.public_jwk) for key in good}
        private = {key.kid: self._private.get(key.kid) or self._opened(key) for key in good}
        if self._public.keys() - public.keys():
            self.generation += 1
        if stored != self._stored:
            self.changes.note()
        self._stored, self._public, self._private = stored, public, private
        self._stale, self._loaded_at = False, time.monotonic()

    def _signing(self) -> OKPKey | None:
        now, good = self._clock.now(), [key for key in self._stored if key.revoked_at is None]
        # a clock that is behind the one that made the only key must not stop every sign-in
        signing = next((key for key in good if key.active_from <= now), good[-1] if good else None)
        return None if signing is None else self._private[signing.kid]

    async def _make_first(self) -> list[StoredKey]:
        async with self._database.transaction() as session:
            now = self._clock.now()
            found = await self._repository.locked(session)
            if all(key.revoked_at is not None for key in found):
                await add_key(session, self._repository, self._box, now=now, active=now)
        return await self._repository.all()

    def _opened(self, key: StoredKey) -> OKPKey:
        try:
            return jwt.key_from_seed(self._box.unseal(key.sealed_private, place_of(key.kid)), key.kid)
        except UnsealError as error:
            raise SettingError("IJAA_SECRET_KEY", f"does not open the signing key: {error}") from None
