"""`ijaa db upgrade`: bring the schemas to this release."""

import asyncio
import json
import os
from pathlib import Path

import rich_click as click

from ijaa import embedded
from ijaa.commands.databases import explained
from ijaa.commands.options import data_folder
from ijaa.settings import MODULES, ModuleName, role_url
from ijaa.shared.errors import SettingError
from ijaa.shared.migrations import current, head, upgrade


@click.command("upgrade")
@click.argument("module", type=click.Choice(MODULES), required=False)
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@data_folder
def upgrade_command(module: ModuleName | None, data: Path, *, dry_run: bool, as_json: bool) -> None:
    """Bring the schema of MODULE, or of both, to this release.

    Runs as the migrator role (IJAA_USERS_MIGRATOR_URL, IJAA_EVENTS_MIGRATOR_URL). Running it twice changes nothing, and
    two at once wait for each other.
    """
    modules = (module,) if module else MODULES
    given = {**os.environ, "IJAA_MODULES": ",".join(modules)}
    with embedded.provide(given, data) as environ:
        report = [_upgrade(name, environ, dry_run=dry_run) for name in modules]
    if as_json:
        click.echo(json.dumps(report))
        return
    for entry in report:
        if entry["from"] == entry["to"]:
            click.echo(f"{entry['module']}: at {entry['to']}, nothing to do")
        else:
            verb = "would go" if dry_run else "went"
            click.echo(f"{entry['module']}: {verb} from {entry['from'] or 'an empty database'} to {entry['to']}")


def _upgrade(module: ModuleName, environ: dict[str, str], *, dry_run: bool) -> dict[str, str | None]:
    name = f"IJAA_{module.upper()}_MIGRATOR_URL"
    if not (url := environ.get(name)):
        raise SettingError(name, "is not set: migrations run as the migrator role that `ijaa db setup` makes")
    role_url(name, url)
    with explained(name):
        before = asyncio.run(current(url))
        if before != head(module) and not dry_run:
            upgrade(module, url)
    return {"module": module, "from": before, "to": head(module)}
