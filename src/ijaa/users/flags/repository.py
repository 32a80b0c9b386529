"""SQL of feature flags."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.users.flags.domain import Flag
from ijaa.users.flags.models import FeatureFlag
from ijaa.users.flags.schemas import FlagChange

CHANNEL = "ijaa_flags"
"""Of NOTIFY; its payload is a flag as JSON, `{"name": …}` alone when it was deleted."""

TREE = "SELECT f.name, p.name, f.enabled FROM feature_flags f LEFT JOIN feature_flags p ON p.id = f.parent_id"
_STORED = """
SELECT f.name, f.display_name, p.name AS parent, f.enabled, f.description, f.updated_at, f.version
FROM feature_flags f LEFT JOIN feature_flags p ON p.id = f.parent_id
"""
# whoever changes the tree holds all of it: two changes that are sound alone could make a circle together
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('ijaa-flags'))")
_TREE = text(TREE)
_PARENT = text("(SELECT id FROM feature_flags WHERE name = :parent)")
_NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', :payload)")
_HISTORY = """
SELECT at, action, actor, details, id FROM audit_log
WHERE subject = $1 AND action = ANY ($2) AND id < $3 ORDER BY id DESC LIMIT $4
"""
ACTIONS = ("flag-created", "flag-changed", "flag-deleted")


class StoredFlag(msgspec.Struct, frozen=True):
    """A flag with what admins see of it."""

    name: str
    display_name: str
    parent: str | None
    enabled: bool
    description: str | None
    updated_at: datetime
    version: int


class _Entry(msgspec.Struct, frozen=True):
    at: datetime
    action: str
    actor: str | None
    details: dict[str, Any]
    id: int


class FlagRepository:
    """Feature flags."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, after: str, limit: int) -> list[StoredFlag]:
        """Return flags by name, those after one."""
        return await self._database.fetch(
            StoredFlag, f"{_STORED} WHERE f.name > $1 ORDER BY f.name LIMIT $2", after, limit
        )

    async def find(self, name: str) -> StoredFlag | None:
        """Return one flag."""
        return await self._database.fetch_one(StoredFlag, f"{_STORED} WHERE f.name = $1", name)

    async def tree(self) -> list[Flag]:
        """Return the whole tree."""
        return await self._database.fetch(Flag, TREE)

    async def locked(self, session: AsyncSession) -> list[Flag]:
        """Return the whole tree; until the transaction ends nobody else changes it."""
        await session.execute(_LOCK)
        return [Flag(*row) for row in await session.execute(_TREE)]

    async def add(self, session: AsyncSession, flag: Flag, display: str, description: str | None, at: datetime) -> None:
        """Add a flag."""
        row = {
            "name": flag.name, "display_name": display, "enabled": flag.enabled, "description": description,
            "created_at": at, "updated_at": at, "version": 1,
        }  # fmt: skip
        await session.execute(insert(FeatureFlag).values(parent_id=_PARENT.bindparams(parent=flag.parent), **row))

    async def change(self, session: AsyncSession, name: str, changes: dict[str, object], at: datetime) -> None:
        """Change columns of a flag; `parent` is a name."""
        values = {**changes, "updated_at": at, "version": FeatureFlag.version + 1}
        if "parent" in values:
            values["parent_id"] = _PARENT.bindparams(parent=values.pop("parent"))
        await session.execute(update(FeatureFlag).where(FeatureFlag.name == name).values(values))

    async def remove(self, session: AsyncSession, name: str) -> None:
        """Delete a flag without children."""
        await session.execute(delete(FeatureFlag).where(FeatureFlag.name == name))

    async def tell(self, session: AsyncSession, name: str, flag: Flag | None) -> None:
        """Tell every process once the transaction has committed; None is a flag that is gone."""
        payload = msgspec.json.encode(flag or {"name": name}).decode()
        await session.execute(_NOTIFY, {"payload": payload})

    async def history(self, name: str, before: int, limit: int) -> list[tuple[int, FlagChange]]:
        """Return what was done to a flag, newest first."""
        rows = await self._database.fetch(_Entry, _HISTORY, name, list(ACTIONS), before, limit)
        return [
            (row.id, FlagChange(at=row.at, action=row.action, actor=row.actor, details=row.details)) for row in rows
        ]
