"""How often something may be done: the published limits, and what is said of one who stands at them."""

from collections.abc import Mapping
from math import ceil
from typing import NamedTuple, Protocol

from ijaa.shared.errors import RateLimited


class Quota(NamedTuple):
    """So many in any stretch of so many seconds."""

    amount: int
    seconds: int
    exact: bool = False
    """Every one is asked of Redis; the others are counted here and told to Redis a few times a second."""

    def share_of(self, workers: int) -> int:
        """Return what one process may allow that cannot ask the others."""
        return max(1, self.amount // workers)

    def times(self, factor: float) -> "Quota":
        """Return this quota multiplied."""
        return self._replace(amount=max(1, round(self.amount * factor)))


MINUTE, HOUR = 60, 3600

QUOTAS: Mapping[str, Quota] = {
    "login": Quota(20, MINUTE, exact=True),
    "refresh": Quota(60, MINUTE, exact=True),
    "mail": Quota(30, HOUR, exact=True),
    "report": Quota(20, HOUR, exact=True),
    "search": Quota(120, MINUTE),
    "upload": Quota(20, MINUTE),
    "write": Quota(120, MINUTE),
    "read": Quota(600, MINUTE),
}
"""Per class of route: of a principal where somebody is signed in, else of an address; docs/api.md publishes them."""

RECIPIENT = Quota(5, HOUR, exact=True)
"""Mails somebody who is not signed in may cause to one address, known or not."""


class Standing(NamedTuple):
    """Where somebody stands after one more."""

    allowed: bool
    remaining: int
    reset: float
    """Seconds until there is room again: for all of it if he pauses, for one when he was refused."""


class Recipients(Protocol):
    """Counts the mails that are caused to an address."""

    async def count(self, email: str) -> None:
        """Count one more to an address, known or not; raise `RateLimited` when it has had enough of them."""
        ...


def refuse(standing: Standing) -> None:
    """Raise `RateLimited` for one who is not allowed."""
    if not standing.allowed:
        raise RateLimited(retry_after=max(1, ceil(standing.reset)))
