"""What `EventCompanions` promises, whichever way it is reached."""

import pytest

from ijaa.shared.errors import Unavailable
from tests.contract.of_events.conftest import Companions


async def test_who_goes_to_the_same_events_is_met_and_nobody_else(companions: Companions) -> None:
    # mutants: MAYBE counts; an event one does not go to; oneself; a cancelled event; a name left out of the answer
    await companions.add("asha", "ben", "chitra", others=["dev"])
    await companions.add("asha", "ben", "esha")
    await companions.add("ben", "farid", others=["asha"])
    await companions.add("asha", "gita", cancelled=True)
    assert await companions.port.companions(["asha", "farid", "nobody", "Esha"]) == {
        "asha": {"ben", "chitra", "esha"},
        "farid": {"ben"},
        "nobody": frozenset(),
        "Esha": {"asha", "ben"},
    }
    assert await companions.port.companions([]) == {}


async def test_what_nobody_can_say_is_unavailable(companions: Companions) -> None:
    # mutant: nobody, where nobody can tell
    await companions.stop()
    with pytest.raises(Unavailable):
        await companions.port.companions(["asha"])
