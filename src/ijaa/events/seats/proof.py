"""The proof that the seats of events are what their ledgers add up to."""

from ijaa.events.seats.domain import Entry, breaks, carried, differences, fold
from ijaa.events.seats.ledger_repository import LedgerRepository, Proved
from ijaa.events.seats.schemas import Check, Differing
from ijaa.shared.clock import Clock

PORTION = 100
"""Events whose ids are looked up at once; each is proved by one statement of its own."""


def differing(proved: Proved) -> list[str]:
    """Return in what an event differs from its ledger, and where the ledger itself breaks."""
    return [*breaks(proved.entries), *differences(fold(proved.entries), proved.found)]


async def check(repository: LedgerRepository, event_id: int | None) -> Check:
    """Prove one event, or every one, and write nothing."""
    events, entries, after, found = 0, 0, 0, list[Differing]()
    while ids := await repository.events(after, event_id, PORTION):
        for one in ids:
            if (proved := await repository.proof(one)) is None:
                continue
            events, entries = events + 1, entries + len(proved.entries)
            if wrong := differing(proved):
                found.append(Differing(one, wrong))
        after = ids[-1]
    return Check(events, entries, found)


async def carry_over(repository: LedgerRepository, found: Check, clock: Clock) -> Check:
    """Write what the ledgers of these events lack, each in a transaction of its own, and return what differs still.

    Counters that are not what the answers add up to are no fault of a ledger, and stay as they are.
    """
    left = list[Differing]()
    for one in found.differing:
        await repository.carry_over(one.event_id, _lacking, clock.now())
        left += (await check(repository, one.event_id)).differing
    return Check(found.events, found.entries, left)


def _lacking(proved: Proved) -> list[Entry]:
    return carried(fold(proved.entries), proved.found)
