"""What is made of the numbers of an event."""

from datetime import UTC, datetime, timedelta

import pytest

from ijaa.events.analytics.domain import attendance_rate, engagement_rate, held, response_rate

END = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_rates_are_shares_and_none_of_nothing() -> None:
    # mutants: 0 or a fault where the divisor is 0; maybe left out; parts swapped
    assert (attendance_rate(3, 4), attendance_rate(0, 4), attendance_rate(0, 0)) == (0.75, 0, None)
    assert (response_rate(1, 2), response_rate(0, 0)) == (0.5, None)
    assert (engagement_rate(1, 1, 1), engagement_rate(1, 0, 1), engagement_rate(0, 0, 0)) == (0.5, 1, None)


@pytest.mark.parametrize(
    ("status", "after", "expected"),
    [
        ("PUBLISHED", 0, True), ("COMPLETED", 1, True), ("PUBLISHED", -1, False), ("CANCELLED", 1, False),
        ("DRAFT", 1, False),
    ],
)  # fmt: skip
def test_who_did_not_come_is_known_once_it_is_over(status: str, after: int, expected: bool) -> None:  # noqa: FBT001
    # mutants: no-shows of a cancelled event; a moment too early or too late
    assert held(status=status, end=END, now=END + timedelta(seconds=after)) is expected
