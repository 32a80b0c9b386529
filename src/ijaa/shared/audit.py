"""The audit log: what mattered, written in the transaction of its effect, never changed, chained soon after.

A chain made inside the transaction would let one write through at a time. So a sealer links the entries once they have
committed, in the order it meets them (`audit_sealer`).
"""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.context import request_id

FIRST = bytes(32)
"""What the first link hangs on."""


class Entry(msgspec.Struct, frozen=True):
    """One entry, in the order its bytes are hashed."""

    id: int
    at: datetime
    action: str
    actor: str | None
    subject: str | None
    request_id: str | None
    details: dict[str, Any]


def audit_log_table(metadata: MetaData) -> Table:
    """Declare the log in a module's database; its migration leaves the app role INSERT and SELECT alone."""
    return Table(
        "audit_log",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("action", String(100), nullable=False),
        Column("actor", String(50)),
        Column("subject", String(100)),
        Column("details", JSONB, nullable=False),
        Column("request_id", String(128)),
        Index("idx_audit_log_at", "at"),
        Index("idx_audit_log_subject", "subject", "id"),
        Index("idx_audit_log_actor", "actor", "id"),
    )


def audit_seals_table(metadata: MetaData) -> Table:
    """Declare the chain over the log; INSERT and SELECT alone here too."""
    return Table(
        "audit_seals",
        metadata,
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("entry_id", BigInteger, nullable=False, unique=True),
        Column("hash", LargeBinary, nullable=False),
        Column("key_id", LargeBinary, nullable=False),
        Column("sealed_at", DateTime(timezone=True), nullable=False),
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("octet_length(hash) = 32", name="hash"),
        CheckConstraint("octet_length(key_id) = 4", name="key_id"),
    )


async def record(
    session: AsyncSession,
    table: Table,
    *,
    at: datetime,
    action: str,
    actor: str | None,
    subject: str | None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write one entry; `actor` and `subject` are public ids (a pseudonym), and `details` hold no personal data."""
    asked = request_id.get()
    entry = {
        "at": at,
        "action": action,
        "actor": actor,
        "subject": subject,
        "details": details or {},
        "request_id": None if asked == "-" else asked,
    }
    await session.execute(insert(table).values(entry))


def audit_key(module: str) -> str:
    """Return the purpose of the key a module's chain is made with (`crypto.derive_key`)."""
    return f"{module}/audit"


def pseudonym(key: bytes, name: str) -> str:
    """Return what stands for a name in the log of a module that knows no public id of it.

    Who has the key can tell whether it is a name he thinks of; nothing leads from there to one he does not.
    """
    return f"NAME_{hmac.digest(key, name.encode(), 'sha256')[:12].hex()}"


def key_id(key: bytes) -> bytes:
    """Return what tells one key from another without telling the key."""
    return hashlib.sha256(key).digest()[:4]


def link(key: bytes, previous: bytes, seq: int, entry: Entry) -> bytes:
    """Return the hash of one link: keyed, so that nobody without the secret key of the installation makes another."""
    said = msgspec.structs.astuple(msgspec.structs.replace(entry, at=entry.at.astimezone(UTC)))
    content = msgspec.json.encode([seq, *said], order="sorted")
    return hmac.digest(key, previous + content, "sha256")
