"""What many do at once is counted by who does it, and forgotten when it is over."""

from contextlib import AbstractContextManager

import pytest

from ijaa.shared.errors import RateLimited, Unavailable
from ijaa.shared.http.crowd import Crowd


def test_everybody_is_counted_and_nobody_is_remembered() -> None:
    # mutants: what is over still counted; a name kept of everybody who was ever there
    crowd = Crowd()

    def one(who: str) -> AbstractContextManager[None]:
        return crowd.counted(
            who, of_one=2, his=RateLimited("his", retry_after=1), of_all=3, everybodys=Unavailable("everybody's")
        )

    with one("asha"):
        with one("asha"):
            with pytest.raises(RateLimited), one("asha"):
                pass
            with one("ben"), pytest.raises(Unavailable), one("chen"):
                pass
        with one("asha"):
            pass
    assert not crowd._of
