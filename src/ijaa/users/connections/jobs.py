"""What is done about connections by itself."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.jobs import Claim, JobQueue, Kind
from ijaa.shared.messages import Message
from ijaa.shared.outbox import Publish
from ijaa.users.connections.repository import ConnectionRepository
from ijaa.users.messages import StandingChanged

NAME = "recount-connections"
PORTION = 200
"""Members counted anew in one transaction."""


class Recount(msgspec.Struct, frozen=True):
    """Whose connections are to be counted anew."""

    usernames: list[str]


def recounts(repository: ConnectionRepository, clock: Clock) -> Kind[Recount]:
    """Return the job that counts the connections of members anew."""

    async def run(claim: Claim[Recount]) -> None:
        async with claim.finish() as session:
            await repository.recount(session, claim.payload.usernames, clock.now())

    return Kind(NAME, Recount, run)


def recounting(publish: Publish, repository: ConnectionRepository, jobs: JobQueue) -> Publish:
    """Return `publish` that has the connections of those counted anew who are connected with whom it tells of.

    Not in the same transaction: that one has locked the account of the one member, and theirs come before it or after.
    """

    async def published(session: AsyncSession, /, *messages: Message) -> None:
        await publish(session, *messages)
        for told in messages:
            if isinstance(told, StandingChanged):
                names = await repository.connected(session, told.username)
                portions = (names[first : first + PORTION] for first in range(0, len(names), PORTION))
                await jobs.put_each(session, NAME, [(None, Recount(portion)) for portion in portions])

    return published
