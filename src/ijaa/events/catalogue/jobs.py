"""What is done about events by itself."""

from ijaa.events.catalogue.service import EventService
from ijaa.shared.jobs import Claim, Kind, NoPayload

EVERY_TEN_MINUTES = "*/10 * * * *"


def completions(events: EventService) -> Kind[NoPayload]:
    """Return the job that completes the events that are over, some in each transaction."""

    async def run(claim: Claim[NoPayload]) -> None:
        more = True
        while more:
            async with claim.effect() as session:
                more = await events.complete_some(session)

    return Kind("complete-events", NoPayload, run, cron=EVERY_TEN_MINUTES)
