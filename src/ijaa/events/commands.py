"""What commands do in the events module."""

from collections.abc import Sequence

import msgspec

from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.files.repository import FileRepository
from ijaa.events.files.service import FileRows
from ijaa.events.members.repository import MemberRepository
from ijaa.events.members.service import MemberMessages
from ijaa.events.seats.repository import SeatRepository
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.jobs import JobQueue
from ijaa.shared.live import Live
from ijaa.shared.outbox import Outbox


class Replayed(msgspec.Struct, frozen=True):
    """What a replay did, or would do."""

    erased: int
    """Members of whom there was something again."""
    untouched: int
    others: list[str]
    """Names of somebody who is not known to be whom the ledger means: nothing was done about them."""


async def replay_erasures(
    database: Database, named: Sequence[str], others: Sequence[str], clock: Clock, *, dry_run: bool
) -> Replayed:
    """Erase again whoever was erased before, in a database that was put back to before; each in a transaction.

    `named` are the usernames of the ledger, `others` those of them that the users module says are somebody else's:
    here a name is all there is.
    """
    usernames = sorted(set(named).difference(others))
    repository = MemberRepository()
    tell = Live("events", EventRepository(database).live).tell
    files = FileRows(FileRepository(database), JobQueue(database, clock))
    seats = SeatRepository(Outbox(database, clock).publish, tell)
    members = MemberMessages(repository, seats, tell, files.of_members, clock)
    async with database.transaction() as session:
        there = await repository.there_again(session, usernames)
    for username in () if dry_run else there:
        async with database.transaction() as session:
            await members.erase(session, username)
    return Replayed(erased=len(there), untouched=len(usernames) - len(there), others=[*others])
