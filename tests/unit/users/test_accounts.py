"""Rules of accounts."""

import pytest

from ijaa.users.accounts.domain import Claimant, username_violations, weigh


@pytest.mark.parametrize("username", ["abc", "a.b-c_9", "a" * 50, "..."])
def test_usernames_that_do(username: str) -> None:
    """Kills: a character or a length too few."""
    assert not list(username_violations(username))


@pytest.mark.parametrize("username", ["ab", "a" * 51, "Asha", "a b", "asha\n", "åsa", "a@b", "١٢٣", ""])
def test_usernames_that_do_not(username: str) -> None:
    """Kills: `fullmatch` made `match`; letters and digits of other scripts."""
    assert [v.pointer for v in username_violations(username)] == ["/username"]


def an_account(**given: object) -> Claimant:
    """Return a confirmed account."""
    sensible = {
        "id": 1,
        "username": "asha",
        "login_alias": None,
        "email": "a@b.c",
        "verified": True,
        "awaited": False,
    }
    return Claimant(**sensible | given)  # type: ignore[arg-type]


def test_who_stands_against_a_registration() -> None:
    """Kills: an expired registration that still holds its name; an alias given away."""
    assert weigh("asha", "new@b.c", [an_account()]).username_taken
    assert weigh("asha", "new@b.c", [an_account(username="asha2", login_alias="Asha")]).username_taken
    known = weigh("new", "a@b.c", [an_account()])
    assert (known.username_taken, known.known) == (False, an_account())
    assert weigh("asha", "n@b.c", [an_account(verified=False, awaited=True)]).username_taken
    expired = weigh("asha", "a@b.c", [an_account(verified=False)])
    assert (expired.username_taken, expired.known, expired.expired) == (False, None, [1])
