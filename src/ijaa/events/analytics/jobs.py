"""What is done about analytics by itself."""

from ijaa.events.analytics.repository import AnalyticsRepository
from ijaa.shared.clock import Clock
from ijaa.shared.jobs import Claim, Kind, NoPayload

OFTEN = "*/10 * * * *"
PORTION = 100
"""Events looked at in one statement."""


def count(repository: AnalyticsRepository, clock: Clock) -> Kind[NoPayload]:
    """Return the job that counts events that changed since they were counted last."""

    async def run(claim: Claim[NoPayload]) -> None:
        after: int | None = 0
        while after is not None:
            async with claim.effect() as session:
                portion = await repository.put(session, clock.now(), after, PORTION, anew=False)
            after = portion.last
        async with claim.effect() as session:
            await repository.forget(session)

    return Kind("count-events", NoPayload, run, cron=OFTEN)
