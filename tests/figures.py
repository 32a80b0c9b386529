"""Figures that tests measure: times and rates are reported, at the end of the run, and never asserted."""

FIGURE = "figure"
FIGURES: list[str] = []
"""Those of the test that runs."""


def report(figure: str) -> None:
    """Keep a line for the end of the run."""
    FIGURES.append(figure)
