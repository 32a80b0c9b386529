"""The audit log: what mattered, written in the transaction of its effect, never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, String, Table, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession


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
        Index("idx_audit_log_at", "at"),
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
    entry = {"at": at, "action": action, "actor": actor, "subject": subject, "details": details or {}}
    await session.execute(insert(table).values(entry))
