"""Rules of experiences that need no I/O."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ijaa.shared.errors import Violation
from ijaa.shared.text import fold

MOST = 100
"""How many a member may have."""
_KEY_LENGTH = 200
_EARLIEST = date(1900, 1, 1)
_LATEST = date(9998, 12, 31)


def unfit(title: str | None, start: date | None, end: date | None) -> Iterator[Violation]:
    """Yield what is wrong with an experience."""
    if not title:
        yield Violation("/title", "is required: it cannot be cleared")
    for name, day in (("start_date", start), ("end_date", end)):
        if day is not None and not _EARLIEST <= day <= _LATEST:
            yield Violation(f"/{name}", "must be between the years 1900 and 9998")
    if start is not None and end is not None and end < start:
        yield Violation("/end_date", "must not be before start_date")


def with_keys(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes with the search keys of title and company, cut to their columns: folding can lengthen."""
    keys = {f"{name}_key": _key(changes[name]) for name in ("title", "company") if name in changes}
    return {**changes, **keys}


def _key(text: str | None) -> str | None:
    return None if text is None else fold(text)[:_KEY_LENGTH]
