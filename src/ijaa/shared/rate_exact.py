"""Counts of what is rare and dear, exact over all processes: a moving window in Redis (the `limits` library)."""

from uuid import uuid4

from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis

from ijaa.shared.breaker import FAILURES, Breaker
from ijaa.shared.clock import Clock
from ijaa.shared.moving_window import MovingWindow
from ijaa.shared.rate_limit import Quota, Standing


class ExactCounts:
    """Counts in Redis and in this process, which goes on alone with its share when Redis is away or was emptied."""

    def __init__(self, redis: "Redis | None", breaker: Breaker, prefix: str, *, workers: int, clock: Clock) -> None:
        self._breaker, self._workers, self._clock = breaker, workers, clock
        self._here: dict[int, MovingWindow] = {}
        self._shared = None if redis is None else MovingWindowRateLimiter(_storage(redis, prefix))

    async def take(self, key: str, quota: Quota) -> Standing:
        """Count one more, unless it is too many."""
        here = self._here.setdefault(quota.seconds, MovingWindow(quota.seconds, self._clock))
        place = uuid4().hex
        if not here.take(key, self._amount(quota), place):
            return self._standing(here, key, quota, allowed=False)
        shared = await self._take_shared(key, quota)
        if shared is not None:
            if not shared.allowed:
                here.give_back(key, place)
            return shared
        # Redis failed just now: what was taken under the full quota may be beyond this process's share
        if here.used(key)[0] > self._amount(quota):
            here.give_back(key, place)
            return self._standing(here, key, quota, allowed=False)
        return self._standing(here, key, quota, allowed=True)

    async def _take_shared(self, key: str, quota: Quota) -> Standing | None:
        if self._shared is None or not self._breaker.closed:
            return None
        item = RateLimitItemPerSecond(quota.amount, quota.seconds, namespace="exact")
        try:
            allowed = await self._shared.hit(item, key)
            reset, remaining = await self._shared.get_window_stats(item, key)
        except FAILURES as error:
            self._breaker.trip(error)
            return None
        return Standing(allowed, max(0, remaining), max(0.0, reset - self._clock.now().timestamp()))

    def _amount(self, quota: Quota) -> int:
        return quota.amount if self._breaker.closed else quota.share_of(self._workers)

    def _standing(self, here: MovingWindow, key: str, quota: Quota, *, allowed: bool) -> Standing:
        used, reset = here.used(key)
        return Standing(allowed, max(0, self._amount(quota) - used), reset)


def _storage(redis: "Redis", prefix: str) -> RedisStorage:
    return RedisStorage(
        "async+redis://",  # not looked at: the pool knows where, and fails as fast as everywhere
        implementation="redispy",
        key_prefix=prefix,
        connection_pool=redis.connection_pool,  # type: ignore[arg-type]  # it is handed on as it is
    )
