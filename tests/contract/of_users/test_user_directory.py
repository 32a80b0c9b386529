"""What `UserDirectory` promises, whichever way it is reached."""

from ijaa.events.ports import MemberCard
from tests.contract.of_users.conftest import Directory


async def test_cards_come_by_username_and_unknown_names_are_left_out(directory: Directory) -> None:
    await directory.add("asha", "Asha Rahman")
    await directory.add("bilal", "Bilal Khan")
    cards = await directory.port.cards(["asha", "bilal", "nobody"], "asha")
    assert dict(cards) == {
        "asha": MemberCard(username="asha", name="Asha Rahman", photo=None),
        "bilal": MemberCard(username="bilal", name="Bilal Khan", photo=None),
    }


async def test_the_public_sees_a_name_only_where_its_owner_said_so(directory: Directory) -> None:
    # mutant: leave the viewer out of the batch
    await directory.add("asha", "Asha Rahman")
    await directory.add("bilal", "Bilal Khan", public=True)
    cards = await directory.port.cards(["asha", "bilal"], None)
    assert (cards["asha"].name, cards["bilal"].name) == (None, "Bilal Khan")


async def test_suspended_members_have_no_card(directory: Directory) -> None:
    await directory.add("asha", "Asha Rahman", "suspended")
    assert dict(await directory.port.cards(["asha"], "bilal")) == {}


async def test_every_name_asked_for_has_a_standing(directory: Directory) -> None:
    await directory.add("asha", "Asha Rahman")
    await directory.add("bilal", "Bilal Khan", "suspended")
    standings = await directory.port.standings(["asha", "bilal", "nobody"])
    assert dict(standings) == {"asha": "active", "bilal": "suspended", "nobody": "unknown"}


async def test_nobody_asked_for_is_nobody_found(directory: Directory) -> None:
    assert dict(await directory.port.cards([], None)) == {}
    assert dict(await directory.port.standings([])) == {}


async def test_more_names_than_one_call_takes_are_no_problem(directory: Directory) -> None:
    # mutant: send them all at once; the other side takes 500
    await directory.add("asha", "Asha Rahman")
    names = [*(f"nobody{number}" for number in range(1_100)), "asha"]
    assert set(await directory.port.cards(names, "asha")) == {"asha"}
    assert len(await directory.port.standings(names)) == len(names)


async def test_shared_cards_say_what_each_kind_of_viewer_sees(directory: Directory) -> None:
    # mutant: keep the card of whoever asked first for everybody
    await directory.add("asha", "Asha Rahman")
    await directory.add("bilal", "Bilal Khan", public=True)
    await directory.add("chitra", "Chitra Devi", "suspended")
    cards = await directory.port.shared_cards(["asha", "bilal", "chitra", "nobody"])
    assert cards.keys() == {"asha", "bilal"}
    asha = MemberCard(username="asha", name="Asha Rahman", photo=None)
    assert (cards["asha"].public.name, cards["asha"].member, cards["asha"].own) == (None, asha, asha)
    assert (cards["bilal"].public.name, cards["bilal"].personal) == ("Bilal Khan", False)
    for _ in range(2):  # asked, then perhaps remembered
        assert (await directory.port.cards(["asha"], None))["asha"].name is None
        assert (await directory.port.cards(["asha"], "bilal"))["asha"] == asha


async def test_blocked_members_are_hidden_from_each_other_and_from_nobody_else(directory: Directory) -> None:
    # mutants: hide one way alone; show the card to whoever asks; hide him from everybody
    for name in ("asha", "bilal", "chitra"):
        await directory.add(name, name.title())
    await directory.block("asha", "bilal")
    for viewer, hidden in (("asha", {"bilal"}), ("bilal", {"asha"}), ("chitra", set()), ("nobody", set())):
        for _ in range(2):  # asked, then perhaps remembered
            assert await directory.port.hidden(viewer) == hidden
            cards = await directory.port.cards(["asha", "bilal", "chitra"], viewer)
            assert cards.keys() == {"asha", "bilal", "chitra"} - hidden
    assert set(await directory.port.cards(["asha", "bilal"], None)) == {"asha", "bilal"}
    assert set(await directory.port.shared_cards(["asha", "bilal"])) == {"asha", "bilal"}


async def test_an_address_is_told_to_be_somebodys_and_never_which_it_is(directory: Directory) -> None:
    # mutants: whoever has it; an account that may not act; an address that is compared as it is typed
    await directory.add("asha", "Asha Rahman")
    await directory.add("chitra", "Chitra Devi", "suspended")
    for username, email, is_it in (
        ("asha", "asha@alumni.example", True), ("asha", "chitra@alumni.example", False), ("asha", "", False),
        ("chitra", "chitra@alumni.example", False), ("nobody", "asha@alumni.example", False),
    ):  # fmt: skip
        assert await directory.port.has_address(username, email) is is_it
