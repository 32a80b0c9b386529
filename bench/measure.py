"""Interleaved rounds: every contender is measured in every round, in rotating order, and compared within the round."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.load import Tally


@dataclass(frozen=True)
class Sample:
    """One contender in one round."""

    rate: float
    """Requests per second."""
    p50: float
    """Milliseconds."""
    p95: float
    cpu: float
    """Milliseconds of its worker's processor time for one request."""

    @classmethod
    def of(cls, tally: Tally, cpu_seconds: float) -> "Sample":
        """Return what a tally says."""
        return cls(tally.rate, tally.p50, tally.p95, cpu_seconds / tally.total * 1000)


@dataclass(frozen=True)
class Ratio:
    """How one contender does against another: the median of the rounds' ratios and their extremes."""

    median: float
    low: float
    high: float


@dataclass
class Series:
    """The rounds of one comparison."""

    rounds: list[dict[str, Sample]] = field(default_factory=list)

    def add(self, names: Sequence[str], measure: Callable[[str], Sample]) -> None:
        """Measure everybody once more, starting with somebody else than the last time."""
        first = len(self.rounds) % len(names)
        self.rounds.append({name: measure(name) for name in (*names[first:], *names[:first])})

    def median(self, name: str, figure: Callable[[Sample], float]) -> float:
        """Return the median of one figure of one contender."""
        return statistics.median(figure(samples[name]) for samples in self.rounds)

    def ratio(self, name: str, other: str) -> Ratio:
        """Compare the rates of two contenders, round by round."""
        ratios = [samples[name].rate / samples[other].rate for samples in self.rounds]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios))
