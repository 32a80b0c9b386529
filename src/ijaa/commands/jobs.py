"""`ijaa jobs`: what is done later, what could not be done, and when what comes by itself comes next."""

import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar, get_args

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table

from ijaa.commands.databases import run_on_module
from ijaa.settings import MODULES, ModuleName, read_settings
from ijaa.shared.clock import SystemClock
from ijaa.shared.job_repository import Job, JobRepository, State

T = TypeVar("T")
_module = click.argument("module", type=click.Choice(MODULES))


@click.group()
def jobs() -> None:
    """Look after jobs: mails, purges and what else is done after an answer.

    A job that fails is tried again, later each time; after its last try it is parked and waits for a person. What
    comes by itself is never parked, its next time comes.
    """


@jobs.command("list")
@click.argument("module", type=click.Choice(MODULES), required=False)
@click.option("--state", type=click.Choice(get_args(State)), help="Only jobs in this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_(module: ModuleName | None, state: State | None, limit: int, *, as_json: bool) -> None:
    """List the jobs of MODULE, or of every module: parked ones first, then what is due first."""
    modules = [module] if module else sorted(read_settings(os.environ).modules)
    found = {name: _run(name, lambda repository: repository.jobs(state, limit)) for name in modules}
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    if not any(found.values()):
        click.echo("There are none.")
        return
    table = Table("module", "id", "name", "state", "written", "due", "tries", "why")
    for name, rows in found.items():
        for one in rows:
            table.add_row(name, str(one.id), one.name, _state(one), *map(_at, (one.created_at, one.due_at)),
                          str(one.tries), one.error or "")  # fmt: skip
    Console().print(table)


@jobs.command()
@_module
@click.argument("job", type=click.IntRange(min=1), required=False)
@click.option("--all", "everything", is_flag=True, help="Retry all that is parked.")
def retry(module: ModuleName, job: int | None, *, everything: bool) -> None:
    """Have a JOB of MODULE done now, or all that are parked: once what broke them is mended."""
    if (job is None) != everything:
        raise click.UsageError("Name one job, or say --all.")
    number = _run(module, lambda repository: repository.retry(job))
    if job and not number:
        raise click.ClickException("There is no such job, or a worker is at it.")
    click.echo(f"{number} to be done now.")


@jobs.command()
@_module
@click.argument("job", type=click.IntRange(min=1))
@click.option("--yes", is_flag=True, help="Do not ask.")
def cancel(module: ModuleName, job: int, *, yes: bool) -> None:
    """Throw a JOB of MODULE away; a worker that is at it has no effect any more.

    What comes by itself is written down again when the next worker starts.
    """
    if not yes:
        click.confirm("It will not be done. Throw it away?", abort=True)
    if not _run(module, lambda repository: repository.cancel(job)):
        raise click.ClickException("There is no such job.")
    click.echo("Thrown away.")


def _run(module: ModuleName, work: Callable[[JobRepository], Awaitable[T]]) -> T:
    return run_on_module(module, lambda database: work(JobRepository(database, SystemClock())))


def _state(job: Job) -> str:
    return f"{job.state} ({job.cron})" if job.cron else job.state


def _at(moment: datetime | None) -> str:
    return f"{moment:%F %T}Z" if moment else ""
