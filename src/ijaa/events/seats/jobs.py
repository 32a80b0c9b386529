"""What is done about seats by itself."""

from datetime import timedelta

import structlog

from ijaa.events.seats.ledger_repository import LedgerRepository, Proved
from ijaa.events.seats.proof import PORTION, differing
from ijaa.events.seats.repository import SeatRepository
from ijaa.shared.clock import Clock
from ijaa.shared.errors import TooSlow
from ijaa.shared.jobs import Claim, Kind, NoPayload
from ijaa.shared.metrics import SEAT_DIFFERENCES

log = structlog.get_logger("ijaa.seats")

EVERY_MINUTE, NIGHTLY = "* * * * *", "23 4 * * *"
_ENDED = timedelta(days=1)
"""How long an event is proved each night after its end, whether or not its ledger says that it changed."""


def offers(seats: SeatRepository, repository: LedgerRepository, clock: Clock) -> Kind[NoPayload]:
    """Return the job that ends offers nobody accepted and hands the seats on, each event in its transaction."""

    async def run(claim: Claim[NoPayload]) -> None:
        after = 0
        while ids := await repository.overdue(clock.now(), after, PORTION):
            for event_id in ids:
                async with claim.effect() as session:
                    await seats.lock(session, event_id, clock.now())
                    await seats.promote(session, event_id, clock.now())
            after = ids[-1]

    return Kind("expire-offers", NoPayload, run, cron=EVERY_MINUTE)


def proofs(repository: LedgerRepository, clock: Clock) -> Kind[NoPayload]:
    """Return the job that proves the ledgers of events that changed, and of all that are still to end."""

    async def run(claim: Claim[NoPayload]) -> None:
        after = 0
        while ids := await repository.unproved(after, clock.now() - _ENDED, PORTION):
            found = [one for event_id in ids if (one := await _proved(repository, event_id)) is not None]
            wrong = {one.event_id: differing(one) for one in found}
            async with claim.effect() as session:
                for one in found:
                    await repository.note(session, one, len(wrong[one.event_id]), clock.now())
            for event_id, what in wrong.items():
                if what:
                    log.error(
                        "the seats of an event differ from their ledger", event_id=event_id, differences=what[:20]
                    )
            after = ids[-1]
        SEAT_DIFFERENCES.set(await repository.differences())

    return Kind("prove-seats", NoPayload, run, cron=NIGHTLY)


async def _proved(repository: LedgerRepository, event_id: int) -> Proved | None:
    try:
        return await repository.proof(event_id)
    except TooSlow as error:  # `ijaa events seats-check` has more time
        log.warning("seats are not proved", event_id=event_id, detail=error.detail)
        return None
