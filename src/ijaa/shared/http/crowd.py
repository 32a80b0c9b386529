"""What many do at once in one process, counted by who does it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ijaa.shared.errors import RateLimited, Unavailable


class Crowd:
    """Those who have something under way in this process, and how much of it each."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()

    @contextmanager
    def counted(
        self, who: str, *, of_one: int, his: RateLimited, of_all: int, everybodys: Unavailable
    ) -> Iterator[None]:
        """Count one more of somebody's for as long as the block lasts.

        Raises `his` where he has `of_one` of them already, `everybodys` where all together have `of_all`.
        """
        if self._of[who] >= of_one:
            raise his
        if self._of.total() >= of_all:
            raise everybodys
        self._of[who] += 1
        try:
            yield
        finally:
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]
