"""The log of the last moments: no stretch of time holds too many."""

from datetime import UTC, datetime, timedelta

from ijaa.shared import moving_window
from ijaa.shared.clock import FrozenClock
from ijaa.shared.moving_window import MovingWindow

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_no_stretch_of_time_holds_more_than_the_limit() -> None:
    # mutant: begin anew at fixed moments, which lets twice as many through around each of them
    clock = FrozenClock(START)
    window = MovingWindow(60, clock)
    granted = []
    for second in range(300):
        clock.at = START + timedelta(seconds=second)
        if window.take("a", 5, str(second)):
            granted.append(second)
    assert all(len([g for g in granted if begin <= g < begin + 60]) <= 5 for begin in range(300))
    assert len(granted) == 25


def test_a_place_that_is_given_back_is_free_and_no_other_is() -> None:
    # mutants: give back the oldest place whoever holds it; fail on a place that is free already
    window = MovingWindow(60, FrozenClock(START))
    assert [window.take("a", 2, place) for place in "xyz"] == [True, True, False]
    window.give_back("a", "y")
    window.give_back("a", "y")
    window.give_back("nobody", "y")
    assert [window.take("a", 2, place) for place in "uv"] == [True, False]


def test_keys_do_not_share_places() -> None:
    window = MovingWindow(60, FrozenClock(START))
    assert [window.take(key, 1, "p") for key in ("a", "b", "a")] == [True, True, False]


def test_it_tells_when_the_first_place_is_free_again() -> None:
    clock = FrozenClock(START)
    window = MovingWindow(60, clock)
    assert window.used("a") == (0, 0.0)
    window.take("a", 5, "x")
    clock.at += timedelta(seconds=20)
    window.take("a", 5, "y")
    assert window.used("a") == (2, 40.0)


def test_memory_is_bounded_and_what_is_over_is_forgotten() -> None:
    # mutants: keep every key that ever asked; drop those that are in use before those that are over
    clock = FrozenClock(START)
    window = MovingWindow(60, clock)
    window.take("old", 1, "p")
    clock.at += timedelta(seconds=61)
    window.take("new", 1, "p")
    assert set(window._taken) == {"new"}
    for number in range(moving_window.BOUND + 10):
        window.take(f"flood {number}", 1, "p")
    assert len(window._taken) == moving_window.BOUND
