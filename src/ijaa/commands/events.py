"""`ijaa events`: whether what is kept about events is what it has to be."""

import msgspec
import rich_click as click

from ijaa.commands.databases import run_on_module
from ijaa.events.commands import Check, check_seats
from ijaa.shared.clock import SystemClock


@click.group()
def events() -> None:
    """Look after events."""


@events.command("seats-check")
@click.option("--event", type=click.IntRange(min=1), help="This event alone.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
@click.option("--carry-over", is_flag=True, help="Write into the ledger what it lacks, then look again.")
def seats_check(event: int | None, *, as_json: bool, carry_over: bool) -> None:
    """Prove that the seats of events are what the ledger of seats adds up to; end with 1 where they are not.

    Each event is looked at in one statement, so nobody has to wait. A job does the same every night for events that
    changed or are still to end. Carry over what processes of a release without a ledger wrote beside newer ones; find
    out first who else may have written.
    """
    found = run_on_module("events", lambda database: check_seats(database, event, SystemClock(), carry=carry_over))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        _say(found)
    if found.differing:
        raise SystemExit(1)


def _say(found: Check) -> None:
    for one in found.differing:
        for difference in one.differences:
            click.echo(f"event {one.event_id}: {difference}")
    outcome = f"{len(found.differing)} differ" if found.differing else "all are what the ledger says"
    click.echo(f"{found.events} events with {found.entries} entries: {outcome}.")
