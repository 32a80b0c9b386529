"""What is done about discovery by itself."""

from ijaa.events.discovery.repository import DiscoveryRepository
from ijaa.shared.clock import Clock
from ijaa.shared.jobs import Claim, Kind, NoPayload

OFTEN = "*/5 * * * *"


def refresh(repository: DiscoveryRepository, clock: Clock) -> Kind[NoPayload]:
    """Return the job that counts anew what goes on around events."""

    async def run(claim: Claim[NoPayload]) -> None:
        async with claim.effect() as session:
            await repository.refresh(session, clock.now())

    return Kind("refresh-trending", NoPayload, run, cron=OFTEN)
