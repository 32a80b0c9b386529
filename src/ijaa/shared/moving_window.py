"""Who did what how often of late, in the memory of this process."""

from collections import deque

from ijaa.shared.clock import Clock

BOUND = 100_000
"""Keys that are kept; beyond it those that came first go first."""


class MovingWindow:
    """A log of the last moments per key, so that no stretch of time, wherever it begins, holds too many."""

    def __init__(self, seconds: int, clock: Clock) -> None:
        self._seconds, self._clock = seconds, clock
        self._taken: dict[str, deque[tuple[float, str]]] = {}
        self._pruned = 0.0

    def take(self, key: str, amount: int, place: str) -> bool:
        """Take a place unless `amount` are taken."""
        now = self._clock.now().timestamp()
        self._prune(now)
        taken = self._taken.setdefault(key, deque())
        self._expire(taken, now)
        if len(taken) >= amount:
            return False
        taken.append((now, place))
        return True

    def give_back(self, key: str, place: str) -> None:
        """Free a place; one that is free already is no error."""
        taken = self._taken.get(key, deque())
        for entry in taken:
            if entry[1] == place:
                taken.remove(entry)
                return

    def used(self, key: str) -> tuple[int, float]:
        """Return how many places are taken, and in how many seconds the first of them is free again."""
        now = self._clock.now().timestamp()
        taken = self._taken.get(key, deque())
        self._expire(taken, now)
        return len(taken), max(0.0, taken[0][0] + self._seconds - now) if taken else 0.0

    def _expire(self, taken: deque[tuple[float, str]], now: float) -> None:
        while taken and taken[0][0] <= now - self._seconds:
            taken.popleft()

    def _prune(self, now: float) -> None:
        if abs(now - self._pruned) > self._seconds:
            self._pruned = now
            self._taken = {k: t for k, t in self._taken.items() if t and t[-1][0] > now - self._seconds}
        while len(self._taken) >= BOUND:
            del self._taken[next(iter(self._taken))]
