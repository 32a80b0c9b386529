"""`ijaa demo`: the whole system on the embedded default, with people and events in it."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec
import rich_click as click
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ijaa.commands.serve import base_url, prepared, run
from ijaa.embedded.files import write_json
from ijaa.embedded.locks import Lock
from ijaa.events import demo as events_demo
from ijaa.shared.boot import bind
from ijaa.shared.database import COMMAND_DEADLINE, Database
from ijaa.shared.errors import SettingError
from ijaa.users import demo as users_demo

_HEARD = ("IJAA_POSTGRES_BIN", "IJAA_LOG_LEVEL")
_STEPS = 7
said = Console(stderr=True)
shown = Console()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in demo.json."""

    base_url: str
    admin: dict[str, str]
    members: list[dict[str, str]]
    mail_dir: str


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

    The facts shown also lie in DATA/demo.json, readable by you alone. Of the IJAA_* variables IJAA_DATA,
    IJAA_LOG_LEVEL and IJAA_POSTGRES_BIN are heard; every other one is ignored: a demo has servers of its own.
    """
    with bind(host, port) as listening:
        url = base_url(listening)
        given = {name: value for name, value in os.environ.items() if not name.startswith("IJAA_") or name in _HEARD}
        given |= {"IJAA_DEMO": "1", "IJAA_BASE_URL": url, "IJAA_LOG_FORMAT": "json"}
        given.setdefault("IJAA_LOG_LEVEL", "warning")
        with _Steps() as steps:
            steps.say("Starting PostgreSQL ×2 and Valkey")
            with prepared(given, data, progress=steps.say) as environ, _alone(data):
                steps.say("Seeding alumni, events and participations")
                facts = asyncio.run(_seed(environ, data, seed))
                steps.say("Opening the doors")

                def ready() -> None:
                    steps.end()
                    _show(facts, data)

                run(listening, environ, on_ready=ready)


class _Steps:
    """Says what goes on: a bar on a terminal, lines where there is none, and lines after its end."""

    def __init__(self) -> None:
        self._progress = _progress()
        self._task = self._progress.add_task("", total=_STEPS)
        self._is_bar = said.is_terminal

    def __enter__(self) -> Self:
        if self._is_bar:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_bar:
            self._progress.stop()

    def say(self, text: str) -> None:
        if self._is_bar:
            self._progress.update(self._task, advance=1, description=text)
        else:
            said.print(text, markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        if self._is_bar:
            self._progress.update(self._task, completed=_STEPS, description="Ready")
            self._progress.stop()
            self._is_bar = False


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        console=said,
    )


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Refuse a second demo on a folder: its address would take the place of the first one's."""
    lock = Lock(data / "run" / "demo.lock")
    try:
        if not lock.take(fcntl.LOCK_EX, 0):
            kept = _kept(data)
            where = f" at {kept.base_url}" if kept is not None else ""
            raise SettingError("--data", f"{data} is that of a demo that runs{where}: use it, or name another folder")
        yield
    finally:
        lock.release()


async def _seed(environ: dict[str, str], data: Path, seed: int) -> Facts:
    """Seed both databases once, and keep what people sign in with; where that was lost, they get new passwords."""
    users = Database("users", environ["IJAA_USERS_DATABASE_URL"], deadline=COMMAND_DEADLINE)
    events = Database("events", environ["IJAA_EVENTS_DATABASE_URL"], deadline=COMMAND_DEADLINE)
    try:
        people = await users_demo.seed(users, seed=seed)
        known = people.credentials or _kept(data) or await users_demo.renew(users)
        if known is None:
            raise SettingError(
                "--data", f"{data} holds members who are not the demo's: name another folder (IJAA_DATA)"
            )
        facts = Facts(
            base_url=environ["IJAA_BASE_URL"],
            admin=known.admin,
            members=known.members,
            mail_dir=environ["IJAA_MAIL_URL"].removeprefix("file://"),
        )
        write_json(data / "demo.json", msgspec.structs.asdict(facts))
        await events_demo.seed(events, people.usernames, seed=seed, now=datetime.now(UTC))
    finally:
        await users.dispose()
        await events.dispose()
    return facts


def _kept(data: Path) -> Facts | None:
    try:
        return msgspec.json.decode((data / "demo.json").read_bytes(), type=Facts)
    except (FileNotFoundError, msgspec.DecodeError):
        return None  # never written, or not by us


def _show(facts: Facts, data: Path) -> None:
    lines = _block(facts, data)
    if shown.is_terminal:
        shown.print(Panel.fit(lines, title="IJAA"))
    else:
        shown.print(lines, highlight=False, soft_wrap=True)


def _block(facts: Facts, data: Path) -> str:
    url, member, admin = facts.base_url, facts.members[0], facts.admin
    return (
        f"[bold green]IJAA is ready at {url}[/]\n\n"
        f"API page    {url}/schema\n"
        f"Mailbox     {url}/demo/mail\n"
        f"Health      {url}/health/ready\n"
        f"Member      {member['username']}  {member['password']}\n"
        f"Admin       {admin['email']}  {admin['password']}\n"
        f"All of it   {escape(str(data / 'demo.json'))}\n\n"
        "Ctrl-C stops everything; the data stays."
    )
