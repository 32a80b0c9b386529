"""What `MemberInterests` promises, whichever way it is reached."""

import pytest

from ijaa.events.ports import MemberContext
from ijaa.shared.errors import Unavailable
from tests.contract.of_users.conftest import Interests


async def test_a_member_is_known_by_what_he_said_and_whom_he_sees(interests: Interests) -> None:
    # mutants: of somebody else; who was asked only; whom a block hides, either way; who is suspended; case that matters
    await interests.add("asha", "Chess", "Choir", location="Dhaka")
    for name in ("ben", "chitra", "dev", "esha", "farid"):
        await interests.add(name, "Tea")
    await interests.add("gita", active=False)
    for name in ("ben", "dev", "esha", "gita"):
        await interests.connect("asha", name)
    await interests.connect("farid", "asha")
    await interests.connect("asha", "chitra", "PENDING")
    await interests.connect("ben", "chitra")
    await interests.block("asha", "dev")
    await interests.block("esha", "asha")
    asha = MemberContext(interests=["Chess", "Choir"], location="Dhaka", connections=frozenset({"ben", "farid"}))
    assert await interests.port.of("asha") == asha
    assert await interests.port.of("Asha") == asha
    assert await interests.port.of("chitra") == MemberContext(
        interests=["Tea"], location=None, connections=frozenset({"ben"})
    )


async def test_of_whom_nobody_knows_there_is_nothing(interests: Interests) -> None:
    # mutant: a failure where somebody just left
    assert await interests.port.of("nobody") == MemberContext(interests=[], location=None, connections=frozenset())


async def test_what_nobody_can_say_is_unavailable(interests: Interests) -> None:
    # mutant: nothing, where nobody can tell
    await interests.stop()
    with pytest.raises(Unavailable):
        await interests.port.of("asha")
