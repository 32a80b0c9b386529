"""Use cases of blocks."""

from datetime import datetime

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound
from ijaa.shared.outbox import Publish
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.users.connections.block_repository import BlockRepository
from ijaa.users.connections.domain import MOST_BLOCKS, subject_of
from ijaa.users.connections.repository import ConnectionRepository, Unseen
from ijaa.users.connections.schemas import BlockRead
from ijaa.users.errors import TooManyBlocks
from ijaa.users.messages import BlocksChanged
from ijaa.users.notifications.service import Notifier


class BlockService:
    """Keeps two members out of each other's sight, and whoever shows names informed of it."""

    def __init__(
        self, database: Database, repository: BlockRepository, connections: ConnectionRepository, notifier: Notifier,
        *, publish: Publish, cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository, self._connections = database, repository, connections
        self._notifier, self._publish, self._cursors, self._clock = notifier, publish, cursors, clock

    async def block(self, member: Principal, username: str) -> BlockRead:
        """Block somebody and end what is between the two; twice is once.

        Raises `NotFound` for whom the member cannot see: one who blocked him looks like nobody here, too.
        """
        other, now = username.lower(), self._clock.now()
        if other == member.username:
            raise NotFound
        async with self._database.transaction() as session:
            await self._connections.lock(session, member.username, other)
            blocked, count = await self._repository.state(session, member.username, other)
            if not blocked:
                try:
                    pair = await self._connections.between(session, member.username, other, now)
                except Unseen:
                    raise NotFound from None
                if count >= MOST_BLOCKS:
                    raise TooManyBlocks
                await self._repository.add(session, member.username, other, now)
                await self._connections.sever(session, member.username, other, now)
                if pair is not None:  # a rejection stays, but neither goes on reading the other's name
                    await self._notifier.take_back(session, [member.username, other], subject_of(pair.id))
                await self._notifier.take_back_between(session, member.username, other)
                await self._publish(session, BlocksChanged(username=member.username), BlocksChanged(username=other))
        return await self.read(member, other)

    async def unblock(self, member: Principal, username: str) -> None:
        """Take a block away, which brings nothing back; nothing happens where there is none."""
        other = username.lower()
        async with self._database.transaction() as session:
            await self._connections.lock(session, member.username, other)
            if await self._repository.remove(session, member.username, other):
                await self._publish(session, BlocksChanged(username=member.username), BlocksChanged(username=other))

    async def read(self, member: Principal, username: str) -> BlockRead:
        """Return one of the member's own blocks; raise `NotFound` without one."""
        if (found := await self._repository.one(member.username, username.lower())) is None:
            raise NotFound
        return found

    async def page(self, member: Principal, cursor: str | None, limit: int) -> Page[BlockRead]:
        """Return whom the member blocked, the latest first."""
        scope = f"blocks/{member.username}"
        after = self._cursors.read(scope, cursor, tuple[datetime, str]) if cursor else None
        rows = await self._repository.page(member.username, after, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.created_at, row.username))
        return Page(items=list(kept), next_cursor=following)
