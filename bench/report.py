"""Keeps results.json and RESULTS.md: what was measured now replaces what stood there, everything else stays."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from bench.outcome import Benchmark, Row
from rich.table import Table

HERE = Path(__file__).parent
RESULTS, READABLE = HERE / "results.json", HERE / "RESULTS.md"

_INTRODUCTION = """# Results

Written by `make bench` (`python -m bench --help` tells more); do not edit. Figures of one machine are good for
comparing what ran on it in the same minutes, so what counts here are ratios: ours to something else, measured side by
side. A ratio above 1 means that ours is better. Nothing here is asserted by a test.
"""


def merged(kept: Sequence[Row], measured: Sequence[Row]) -> list[Row]:
    """Return the kept rows with those of the same name replaced, in their place, and new ones at the end."""
    new = {row.name: row for row in measured}
    return [new.pop(row.name, row) for row in kept] + list(new.values())


def table(rows: Sequence[Row]) -> Table:
    """Return the rows for a terminal."""
    shown = Table(title="Ours against …", title_justify="left")
    for heading in ("", "ours", "other", "unit", "ratio", "goal", "statements"):
        shown.add_column(heading, justify="left" if heading in {"", "unit"} else "right")
    for row in rows:
        ratio = f"[{'green' if row.met else 'red'}]{row.ratio:.2f}[/]"
        shown.add_row(
            row.name, f"{row.ours:,.1f}", f"{row.floor:,.1f}", row.unit, ratio, f"≥ {row.goal:g}", _statements(row)
        )
    return shown


def write(measured: Sequence[Row], sections: Mapping[Benchmark, str]) -> None:
    """Bring both files up to date."""
    kept = msgspec.json.decode(RESULTS.read_bytes(), type=list[Row]) if RESULTS.exists() else []
    rows = merged(kept, measured)
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")
    found = _sections(READABLE.read_text(encoding="utf-8")) if READABLE.exists() else {}
    found |= {
        benchmark.name: f"\n{benchmark.about[0].upper()}{benchmark.about[1:]}.\n{text}"
        for benchmark, text in sections.items()
    }
    found.pop("All of it", None)
    READABLE.write_text(
        _INTRODUCTION
        + f"\n## All of it\n\n{_markdown(rows)}\n"
        + "".join(f"\n## {name}\n{text.rstrip()}\n" for name, text in found.items()),
        encoding="utf-8",
    )


def _sections(text: str) -> dict[str, str]:
    return {name: body for name, _, body in (part.partition("\n") for part in text.split("\n## ")[1:])}


def _markdown(rows: Sequence[Row]) -> str:
    lines = ["| | ours | other | unit | ratio | goal | | statements |", "|---|---:|---:|---|---:|---:|---|---:|"]
    lines += [
        f"| {row.name} | {row.ours:,.1f} | {row.floor:,.1f} | {row.unit} | {row.ratio:.2f} | ≥ {row.goal:g} "
        f"| {'met' if row.met else '**missed**'} | {_statements(row)} |"
        for row in rows
    ]
    return "\n".join(lines)


def _statements(row: Row) -> str:
    return "" if row.statements is None else f"{row.statements:g}"
