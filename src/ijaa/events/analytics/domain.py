"""What is made of the numbers of an event (domain: formulas)."""

from datetime import datetime
from typing import Literal

Unit = Literal["day", "hour"]
MOST_POINTS = 400
"""Of a time series, the latest ones; each says what it was at its end, so that nothing lacks in the first."""


def attendance_rate(attended: int, confirmed: int) -> float | None:
    """Return how many of those who had a seat came."""
    return _share(attended, confirmed)


def response_rate(responded: int, invited: int) -> float | None:
    """Return how many of those who were invited answered."""
    return _share(responded, invited)


def engagement_rate(engaged: int, confirmed: int, maybe: int) -> float | None:
    """Return how many of those who come, or may, wrote or uploaded something."""
    return _share(engaged, confirmed + maybe)


def held(*, status: str, end: datetime, now: datetime) -> bool:
    """Whether an event took place and is over: then who did not come is a no-show."""
    return now >= end and status not in {"DRAFT", "CANCELLED"}


def _share(part: int, whole: int) -> float | None:
    """Return a share in [0, 1], None of nothing."""
    return part / whole if whole else None
