"""What `EventFigures` promises, whichever way it is reached."""

import pytest

from ijaa.shared.errors import Unavailable
from ijaa.users.ports import EventCounts
from tests.contract.of_events.conftest import Figures


async def test_an_installation_without_events_has_zeros(figures: Figures) -> None:
    assert await figures.port.counts() == EventCounts(upcoming=0, past=0, cancelled=0, going=0, waiting=0)


async def test_events_are_counted_by_what_became_of_them(figures: Figures) -> None:
    # mutants: drafts or cancelled events among the upcoming; seats of the past; a sum that is a NULL or a decimal
    await figures.add("PUBLISHED", days=1, going=3, waiting=2)
    await figures.add("NEEDS_ORGANISER", days=9, going=4)
    await figures.add("PUBLISHED", days=-1, going=50, waiting=9)
    await figures.add("COMPLETED", days=-5, going=60)
    await figures.add("DRAFT", days=1)
    await figures.add("CANCELLED", days=1, going=70)
    assert await figures.port.counts() == EventCounts(upcoming=2, past=2, cancelled=1, going=7, waiting=2)


async def test_what_cannot_be_counted_is_unavailable(figures: Figures) -> None:
    # mutant: another error, or zeros, where the database or the service is out of reach
    await figures.stop()
    with pytest.raises(Unavailable):
        await figures.port.counts()
