"""`python -m bench`: measure, print a table, bring results.json and RESULTS.md up to date."""

import signal
import sys
from types import FrameType

import msgspec
import rich_click as click
from bench import cards, imports, messages, reads, report, search, seats, streams, tokens
from bench.outcome import Benchmark, Outcome, Run
from bench.processes import BenchError
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ijaa.embedded import EmbeddedError

BENCHMARKS: tuple[Benchmark, ...] = (
    reads.BENCHMARK,
    tokens.BENCHMARK,
    messages.BENCHMARK,
    cards.BENCHMARK,
    streams.BENCHMARK,
    search.BENCHMARK,
    imports.BENCHMARK,
    seats.BENCHMARK,
)
_NAMES = [benchmark.name for benchmark in BENCHMARKS]

console = Console(stderr=True)


@click.command()
@click.option("--only", type=click.Choice(_NAMES), multiple=True, help="Run this one alone; may be given again.")
@click.option(
    "--rounds",
    type=click.IntRange(1, 1000),
    default=7,
    show_default=True,
    help="How often everybody is measured. A ratio is the median over the rounds: more of them, less noise.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 600),
    default=3.0,
    show_default=True,
    help="How long each one is measured in a round.",
)
@click.option("--members", type=click.IntRange(100, 1_000_000), default=10_000, show_default=True, help="Seeded.")
@click.option("--events", type=click.IntRange(50, 1_000_000), default=2_000, show_default=True, help="Seeded.")
@click.option("--quick", is_flag=True, help="A first look: 2 rounds of 1 second, and no file is written.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON instead of a table.")
def main(
    *, only: tuple[str, ...], rounds: int, seconds: float, members: int, events: int, quick: bool, as_json: bool
) -> None:
    """Measure IJAA against what one would write instead.

    Everything measured is started here, in a temporary folder, and stopped again: PostgreSQL ×2, `ijaa serve`, and
    its opponents. Compared are ratios of rounds measured side by side, so a busy machine makes the figures small but
    not the ratios wrong; look at the spread in RESULTS.md before believing a small difference.

    Writes bench/results.json (rows by name) and bench/RESULTS.md (to read). Missed goals are reported, not failed.
    """
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    if quick:
        rounds, seconds = 2, 1.0
    chosen = [benchmark for benchmark in BENCHMARKS if not only or benchmark.name in only]
    try:
        outcomes = {benchmark: _run(benchmark, rounds, seconds, members, events) for benchmark in chosen}
    except (BenchError, EmbeddedError) as error:
        console.print(f"Nothing was measured: {error}", markup=False)
        sys.exit(1)
    rows = [row for outcome in outcomes.values() for row in outcome.rows]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rows)).decode())
    else:
        shown = Console()
        for benchmark, outcome in outcomes.items():
            shown.print(Markdown(f"# {benchmark.name}\n{outcome.section}"))
        shown.print(report.table(rows))
    if not quick:
        report.write(rows, {benchmark: outcome.section for benchmark, outcome in outcomes.items()})
        console.print(f"Written: {report.RESULTS.name} and {report.READABLE.name} in {report.HERE.name}/")


def _run(benchmark: Benchmark, rounds: int, seconds: float, members: int, events: int) -> Outcome:
    with Progress(
        SpinnerColumn(),
        TextColumn(f"{benchmark.name}: {{task.description}}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        task = progress.add_task("Starting", total=1.0)

        def told(what: str, done: float) -> None:
            progress.update(task, description=what, completed=done)
            if not console.is_terminal:
                console.print(what, highlight=False)

        return benchmark.run(Run(rounds=rounds, seconds=seconds, members=members, events=events, progress=told))


def _leave(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)  # through every `finally`, so that everything is stopped


if __name__ == "__main__":
    main()
