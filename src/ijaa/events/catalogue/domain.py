"""Rules of events that need no I/O."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Self

import msgspec

from ijaa.shared.errors import Violation
from ijaa.shared.schema import range_violations
from ijaa.shared.search import lexemes
from ijaa.shared.text import fold
from ijaa.shared.zones import is_zone

SLACK = timedelta(minutes=5)
"""How far in the past a new event may start (behaviours: time at the edge)."""

ASK_AGAIN = timedelta(hours=1)
"""From how far on a start that moves is another appointment."""

DOORS_OPEN = timedelta(hours=12)
"""How long before the start people are let in."""

_KEY_LENGTH = 25_000
_PLACE_KEY_LENGTH = 300
_WORDS = 2_000


class Occasion(msgspec.Struct, frozen=True):
    """When and where an event is: what makes it another one for who wants to come."""

    start: datetime
    end: datetime
    timezone: str
    location: str | None
    is_online: bool

    def moved_from(self, before: Self) -> bool:
        """Whether it is another time or place than before; how a place is spelled is not where it is."""
        return self._place != before._place or (self.start, self.end, self.timezone) != (
            before.start, before.end, before.timezone,
        )  # fmt: skip

    def asks_again(self, before: Self) -> bool:
        """Whether who meant to come has to think again."""
        return self._place != before._place or abs(self.start - before.start) >= ASK_AGAIN

    @property
    def _place(self) -> tuple[str | None, bool]:
        return place_key(self.location), self.is_online


def schedule_violations(
    *, start: datetime, end: datetime, zone: str, deadline: datetime | None, now: datetime | None
) -> Iterator[Violation]:
    """Yield what is wrong with the times of an event; `now` is None where the start did not change."""
    yield from range_violations({"start_date": start, "end_date": end, "rsvp_deadline": deadline})
    if not is_zone(zone):
        yield Violation("/timezone", "is not an IANA time zone, such as Asia/Dhaka")
    if end <= start:
        yield Violation("/end_date", "must be after start_date")
    if now is not None and start < now - SLACK:
        yield Violation("/start_date", "is in the past")
    if deadline is not None and deadline > end:
        yield Violation("/rsvp_deadline", "must not be after end_date")


def search_key(*, title: str, event_type: str | None, tags: list[str], description: str | None) -> str:
    """Return what an event is found by, folded."""
    return fold(" ".join(filter(None, [title, event_type, *tags, description])))[:_KEY_LENGTH]


def search_words(*, title: str, event_type: str | None, tags: list[str], description: str | None) -> list[str]:
    """Return the words an event is found by, those of its title first."""
    return lexemes([title], filter(None, [event_type, *tags, description]), _WORDS)


def place_key(location: str | None) -> str | None:
    """Return what a place is found by, folded."""
    return None if location is None else fold(location)[:_PLACE_KEY_LENGTH]
