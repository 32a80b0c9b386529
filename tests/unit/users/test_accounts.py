"""Rules of accounts."""

import pytest

from ijaa.users.accounts.domain import username_violations


@pytest.mark.parametrize("username", ["abc", "a.b-c_9", "a" * 50, "..."])
def test_usernames_that_do(username: str) -> None:
    """Kills: a character or a length too few."""
    assert not list(username_violations(username))


@pytest.mark.parametrize("username", ["ab", "a" * 51, "Asha", "a b", "asha\n", "åsa", "a@b", "١٢٣", ""])
def test_usernames_that_do_not(username: str) -> None:
    """Kills: `fullmatch` made `match`; letters and digits of other scripts."""
    assert [v.pointer for v in username_violations(username)] == ["/username"]
