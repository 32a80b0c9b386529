"""`ijaa members replay-erasures`: whoever was erased is so again after a restore."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from ijaa.commands.databases import run_on_module
from ijaa.events.commands import replay_erasures as replay_in_events
from ijaa.settings import MODULES, ModuleName, Settings, read_settings
from ijaa.shared.clock import SystemClock
from ijaa.shared.errors import SettingError
from ijaa.shared.ledger import Ledger
from ijaa.users.member_commands import Erased, ledger_in, ledger_of, others_in
from ijaa.users.member_commands import replay_erasures as replay_in_users

_USERS = "IJAA_USERS_DATABASE_URL"


@click.command("replay-erasures")
@click.argument("module", type=click.Choice(MODULES), required=False)
@click.option(
    "--ledger",
    "ledgers",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A ledger to read, instead of the one in the data folder. May be given again: one of each machine.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
def replay_erasures(module: ModuleName | None, ledgers: tuple[Path, ...], *, dry_run: bool, as_json: bool) -> None:
    """Erase again whom the ledger names, in the database of MODULE or in both.

    Run it after a database was restored, before others are let in. Who was erased after the backup was made is in it
    again; the ledger of erasures is outside of the backups and knows him. Running it again changes nothing.
    """
    settings = read_settings(os.environ)
    entries = _read([ledger_of(path) for path in ledgers] or [ledger_in(settings.data)])
    done: dict[str, Any] = {"dry_run": dry_run, "ledger": len(entries)}
    done |= _replay(settings, {module} if module else settings.modules, entries, dry_run=dry_run)
    if as_json:
        click.echo(msgspec.json.encode(done).decode())
    else:
        _say(done)
    if _left(done):
        raise SystemExit(1)


def _read(ledgers: Sequence[Ledger[Erased]]) -> list[Erased]:
    """Return whom the ledgers name, each once: who is named with his public id is meant by it."""
    try:
        entries = [entry for ledger in ledgers for entry in ledger.read()]
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    entries.sort(key=lambda one: (one.user_id is not None, one.erased_at))
    return [*{one.username: one for one in entries}.values()]


def _replay(
    settings: Settings, modules: Collection[ModuleName], entries: Sequence[Erased], *, dry_run: bool
) -> dict[str, Any]:
    """Erase again in each module; users first, which alone knows whose a name is now."""
    clock, done = SystemClock(), dict[str, Any]()
    if "users" in modules:
        done["users"] = run_on_module(
            "users", lambda database: replay_in_users(settings, database, entries, clock, dry_run=dry_run)
        )
    if "events" in modules:
        names, others = [one.username for one in entries], done["users"].others if done else _others(entries)
        done["events"] = run_on_module(
            "events",
            lambda database: replay_in_events(database, names, others, settings.secret_key, clock, dry_run=dry_run),
        )
    return done


def _others(entries: Sequence[Erased]) -> list[str]:
    if not entries:
        return []
    if not os.environ.get(_USERS):
        raise SettingError(_USERS, "is needed to replay in events: the users database alone knows whose a name is now")
    return run_on_module("users", lambda database: others_in(database, entries))


def _say(done: dict[str, Any]) -> None:
    if not done["ledger"]:
        click.echo("The ledger names nobody.")
        return
    would = "would be" if done["dry_run"] else "were"
    click.echo(f"The ledger names {done['ledger']}.")
    if users := done.get("users"):
        click.echo(
            f"users: {users.erased} {would} erased again, {users.reserved} names {would} kept from being given again, "
            f"{users.untouched} as they have to be."
        )
    if events := done.get("events"):
        click.echo(f"events: {events.erased} {would} erased again, {events.untouched} as they have to be.")
    for name in _left(done):
        click.echo(f"{name} is somebody else now, or not known to be the one: nothing was done. See whose name it is.")


def _left(done: dict[str, Any]) -> list[str]:
    """Return the names nothing was done about; both modules leave the same ones."""
    return sorted({name for module in MODULES if module in done for name in done[module].others})
