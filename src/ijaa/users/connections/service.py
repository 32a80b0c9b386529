"""Use cases of connections."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound, Violation
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.users.connections.domain import Ask, Direction, Pair, Status, answered, asked, refuse_removal, subject_of
from ijaa.users.connections.repository import ConnectionRepository, StoredConnection, Unseen
from ijaa.users.connections.schemas import ConnectionCounts, ConnectionRead
from ijaa.users.errors import ConnectionExists, refuse
from ijaa.users.notifications.domain import Kind
from ijaa.users.notifications.service import Notifier
from ijaa.users.profiles.domain import Relation
from ijaa.users.profiles.schemas import MemberCard
from ijaa.users.profiles.service import Cards


class ConnectionService:
    """Connects members, and shows them who is connected with whom."""

    def __init__(
        self, database: Database, repository: ConnectionRepository, cards: Cards, notifier: Notifier, cursors: Cursors,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository, self._cards = database, repository, cards
        self._notifier, self._cursors, self._clock = notifier, cursors, clock

    async def ask(self, member: Principal, username: str) -> ConnectionRead:
        """Ask somebody; who has asked already is accepted. Raise `NotFound` for whom the member cannot see."""
        other, now = username.lower(), self._clock.now()
        refuse([Violation("/username", "is your own")] if other == member.username else [])
        async with self._database.transaction() as session:
            pair = await self._between(session, member.username, other, now)
            connection_id = await self._asked(session, pair, member.username, other, now)
        return await self.read(member, connection_id)

    async def answer(
        self, member: Principal, connection_id: int, answer: Literal["ACCEPTED", "REJECTED"]
    ) -> ConnectionRead:
        """Accept or reject a request; the same answer twice changes nothing, and a rejection is told to nobody."""
        now = self._clock.now()
        seen = await self._seen(member, connection_id, now)
        async with self._database.transaction() as session:
            pair = await self._locked(session, member, seen, now)
            if answered(pair, member.username, answer):
                await self._repository.change(session, replace(pair, status=answer, updated_at=now))
                if answer == "ACCEPTED":
                    await self._tell(
                        session, pair.requester_username, "connection_accepted", pair.id, member.username, now
                    )
        return await self.read(member, connection_id)

    async def remove(self, member: Principal, connection_id: int) -> None:
        """Withdraw a request or end a connection; nobody is told, and what the other was told is taken back."""
        now = self._clock.now()
        seen = await self._seen(member, connection_id, now)
        async with self._database.transaction() as session:
            pair = await self._locked(session, member, seen, now)
            refuse_removal(pair, member.username)
            await self._repository.remove(session, pair, now)
            names = [pair.requester_username, pair.receiver_username]
            await self._notifier.take_back(session, names, subject_of(pair.id))

    async def read(self, member: Principal, connection_id: int) -> ConnectionRead:
        """Return one of the member's connections; raise `NotFound` where he does not see the other."""
        return self._read(await self._seen(member, connection_id, self._clock.now()))

    async def page(
        self, member: Principal, status: Status | None, direction: Direction | None, cursor: str | None, limit: int,
        *, include_total: bool,
    ) -> Page[ConnectionRead]:  # fmt: skip
        """Return the member's connections and requests, the latest change first."""
        now, scope = self._clock.now(), f"connections/{member.username}/{status}/{direction}"
        after = self._cursors.read(scope, cursor, tuple[datetime, int]) if cursor else None
        rows = await self._repository.page(member.username, status, direction, now, after, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.updated_at, row.id))
        total = await self._repository.total(member.username, status, direction, now) if include_total else UNSET
        return Page(items=[self._read(row) for row in kept], next_cursor=following, total=total)

    async def counts(self, member: Principal) -> ConnectionCounts:
        """Return how many connections the member has, and how many requests wait."""
        return await self._repository.counts(member.username, self._clock.now())

    async def mutual(self, member: Principal, username: str, cursor: str | None, limit: int) -> Page[MemberCard]:
        """Return who is connected with both; raise `NotFound` for a member the viewer cannot see."""
        other, now = username.lower(), self._clock.now()
        if not await self._repository.sees(member.username, other, now):
            raise NotFound
        scope = f"mutual/{member.username}/{other}"
        (after,) = self._cursors.read(scope, cursor, tuple[str]) if cursor else (None,)
        rows = await self._repository.mutual(member.username, other, now, after, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.username,))
        return Page(items=[self._cards.card(row, Relation.CONNECTION) for row in kept], next_cursor=following)

    async def _asked(self, session: AsyncSession, pair: Pair | None, asker: str, other: str, now: datetime) -> int:
        match asked(pair, asker, now), pair:
            case Ask.NEW, _:
                connection_id = await self._repository.add(session, asker, other, now)
                await self._tell(session, other, "connection_requested", connection_id, asker, now)
                return connection_id
            case Ask.ACCEPTS, Pair():
                await self._repository.change(session, replace(pair, status="ACCEPTED", updated_at=now))
                await self._tell(session, other, "connection_accepted", pair.id, asker, now)
                return pair.id
            case Ask.AGAIN, Pair():
                again = Pair(pair.id, asker, other, "PENDING", now)
                await self._repository.change(session, again)
                await self._tell(session, other, "connection_requested", pair.id, asker, now)
                return pair.id
        raise ConnectionExists

    async def _between(self, session: AsyncSession, member: str, other: str, now: datetime) -> Pair | None:
        await self._repository.lock(session, member, other)
        try:
            return await self._repository.between(session, member, other, now)
        except Unseen:
            raise NotFound from None

    async def _seen(self, member: Principal, connection_id: int, now: datetime) -> StoredConnection:
        if (row := await self._repository.one(member.username, connection_id, now)) is None:
            raise NotFound
        return row

    async def _locked(self, session: AsyncSession, member: Principal, seen: StoredConnection, now: datetime) -> Pair:
        """Return a connection as it is now, which nobody else changes any more."""
        pair = await self._between(session, member.username, seen.username, now)
        if pair is None or pair.id != seen.id:  # it went meanwhile
            raise NotFound
        return pair

    async def _tell(
        self, session: AsyncSession, whom: str, kind: Kind, connection_id: int, of: str, now: datetime
    ) -> None:
        # no name: its audience may change after it was told
        facts = {"username": of, "connection_id": connection_id}
        seq = int(now.timestamp() * 1_000_000)
        await self._notifier.tell(session, [whom], kind, subject=subject_of(connection_id), facts=facts, seq=seq)

    def _read(self, row: StoredConnection) -> ConnectionRead:
        card = self._cards.card(row, Relation.CONNECTION if row.status == "ACCEPTED" else Relation.MEMBER)
        direction: Direction = "outgoing" if row.outgoing else "incoming"
        return ConnectionRead(row.id, row.status, direction, card, row.created_at, row.updated_at)
