"""`ijaa analytics`: the numbers of events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ijaa.commands.databases import run_on_module
from ijaa.events.commands import rebuild_analytics
from ijaa.shared.clock import SystemClock


@click.group()
def analytics() -> None:
    """Look after the numbers of events."""


@analytics.command("rebuild")
@click.option("--event", type=click.IntRange(min=1), help="This event alone.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
def rebuild(event: int | None, *, as_json: bool) -> None:
    """Count every event anew from its rows, whatever was counted before.

    A job counts what changed every ten minutes and comes to the same numbers: this is for a database that was changed
    by hand. Nobody has to wait meanwhile.
    """
    with _progress(silent=as_json) as advance:
        found = run_on_module("events", lambda database: rebuild_analytics(database, event, SystemClock(), advance))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo(f"{found.events} events counted.")
    if event is not None and not found.events:
        raise SystemExit(1)


@contextmanager
def _progress(*, silent: bool) -> Iterator[Callable[[int], None]]:
    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=silent) as progress:
        task = progress.add_task("Counting events", total=None)
        yield lambda count: progress.advance(task, count)
