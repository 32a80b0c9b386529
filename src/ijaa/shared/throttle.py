"""What limits how often, as one thing to start and stop: classes of routes, mails to an address."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import blake2b

from redis.asyncio import Redis

from ijaa.shared.breaker import Breaker
from ijaa.shared.clock import Clock
from ijaa.shared.metrics import RATE_LIMITED
from ijaa.shared.rate_counts import Counts
from ijaa.shared.rate_exact import ExactCounts
from ijaa.shared.rate_limit import QUOTAS, RECIPIENT, Quota, Recipients, Standing, refuse
from ijaa.shared.redis import namespace
from ijaa.shared.tasks import background

CONNECTIONS = 8
"""To Redis: a crowd waits for one less long than it takes to open one for each of its requests."""


class RateLimiter:
    """Counts requests by class of route."""

    def __init__(self, quotas: Mapping[str, Quota], exact: ExactCounts, counts: Counts) -> None:
        self.quotas, self._exact, self._counts = quotas, exact, counts

    async def take(self, limit: str, who: str) -> Standing:
        """Count one more request of a class, unless it is too many."""
        quota = self.quotas[limit]
        key = f"{limit}:{who}"
        standing = await self._exact.take(key, quota) if quota.exact else self._counts.take(key, quota)
        if not standing.allowed:
            RATE_LIMITED.labels(limit).inc()
        return standing


class MailedAddresses:
    """Counts the mails that are caused to an address; the address itself is stored nowhere."""

    def __init__(self, quota: Quota | None, exact: ExactCounts, secret: bytes) -> None:
        self._quota, self._exact, self._secret = quota, exact, secret

    async def count(self, email: str) -> None:
        """Count one more to an address, known or not; raise `RateLimited` when it has had enough of them."""
        if self._quota is None:
            return
        who = blake2b(email.lower().encode(), key=self._secret, digest_size=16).hexdigest()
        refuse(await self._exact.take(f"recipient:{who}", self._quota))


class Throttle:
    """Everything that limits; without `redis` each process counts for itself.

    `installation` keeps two that share a Redis apart. `factor` multiplies the quotas, None switches them off. Guesses
    at passwords are no part of it: they count in any case, in the users database.
    """

    def __init__(
        self,
        redis: "Redis | None",
        *,
        installation: str,
        secret: bytes,
        factor: float | None,
        workers: int,
        clock: Clock,
    ) -> None:
        prefix = namespace(installation)
        self._breaker = Breaker(None if redis is None else redis.ping)
        self._counts = Counts(redis, self._breaker, prefix, workers=workers, clock=clock)
        exact = ExactCounts(redis, self._breaker, prefix, workers=workers, clock=clock)
        self.limiter: RateLimiter | None = None
        if factor is not None:
            self.limiter = RateLimiter({k: q.times(factor) for k, q in QUOTAS.items()}, exact, self._counts)
        self.recipients: Recipients = MailedAddresses(RECIPIENT.times(factor) if factor else None, exact, secret)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Exchange counts and watch Redis while inside."""
        async with background("rate-counts", self._breaker.watch, self._counts.run):
            yield
