"""What is done about the messages of the users module."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.members.repository import MemberRepository
from ijaa.events.ports import BlocksChanged, ProfileUpdated, StandingChanged
from ijaa.events.seats.repository import SeatRepository
from ijaa.shared.clock import Clock
from ijaa.shared.messages import Received


class MemberMessages:
    """Keeps what is known of members up to date."""

    def __init__(self, repository: MemberRepository, seats: SeatRepository, clock: Clock) -> None:
        self._repository, self._seats, self._clock = repository, seats, clock

    async def profile_updated(self, session: AsyncSession, received: Sequence[Received[ProfileUpdated]]) -> None:
        """Let every process forget the cached cards of these members."""
        await self._repository.note(session, [one.message.username for one in received], self._clock.now())

    async def blocks_changed(self, session: AsyncSession, received: Sequence[Received[BlocksChanged]]) -> None:
        """Let every process forget whom blocks hide from these members."""
        await self._repository.note(session, [one.message.username for one in received], self._clock.now())

    async def standing_changed(self, session: AsyncSession, received: Sequence[Received[StandingChanged]]) -> None:
        """Note where these members stand, and let every process forget their cached cards; waitlists go on."""
        told = [(one.message.username, one.message.standing, one.envelope.sequence) for one in received]
        await self._repository.stand(session, told, self._clock.now())
        returned = [one.message.username for one in received if one.message.standing == "active"]
        await self._seats.promote_returned(session, returned, self._clock.now())
