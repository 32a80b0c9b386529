"""What commands do in the events module."""

from collections.abc import Callable, Sequence

import msgspec

from ijaa.events.analytics.jobs import PORTION
from ijaa.events.analytics.repository import AnalyticsRepository
from ijaa.events.catalogue.news import News
from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.comments.thread_repository import ThreadRepository
from ijaa.events.files.repository import FileRepository
from ijaa.events.files.service import FileRows
from ijaa.events.members.repository import MemberRepository
from ijaa.events.members.service import MemberMessages
from ijaa.events.seats.ledger_repository import LedgerRepository
from ijaa.events.seats.proof import carry_over, check
from ijaa.events.seats.repository import SeatRepository
from ijaa.events.seats.schemas import Check, Differing
from ijaa.events.tickets.domain import tickets_of
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.jobs import JobQueue
from ijaa.shared.live import Live
from ijaa.shared.outbox import Outbox

__all__ = ["Check", "Differing", "Rebuilt", "Replayed", "check_seats", "rebuild_analytics", "replay_erasures"]


class Replayed(msgspec.Struct, frozen=True):
    """What a replay did, or would do."""

    erased: int
    """Members of whom there was something again."""
    untouched: int
    others: list[str]
    """Names of somebody who is not known to be whom the ledger means: nothing was done about them."""


class Rebuilt(msgspec.Struct, frozen=True):
    """What was counted anew."""

    events: int


async def replay_erasures(
    database: Database, named: Sequence[str], others: Sequence[str], secret: str, clock: Clock, *, dry_run: bool
) -> Replayed:
    """Erase again whoever was erased before, in a database that was put back to before; each in a transaction.

    `named` are the usernames of the ledger, `others` those of them that the users module says are somebody else's:
    here a name is all there is. `secret` is the key of the installation: seats that come free make tickets.
    """
    usernames = sorted(set(named).difference(others))
    repository = MemberRepository()
    events, publish = EventRepository(database), Outbox(database, clock).publish
    tell = Live("events", events.live).tell
    news = News(events, publish, clock)
    files = FileRows(FileRepository(database), JobQueue(database, clock))
    seats, threads = SeatRepository(publish, tickets_of(secret), tell), ThreadRepository(tell)
    members = MemberMessages(repository, seats, threads, news, tell, files.of_members, clock)
    async with database.transaction() as session:
        there = await repository.there_again(session, usernames)
    for username in () if dry_run else there:
        async with database.transaction() as session:
            await members.erase(session, username)
    return Replayed(erased=len(there), untouched=len(usernames) - len(there), others=[*others])


async def check_seats(database: Database, event_id: int | None, clock: Clock, *, carry: bool) -> Check:
    """Hold the seats of one event, or of every one, against the ledger; `carry` writes what the ledger lacks."""
    repository = LedgerRepository(database)
    found = await check(repository, event_id)
    return await carry_over(repository, found, clock) if carry else found


async def rebuild_analytics(
    database: Database, event_id: int | None, clock: Clock, advance: Callable[[int], None]
) -> Rebuilt:
    """Count one event anew from its rows, or every one; `advance` is told of each portion."""
    repository, events, after = AnalyticsRepository(database), 0, 0
    while True:
        async with database.transaction() as session:
            portion = await repository.put(session, clock.now(), after, PORTION, only=event_id, anew=True)
            if portion.last is None:
                await repository.forget(session)
                return Rebuilt(events)
        events, after = events + portion.counted, portion.last
        advance(portion.counted)
