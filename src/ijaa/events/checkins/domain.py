"""When people are let in, and what is made of who came."""

from datetime import datetime, timedelta

from ijaa.events.catalogue.domain import DOORS_OPEN

BEFORE = DOORS_OPEN
"""How long before an event people are let in: those who set it up come early, and stay checked in."""
AFTER = timedelta(hours=24)
"""How long after its end: scanners without a network send later, and forgotten people are added."""
SLACK = timedelta(minutes=5)
"""How far the clock of a scanner may be ahead."""


def lets_in(*, status: str, start: datetime, end: datetime, at: datetime) -> bool:
    """Whether people are let in to an event at a moment."""
    return status not in {"DRAFT", "CANCELLED"} and start - BEFORE <= at <= end + AFTER


def no_shows(*, status: str, end: datetime, confirmed: int, attended: int, now: datetime) -> int | None:
    """Return how many had a seat and did not come; None while they may, and where nothing took place."""
    if now < end or status in {"DRAFT", "CANCELLED"}:
        return None
    return confirmed - attended


def rate(part: int, whole: int) -> float | None:
    """Return a share in [0, 1], None of nothing (domain: formulas)."""
    return part / whole if whole else None
