"""Answers kept for their Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), with their effect.

A crash leaves the effect with its answer or neither, so a client that asks again never does a thing twice. What is
kept is sealed under a key only the client's Idempotency-Key leads to, so that nobody who was not answered reads it, in
the database or in a backup: it may hold personal data of somebody who has been erased since.
"""

import hmac
from datetime import timedelta

import msgspec
from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, MetaData, String, Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox, derive_key
from ijaa.shared.database import Database
from ijaa.shared.errors import Conflict, Problem

KEPT = timedelta(hours=24)

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:place, 0))")
_FIND = text("""
SELECT fingerprint, status, headers, body FROM idempotency_keys
WHERE principal = :principal AND operation = :operation AND key = :key AND expires_at > :now
""")
# what has expired goes with the next one kept: a few at a time, and never those another transaction has in hand
_KEEP = text("""
WITH expired AS (
    DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_keys WHERE expires_at <= :now AND key <> :key LIMIT 20 FOR UPDATE SKIP LOCKED
    ))
)
INSERT INTO idempotency_keys (principal, operation, key, fingerprint, status, headers, body, expires_at)
VALUES (:principal, :operation, :key, :fingerprint, :status, CAST(:headers AS jsonb), :body, :expires)
ON CONFLICT (principal, operation, key) DO UPDATE
SET fingerprint = EXCLUDED.fingerprint, status = EXCLUDED.status, headers = EXCLUDED.headers, body = EXCLUDED.body,
    expires_at = EXCLUDED.expires_at
""")


class KeyReused(Problem):
    """The key was sent before, with another request."""

    status, code, title = 422, "idempotency-key-reused", "This Idempotency-Key belongs to another request"


class KeyInUse(Conflict):
    """The first request with this key is still under way."""

    code, title = "idempotency-key-in-use", "The first request with this Idempotency-Key is still under way"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class Answer(msgspec.Struct, frozen=True):
    """What the first request was answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Claim(msgspec.Struct, frozen=True):
    """A key, whose it is, and for which request; neither key nor request can be told from it."""

    principal: str
    operation: str
    key: str
    """A keyed hash of what the client sent."""
    fingerprint: bytes
    """A keyed hash of path, query and body."""
    box: SecretBox
    """What seals the answer."""

    @property
    def place(self) -> str:
        """Where it is kept."""
        return f"idempotency_keys|body|{self.principal} {self.operation} {self.key}"


def idempotency_keys_table(metadata: MetaData) -> Table:
    """Declare the answers kept in a module's database."""
    return Table(
        "idempotency_keys",
        metadata,
        Column("principal", String(50), primary_key=True),
        Column("operation", String(100), primary_key=True),
        Column("key", String(255), primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("status", Integer, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("expires_at", DateTime(timezone=True), nullable=False),
        Index("idx_idempotency_keys_expires_at", "expires_at"),
    )


class IdempotencyKeys:
    """A module's answers, by key."""

    def __init__(self, database: Database, secret: str, clock: Clock) -> None:
        self.database = database
        self._secret, self._clock = secret, clock

    def claim(self, principal: str, operation: str, key: str, request: bytes) -> Claim:
        """Return what a key stands for."""
        own = derive_key(self._secret, f"idempotency/{principal}/{operation}/{key}").hex()
        named, marked = derive_key(own, "name").hex(), hmac.digest(derive_key(own, "request"), request, "sha256")
        return Claim(principal, operation, named, marked, SecretBox(own, "answer"))

    async def find(self, session: AsyncSession, claim: Claim) -> Answer | None:
        """Return the answer of the first request; None makes this one the first until its transaction ends.

        Raises:
            KeyInUse: another transaction is at it.
            KeyReused: the first request was another one.

        """
        if not (await session.execute(_LOCK, {"place": claim.place})).scalar_one():
            raise KeyInUse
        bound = {"principal": claim.principal, "operation": claim.operation, "key": claim.key}
        row = (await session.execute(_FIND, {**bound, "now": self._clock.now()})).one_or_none()
        if row is None:
            return None
        if row.fingerprint != claim.fingerprint:
            raise KeyReused
        return Answer(row.status, row.headers, claim.box.unseal(row.body, claim.place))

    async def keep(self, session: AsyncSession, claim: Claim, answer: Answer) -> None:
        """Keep an answer in the transaction of its effect."""
        now = self._clock.now()
        given = {
            "principal": claim.principal,
            "operation": claim.operation,
            "key": claim.key,
            "fingerprint": claim.fingerprint,
            "status": answer.status,
            "headers": msgspec.json.encode(answer.headers).decode(),
            "body": claim.box.seal(answer.body, claim.place),
            "now": now,
            "expires": now + KEPT,
        }
        await session.execute(_KEEP, given)
