"""`ijaa messages`: what the modules have to tell each other, and what did not get through."""

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table

from ijaa.commands.databases import run_on_module
from ijaa.settings import MODULES, ModuleName, read_settings
from ijaa.shared.clock import SystemClock
from ijaa.shared.outbox_repository import OutboxRepository

T = TypeVar("T")
_module = click.argument("module", type=click.Choice(MODULES))
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")


@click.group()
def messages() -> None:
    """Look after the messages between the modules.

    Each waits in the outbox of its sender until the receiver had its effect. After 8 failures, about 20 minutes, it is
    parked: it goes nowhere until a person has it retried or thrown away, and the others go on.
    """


@messages.command()
@_json
def status(*, as_json: bool) -> None:
    """Say how many messages of each module wait, fail or are parked, and since when the oldest waits."""
    modules = sorted(read_settings(os.environ).modules)
    found = {name: _run(name, lambda outbox: outbox.backlog()) for name in modules}
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    for name, one in found.items():
        age = f", the oldest for {_age(one.oldest)}" if one.oldest else ""
        click.echo(f"{name}: {one.waiting} under way ({one.failing} failed before){age}; {one.parked} parked")


@messages.command()
@_module
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many at most.")
@_json
def parked(module: ModuleName, limit: int, *, as_json: bool) -> None:
    """List what MODULE could not get through, the oldest first; what a message says is not shown."""
    found = _run(module, lambda outbox: outbox.parked(limit))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    if not found:
        click.echo("Nothing is parked.")
        return
    table = Table("message", "type", "written", "parked", "why")
    for one in found:
        table.add_row(str(one.id), one.type, f"{one.created_at:%F %T}Z", f"{one.parked_at:%F %T}Z", one.error)
    Console().print(table)


@messages.command()
@_module
@click.argument("message", type=click.UUID, required=False)
@click.option("--all", "everything", is_flag=True, help="Retry all that is parked.")
def retry(module: ModuleName, message: UUID | None, *, everything: bool) -> None:
    """Send a parked MESSAGE of MODULE again, or all of them: once what broke them is mended."""
    if (message is None) != everything:
        raise click.UsageError("Name one message, or say --all.")
    number = _run(module, lambda outbox: outbox.retry(message))
    if message and not number:
        raise click.ClickException("No such message is parked.")
    click.echo(f"{number} sent again.")


@messages.command()
@_module
@click.argument("message", type=click.UUID)
@click.option("--yes", is_flag=True, help="Do not ask.")
def discard(module: ModuleName, message: UUID, *, yes: bool) -> None:
    """Throw a parked MESSAGE of MODULE away: the other module will never hear of it."""
    if not yes:
        click.confirm("The other module will never hear of it. Throw it away?", abort=True)
    if not _run(module, lambda outbox: outbox.discard(message)):
        raise click.ClickException("No such message is parked.")
    click.echo("Thrown away.")


def _run(module: ModuleName, work: Callable[[OutboxRepository], Awaitable[T]]) -> T:
    return run_on_module(module, lambda database: work(OutboxRepository(database, SystemClock())))


def _age(since: datetime) -> str:
    seconds = int((datetime.now(UTC) - since).total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"  # noqa: PLR2004 - two minutes
