"""Use cases of signing keys: planned and emergency rotation."""

from datetime import datetime, timedelta

import msgspec

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.errors import Conflict, NotFound
from ijaa.users.sessions.key_making import add_key
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.key_states import LEAD, State, state_of
from ijaa.users.tables import AUDIT_LOG


class KeyRead(msgspec.Struct, frozen=True):
    """A key as operators see it."""

    kid: str
    state: State
    created_at: datetime
    active_from: datetime
    revoked_at: datetime | None


class KeyService:
    """Lists, rotates and revokes signing keys."""

    def __init__(self, database: Database, repository: KeyRepository, box: SecretBox, clock: Clock) -> None:
        self._database, self._repository, self._box, self._clock = database, repository, box, clock

    async def list(self) -> list[KeyRead]:
        """Return every key, the newest first."""
        keys, now = await self._repository.all(), self._clock.now()
        return [
            KeyRead(key.kid, state_of(key, keys, now), key.created_at, key.active_from, key.revoked_at) for key in keys
        ]

    async def rotate(self, lead: timedelta = LEAD) -> str:
        """Make a key that is published now and signs after `lead`; tokens of the old one stay good. Returns its id.

        Raises `Conflict` while another key waits to sign.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            keys = await self._repository.locked(session)
            if waiting := [key.kid for key in keys if state_of(key, keys, now) == "next"]:
                raise Conflict(f"The key {waiting[0]} is going to sign already: nothing was changed.")
            kid = await add_key(session, self._repository, self._box, now=now, active=now + lead)
            await audit.record(
                session, AUDIT_LOG, at=now, action="signing-key-added", actor=None, subject=kid,
                details={"active_from": (now + lead).isoformat()},
            )  # fmt: skip
        return kid

    async def revoke(self, kid: str) -> str | None:
        """Refuse every token of a key from now on; returns the key that signs instead when one had to be made.

        Raises `NotFound` when there is no such key, or it is revoked already.
        """
        now, successor = self._clock.now(), None
        async with self._database.transaction() as session:
            keys = await self._repository.locked(session)
            signing = {key.kid for key in keys if state_of(key, keys, now) == "signing"}
            if not await self._repository.revoke(session, kid, now):
                raise NotFound(f"There is no key {kid} that is good: `ijaa keys list` shows them.")
            if kid in signing:
                successor = await add_key(session, self._repository, self._box, now=now, active=now)
            await audit.record(
                session, AUDIT_LOG, at=now, action="signing-key-revoked", actor=None, subject=kid,
                details={"successor": successor},
            )  # fmt: skip
        return successor
