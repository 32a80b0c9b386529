"""Counts of what is frequent and cheap: kept here, told to the other processes through Redis five times a second.

A read is not worth a round trip to Redis, so none is made for it. Per window of the quota a process knows what it
counted itself and what all others had counted by the last exchange; the window before weighs in by the part of it that
still lies within the quota's time. What came in since the last exchange is the tolerance.
"""

import asyncio
from itertools import islice
from typing import Any

from redis.asyncio import Redis

from ijaa.shared.breaker import FAILURES, Breaker
from ijaa.shared.clock import Clock
from ijaa.shared.moving_window import BOUND
from ijaa.shared.rate_limit import Quota, Standing

EVERY = 0.2
"""Seconds between two exchanges."""
_AT_ONCE = 500


class _Seen:
    """What is known of one key."""

    __slots__ = ("before", "number", "others", "others_before", "own", "seconds", "told")

    def __init__(self, number: int, seconds: int) -> None:
        self.number, self.seconds = number, seconds
        self.own = self.told = self.others = self.before = self.others_before = 0

    def move_to(self, number: int) -> None:
        """Begin another window."""
        if number == self.number + 1:
            self.before, self.others_before = self.own, self.others
        else:
            self.before = self.others_before = 0
        self.number, self.own, self.told, self.others = number, 0, 0, 0


class Counts:
    """Counts by class and key, and refuses what goes beyond the quota; never waits."""

    def __init__(self, redis: "Redis | None", breaker: Breaker, prefix: str, *, workers: int, clock: Clock) -> None:
        self._redis, self._breaker, self._prefix = redis, breaker, prefix
        self._workers, self._clock = workers, clock
        self._seen: dict[str, _Seen] = {}
        self._untold: dict[str, _Seen] = {}

    def take(self, key: str, quota: Quota) -> Standing:
        """Count one more, unless it is too many."""
        seconds = quota.seconds
        number, into = divmod(self._clock.now().timestamp(), seconds)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._add(key, int(number), seconds)
        elif seen.number != number:
            seen.move_to(int(number))
        before, now, amount = seen.before, seen.own, quota.amount
        if self._breaker.closed:
            before, now = before + seen.others_before, now + seen.others
        else:
            amount = quota.share_of(self._workers)
        left = int(amount - now - before * (1 - into / seconds))
        if left < 1:
            return Standing(allowed=False, remaining=0, reset=_wait(before, now, amount, seconds, into))
        seen.own += 1
        self._untold[key] = seen
        return Standing(allowed=True, remaining=left - 1, reset=seconds - into)

    async def exchange(self) -> None:
        """Tell what was counted here, and hear what the others counted."""
        if self._redis is None or not self._breaker.closed:
            return
        untold, self._untold = self._untold, {}  # what is counted meanwhile has its turn the next time
        told = iter(untold.items())
        while some := list(islice(told, _AT_ONCE)):
            try:
                await self._tell(self._redis, some)
            except FAILURES as error:
                self._breaker.trip(error)
                self._untold = dict(told) | self._untold
                return

    async def run(self) -> None:
        """Exchange until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.exchange()

    async def _tell(self, redis: "Redis", some: list[tuple[str, _Seen]]) -> None:
        asked = []
        async with redis.pipeline(transaction=False) as pipeline:
            for key, seen in some:
                name = f"{self._prefix}:{key}:"
                # told before it is known to have arrived: what may be lost is better than what may count twice
                more, seen.told = seen.own - seen.told, seen.own
                asked.append((seen, seen.number, seen.told))
                pipeline.incrby(f"{name}{seen.number}", more)
                pipeline.expire(f"{name}{seen.number}", 2 * seen.seconds)
                pipeline.get(f"{name}{seen.number - 1}")
            answers: list[Any] = await pipeline.execute()
        for index, (seen, number, told) in enumerate(asked):
            if seen.number == number:
                seen.others = max(0, int(answers[3 * index]) - told)
                seen.others_before = max(0, int(answers[3 * index + 2] or 0) - seen.before)

    def _add(self, key: str, number: int, seconds: int) -> _Seen:
        if len(self._seen) >= BOUND:
            now = self._clock.now().timestamp()
            self._seen = {k: s for k, s in self._seen.items() if (s.number + 2) * s.seconds > now}
            while len(self._seen) >= BOUND:
                del self._seen[next(iter(self._seen))]
        seen = self._seen[key] = _Seen(number, seconds)
        return seen


def _wait(before: int, now: int, amount: int, seconds: int, into: float) -> float:
    """Return the seconds until one more fits, if nobody counts anything meanwhile."""
    room = amount - 1 - now
    if room >= 0 and before:
        return max(0.0, seconds * (1 - room / before) - into)
    return seconds - into + seconds * (1 - (amount - 1) / now)
