"""`ijaa demo`: the whole system on the embedded default, with people and events in it."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ijaa import embedded
from ijaa.commands.serve import base_url, migrate, prepare, run
from ijaa.events import demo as events_demo
from ijaa.settings import MODULES
from ijaa.shared.boot import bind
from ijaa.shared.database import Database
from ijaa.users import demo as users_demo

console = Console(stderr=True)


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Leave it: the demo's mailbox is open to all who reach it.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="IJAA_DATA",
    default="var/ijaa",
    show_default=True,
    help="Everything lies here; delete it to begin anew.",
)
@click.option(
    "--seed",
    type=int,
    default=2009,
    show_default=True,
    help="The same seed makes the same people and events.",
)
def demo(host: str, port: int, data: Path, seed: int) -> None:
    """Start everything with demo data and show where to go; Ctrl-C stops all of it.

    The facts shown also lie in DATA/demo.json, readable by you alone.
    """
    with bind(host, port) as listening:
        url = base_url(listening)
        given = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("IJAA_") or name == "IJAA_POSTGRES_BIN"
        }
        given |= {"IJAA_DATA": str(data), "IJAA_DEMO": "1", "IJAA_BASE_URL": url, "IJAA_LOG_FORMAT": "json"}
        given["IJAA_LOG_LEVEL"] = os.environ.get("IJAA_LOG_LEVEL", "warning")
        with _progress() as progress:
            task = progress.add_task("Starting PostgreSQL ×2 and Valkey", total=4)
            with embedded.provide(
                given, data, progress=lambda said: progress.update(task, description=said)
            ) as environ:
                progress.update(task, advance=1, description="Migrating the two databases")
                for module in MODULES:
                    migrate(module, environ)
                prepare(environ, given)
                progress.update(task, advance=1, description="Seeding alumni, events and participations")
                facts = asyncio.run(_seed(environ, data, seed))
                facts["base_url"] = url
                facts["mail_dir"] = environ["IJAA_MAIL_URL"].removeprefix("file://")
                _write_private(data / "demo.json", msgspec.json.format(msgspec.json.encode(facts)))
                progress.update(task, advance=1, description="Opening the doors")

                def ready() -> None:
                    progress.update(task, completed=4, description="Ready")
                    progress.stop()
                    console.print(_block(facts, data))

                run(listening, environ, on_ready=ready)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        console=console,
    )


async def _seed(environ: dict[str, str], data: Path, seed: int) -> dict[str, Any]:
    """Seed both databases once; later starts read the credentials the first one wrote."""
    kept = data / "demo.json"
    users = Database("users", environ["IJAA_USERS_DATABASE_URL"])
    events = Database("events", environ["IJAA_EVENTS_DATABASE_URL"])
    try:
        people = await users_demo.seed(users, seed=seed)
        await events_demo.seed(events, people.usernames, seed=seed, now=datetime.now(UTC))
    finally:
        await users.dispose()
        await events.dispose()
    if people.credentials:
        facts: dict[str, Any] = {"admin": people.admin, "members": people.credentials}
        _write_private(kept, msgspec.json.format(msgspec.json.encode(facts)))  # before anything can go wrong
        return facts
    found: dict[str, Any] = msgspec.json.decode(kept.read_bytes())
    return found


def _write_private(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_bytes(content)
    part.replace(path)


def _block(facts: dict[str, Any], data: Path) -> Panel:
    url, member, admin = facts["base_url"], facts["members"][0], facts["admin"]
    return Panel.fit(
        f"[bold green]IJAA is ready at {url}[/]\n\n"
        f"API page    {url}/schema\n"
        f"Mailbox     {url}/demo/mail\n"
        f"Health      {url}/health/ready\n"
        f"Member      {member['username']}  {member['password']}\n"
        f"Admin       {admin['email']}  {admin['password']}\n"
        f"All of it   {data / 'demo.json'}\n\n"
        "Ctrl-C stops everything; the data stays.",
        title="IJAA",
    )
