"""What a benchmark is, and what it gives: rows for results.json and a section for RESULTS.md."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison, as `results.json` keeps it."""

    name: str
    """Unique; a later run replaces the row of the same name."""
    ours: float
    floor: float
    """What ours is held against."""
    unit: str
    ratio: float
    """Ours to `floor`; for a time the other way round, so that more is always better."""
    goal: float
    statements: float | None
    """SQL statements of ours for one request, where that makes sense."""

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of a benchmark gives."""

    rows: list[Row]
    section: str
    """Markdown below the benchmark's heading: how it was measured, details, an honest reading of what was missed."""


@dataclass(frozen=True)
class Run:
    """How thoroughly to measure, and whom to tell."""

    rounds: int
    seconds: float
    members: int
    events: int
    progress: Callable[[str, float], None]
    """Takes what is being done and the share of all that is done."""


@dataclass(frozen=True)
class Benchmark:
    """One benchmark; `bench/__main__.py` lists them."""

    name: str
    about: str
    run: Callable[[Run], Outcome]
