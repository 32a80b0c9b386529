"""Places that are taken before something is tried and given back when it was right: no two processes take the last one.

The moving window of `limits` cannot give a place back, so this is a script of ours over a sorted set.
"""

from uuid import uuid4

from redis.asyncio import Redis

from ijaa.shared.breaker import FAILURES, Breaker
from ijaa.shared.clock import Clock
from ijaa.shared.moving_window import MovingWindow
from ijaa.shared.rate_limit import Quota

_RESERVE = """
local now, seconds, amount = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - seconds)
local cleared = redis.call('GET', KEYS[2])
if redis.call('ZCARD', KEYS[1]) >= amount then return {0, cleared} end
redis.call('ZADD', KEYS[1], now, ARGV[4])
redis.call('EXPIRE', KEYS[1], seconds + 1)
return {1, cleared}
"""


class SharedPlaces:
    """Places in Redis and in this process, which goes on alone with its share when Redis is away or was emptied."""

    def __init__(
        self, quota: Quota, redis: "Redis | None", breaker: Breaker, prefix: str, *, workers: int, clock: Clock
    ) -> None:
        self._quota, self._redis, self._breaker, self._prefix = quota, redis, breaker, prefix
        self._workers, self._clock = workers, clock
        self._here = MovingWindow(quota.seconds, clock)
        self._reserve = None if redis is None else redis.register_script(_RESERVE)

    async def reserve(self, key: str) -> str | None:
        """Take a place and return its name, or None when all are taken; both ends in the same time."""
        place = uuid4().hex
        here = self._here.take(key, self._amount(), place)
        # asked in any case: a refusal must not be quicker; but nothing is taken there that would not be kept
        there, cleared = await self._reserve_there(key, place, self._quota.amount if here else 0)
        if cleared is not None:
            self._here.forget(key, cleared)
            if not here and self._here.take(key, self._amount(), place):
                here = True
                there, _ = await self._reserve_there(key, place, self._quota.amount)
        if here and there is None and self._here.used(key)[0] > self._amount():
            here = False  # Redis failed just now: what was taken under the full quota is beyond this process's share
        if here and there is not False:
            return place
        self._here.give_back(key, place)
        return None

    async def give_back(self, key: str, place: str) -> None:
        """Free a place before its time."""
        self._here.give_back(key, place)
        await self._forget(key, place)

    async def clear(self, key: str) -> None:
        """Free all places of a key; other processes hear of it when they are asked for one the next time."""
        self._here.clear(key)
        await self._forget(key, None)

    async def _reserve_there(self, key: str, place: str, amount: int) -> tuple[bool | None, float | None]:
        """Return whether Redis grants the place, None when it is away, and when all were freed the last time."""
        if self._reserve is None or not self._breaker.closed:
            return None, None
        arguments: list[float | str] = [self._clock.now().timestamp(), self._quota.seconds, amount, place]
        try:
            granted, cleared = await self._reserve(keys=self._names(key), args=arguments)
        except FAILURES as error:
            self._breaker.trip(error)
            return None, None
        return bool(granted), None if cleared is None else float(cleared)

    async def _forget(self, key: str, place: str | None) -> None:
        if self._redis is None or not self._breaker.closed:
            return
        try:
            taken, cleared = self._names(key)
            if place is not None:
                await self._redis.zrem(taken, place)
                return
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.delete(taken)
                pipeline.set(cleared, self._clock.now().timestamp(), ex=self._quota.seconds)
                await pipeline.execute()
        except FAILURES as error:
            self._breaker.trip(error)  # it is free again when its time is over

    def _names(self, key: str) -> list[str]:
        return [f"{self._prefix}:{{{key}}}", f"{self._prefix}:{{{key}}}:cleared"]

    def _amount(self) -> int:
        return self._quota.amount if self._breaker.closed else self._quota.share_of(self._workers)
