"""Use cases of feature flags."""

from collections.abc import Callable

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database, after_commit
from ijaa.shared.errors import NotFound
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.users.errors import FlagExists, FlagHasChildren, FlagProtected, refuse
from ijaa.users.flags.domain import Flag, by_name, is_protected, switched_on, violations
from ijaa.users.flags.feed import FlagFeed
from ijaa.users.flags.repository import FlagRepository, StoredFlag
from ijaa.users.flags.schemas import FlagChange, FlagCreate, FlagImpact, FlagPatch, FlagRead, FlagState
from ijaa.users.tables import AUDIT_LOG

Precondition = Callable[[int], None]
"""Refuses a version the client does not expect."""


class FlagService:
    """Reads and switches feature flags."""

    def __init__(
        self, database: Database, repository: FlagRepository, feed: FlagFeed, *, cursors: Cursors, clock: Clock
    ) -> None:
        self._database, self._repository, self._feed = database, repository, feed
        self._cursors, self._clock = cursors, clock

    def state(self, name: str) -> FlagState:
        """Return whether a flag is on; an unknown one is off."""
        return FlagState(name=name, enabled=self._feed.enabled(name))

    def known(self) -> dict[str, bool]:
        """Return every flag of the installation and whether it is on."""
        return {name: self._feed.enabled(name) for name in sorted(self._feed.flags or {})}

    async def page(self, cursor: str | None, limit: int) -> Page[FlagRead]:
        """Return flags by name."""
        after = self._cursors.read("flags", cursor, tuple[str])[0] if cursor else ""
        rows = await self._repository.page(after, limit + 1)
        kept, following = self._cursors.page("flags", rows, limit, lambda row: (row.name,))
        return Page(items=[self._read(row) for row in kept], next_cursor=following)

    async def read(self, name: str) -> FlagRead:
        """Return one flag; raise `NotFound` for an unknown one."""
        return self._read(await self._stored(name))

    async def create(self, caller: Principal, given: FlagCreate) -> FlagRead:
        """Add a flag.

        Raises:
            FlagExists: the name is taken.
            Invalid: the parent is unknown.

        """
        flag, now = Flag(given.name, given.parent, given.enabled), self._clock.now()
        async with self._database.transaction() as session:
            flags = by_name(await self._repository.locked(session))
            if flag.name in flags:
                raise FlagExists
            refuse(list(violations({**flags, flag.name: flag}, flag)))
            await self._repository.add(session, flag, given.display_name or flag.name, given.description, now)
            await self._told(session, caller, "flag-created", None, flag)
        return await self.read(flag.name)

    async def change(self, caller: Principal, name: str, patch: FlagPatch, precondition: Precondition) -> FlagRead:
        """Change a flag, and with it whatever hangs below it.

        Raises:
            FlagProtected: administrators would be locked out.
            Invalid: the parent is unknown or hangs below the flag.

        """
        changes = patch.changes()
        async with self._database.transaction() as session:
            flags = by_name(await self._repository.locked(session))
            if name not in flags:
                raise NotFound
            precondition((await self._stored(name)).version)
            before = flags[name]
            after = msgspec.structs.replace(before, **{k: changes[k] for k in ("parent", "enabled") if k in changes})
            refuse(list(violations({**flags, name: after}, after)))
            self._refuse_lock_out(flags, {**flags, name: after})
            if changes:
                await self._repository.change(session, name, changes, self._clock.now())
                await self._told(session, caller, "flag-changed", before, after)
        return await self.read(name)

    async def remove(self, caller: Principal, name: str, precondition: Precondition) -> None:
        """Delete a flag.

        Raises:
            FlagHasChildren: others hang below it.
            FlagProtected: administrators would be locked out.

        """
        async with self._database.transaction() as session:
            flags = by_name(await self._repository.locked(session))
            if name not in flags:
                raise NotFound
            precondition((await self._stored(name)).version)
            if any(flag.parent == name for flag in flags.values()):
                raise FlagHasChildren
            self._refuse_lock_out(flags, {one: flag for one, flag in flags.items() if one != name})
            await self._repository.remove(session, name)
            await self._told(session, caller, "flag-deleted", flags[name], None)

    async def impact(self, name: str, *, enabled: bool | None) -> FlagImpact:
        """Return what switching a flag would do; without `enabled` it is about the other way round."""
        flags = by_name(await self._repository.tree())
        if name not in flags:
            raise NotFound
        switch = not flags[name].enabled if enabled is None else enabled
        after = {**flags, name: msgspec.structs.replace(flags[name], enabled=switch)}
        was, will = switched_on(flags), switched_on(after)
        reason = None
        try:
            self._refuse_lock_out(flags, after)
        except FlagProtected as problem:
            reason = problem.detail
        return FlagImpact(
            name=name, enabled=switch, allowed=reason is None, reason=reason,
            goes_on=sorted(will - was), goes_off=sorted(was - will), routes=[],
        )  # fmt: skip

    async def history(self, name: str, cursor: str | None, limit: int) -> Page[FlagChange]:
        """Return what was done to a flag, newest first; a deleted one keeps its history."""
        scope = f"flag-history/{name}"
        before = self._cursors.read(scope, cursor, tuple[int])[0] if cursor else MAX_ID
        rows = await self._repository.history(name, before, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row[0],))
        return Page(items=[change for _, change in kept], next_cursor=following)

    async def _stored(self, name: str) -> StoredFlag:
        if (stored := await self._repository.find(name)) is None:
            raise NotFound
        return stored

    def _read(self, stored: StoredFlag) -> FlagRead:
        return FlagRead(
            **msgspec.structs.asdict(stored),
            on=self._feed.enabled(stored.name),
            protected=is_protected(self._feed.flags or {}, stored.name),
        )

    def _refuse_lock_out(self, flags: dict[str, Flag], after: dict[str, Flag]) -> None:
        if lost := {one for one in switched_on(flags) - switched_on(after) if is_protected(flags, one)}:
            raise FlagProtected(
                f"This would switch off {', '.join(sorted(lost))}, without which no administrator could sign in"
                " to switch it on again."
            )

    async def _told(
        self, session: AsyncSession, caller: Principal, action: str, before: Flag | None, after: Flag | None
    ) -> None:
        flag = after or before
        assert flag is not None  # noqa: S101 - a change is a change of something
        details = {"before": before and msgspec.to_builtins(before), "after": after and msgspec.to_builtins(after)}
        await audit.record(
            session, AUDIT_LOG, at=self._clock.now(), action=action, actor=caller.user_id, subject=flag.name,
            details=details,
        )  # fmt: skip
        await self._repository.tell(session, flag.name, after)

        async def take() -> None:
            self._feed.take(flag.name, after)

        after_commit(session, take)
