"""Counting without a round trip: within one process, and by its share when it is alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ijaa.shared.breaker import Breaker
from ijaa.shared.clock import FrozenClock
from ijaa.shared.rate_counts import Counts
from ijaa.shared.rate_limit import QUOTAS, Quota

START = datetime(2026, 1, 1, tzinfo=UTC)


def alone(clock: FrozenClock, workers: int = 1) -> Counts:
    """Return the counts of a process that has no Redis."""
    return Counts(None, Breaker(None), "t", workers=workers, clock=clock)


def test_the_quota_is_allowed_and_not_one_more() -> None:
    counts = alone(FrozenClock(START))
    standings = [counts.take("a", Quota(10, 60)) for _ in range(12)]
    assert [s.allowed for s in standings] == [True] * 10 + [False] * 2
    assert [s.remaining for s in standings] == [*range(9, -1, -1), 0, 0]
    assert counts.take("b", Quota(10, 60)).allowed


def test_the_window_before_weighs_in_by_the_part_that_still_counts() -> None:
    # mutant: begin every window with an empty slate
    clock = FrozenClock(START)
    counts = alone(clock)
    for _ in range(10):
        counts.take("a", Quota(10, 60))
    clock.at = START + timedelta(seconds=60)
    assert not counts.take("a", Quota(10, 60)).allowed
    clock.at = START + timedelta(seconds=90)
    assert [counts.take("a", Quota(10, 60)).allowed for _ in range(6)] == [True] * 5 + [False]


def test_a_process_without_redis_allows_its_share_and_at_least_one() -> None:
    # mutant: allow the whole quota in every process
    counts = alone(FrozenClock(START), workers=4)
    assert sum(counts.take("a", Quota(10, 60)).allowed for _ in range(20)) == 2
    assert sum(counts.take("b", Quota(2, 60)).allowed for _ in range(20)) == 1


@settings(deadline=None)
@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 20))
def test_who_waits_as_told_is_let_in(pauses: list[float], amount: int) -> None:
    # mutants: a Retry-After that is too short, or that forgets the window before
    clock = FrozenClock(START)
    counts, quota = alone(clock), Quota(amount, 60)
    for pause in pauses:
        clock.at += timedelta(seconds=pause)
        standing = counts.take("a", quota)
        if not standing.allowed:
            assert 0 < standing.reset <= 120
            clock.at += timedelta(seconds=standing.reset + 0.001)
            assert counts.take("a", quota).allowed


def test_a_factor_multiplies_and_never_closes_a_route() -> None:
    assert Quota(600, 60).times(0.5) == Quota(300, 60)
    assert Quota(5, 60).times(0.001) == Quota(1, 60)
    assert QUOTAS["login"].amount == 20
