"""What the benchmarks keep: results.json as it is promised, and everything that was not measured again."""

from pathlib import Path

import msgspec
import pytest
from bench import report
from bench.outcome import Benchmark, Outcome, Row, Run


def a_row(name: str, ratio: float = 0.9, goal: float = 0.8) -> Row:
    return Row(name=name, ours=90.0, floor=100.0, unit="requests/s", ratio=ratio, goal=goal, statements=2)


def a_benchmark(name: str) -> Benchmark:
    def run(_: Run) -> Outcome:
        return Outcome(rows=[], section="")

    return Benchmark(name, f"about {name}", run)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    results, readable = tmp_path / "results.json", tmp_path / "RESULTS.md"
    monkeypatch.setattr(report, "RESULTS", results)
    monkeypatch.setattr(report, "READABLE", readable)
    return results, readable


def test_a_row_measured_again_takes_its_old_place() -> None:
    kept = [a_row("list"), a_row("detail")]

    rows = report.merged(kept, [a_row("search"), a_row("list", ratio=0.5)])

    assert [(row.name, row.ratio) for row in rows] == [("list", 0.5), ("detail", 0.9), ("search", 0.9)]


def test_results_are_a_list_of_seven_fields(files: tuple[Path, Path]) -> None:
    report.write([a_row("list")], {a_benchmark("reads"): "How.\n"})

    (row,) = msgspec.json.decode(files[0].read_bytes())
    assert list(row) == ["name", "ours", "floor", "unit", "ratio", "goal", "statements"]


def test_a_later_benchmark_extends_what_is_there(files: tuple[Path, Path]) -> None:
    report.write([a_row("list", ratio=0.7)], {a_benchmark("reads"): "\nHow reads were measured.\n"})

    report.write([a_row("search")], {a_benchmark("search"): "\nHow searches were measured.\n"})
    report.write([a_row("search", ratio=1.1)], {a_benchmark("search"): "\nHow searches were measured again.\n"})

    assert [row["name"] for row in msgspec.json.decode(files[0].read_bytes())] == ["list", "search"]
    text = files[1].read_text()
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## All of it", "## reads", "## search"]
    assert "How reads were measured." in text
    assert "How searches were measured again." in text
    assert "How searches were measured.\n" not in text
    assert text.count("**missed**") == 1
