"""Archives: made by a worker, and taken away once nobody can have them any more."""

from ijaa.shared.jobs import Claim, Kind, NoPayload
from ijaa.users.exports.service import MAKING, ExportMaker, ExportService, Making
from ijaa.users.notifications.service import Notifier

HOURLY = "23 * * * *"
TRIES = 200
"""More than there are hours in the time an export may be in the making."""


def makings(maker: ExportMaker) -> Kind[Making]:
    """Return the job that makes an archive."""
    return Kind(MAKING, Making, maker.make, tries=TRIES)


def sweeps(exports: ExportService, notifier: Notifier) -> Kind[NoPayload]:
    """Return the job that takes archives away, portion by portion."""

    async def run(claim: Claim[NoPayload]) -> None:
        more = True
        while more:
            async with claim.effect() as session:
                more = await exports.sweep(session, notifier)

    return Kind("sweep-exports", NoPayload, run, cron=HOURLY)
