"""`ijaa members`: people who are brought in from the lists an association has, and those who were erased."""

import asyncio
import csv
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ijaa.settings import Settings, read_settings
from ijaa.shared.clock import Clock, SystemClock
from ijaa.shared.database import COMMAND_DEADLINE, Database
from ijaa.shared.errors import Problem, SettingError
from ijaa.shared.jobs import JobQueue
from ijaa.users.community import replay_parts
from ijaa.users.erasures.domain import Erased, Replayed
from ijaa.users.erasures.repository import ErasureRepository
from ijaa.users.erasures.service import ledger_in, ledger_of, others_of
from ijaa.users.imports.domain import FIELDS, MODES, Mode, harmless
from ijaa.users.imports.repository import ImportRepository
from ijaa.users.imports.schemas import ImportRead
from ijaa.users.imports.service import ImportService, Order
from ijaa.users.imports.sheet import DELIMITERS, Refused, Sheet

__all__ = ["Erased", "ledger_in", "ledger_of", "members", "others_in", "replay_erasures"]

T = TypeVar("T")


@click.group()
def members() -> None:
    """Bring members in from the lists an association has, and keep those out who were erased."""


@members.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option(
    "--mapping",
    "mappings",
    multiple=True,
    metavar="COLUMN=FIELD",
    help=f"What a column is, where its heading is not recognised: {', '.join(FIELDS)}. May be given again.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="all-or-nothing",
    show_default=True,
    help="What one row that cannot be taken does to the others.",
)
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows that were not taken here, each with the reason: mend them and import this file.",
)
@click.option(
    "--delimiter", type=click.Choice([*DELIMITERS]), default="comma", show_default=True, help="What separates columns."
)
@click.option("--encoding", default="utf-8-sig", show_default=True, help="How the file is written.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences and progress.")
def import_(
    file: Path,
    mappings: tuple[str, ...],
    mode: Mode,
    errors: Path | None,
    delimiter: str,
    encoding: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import the people of FILE, a CSV file whose first line names its columns.

    Who is known by name and one more fact is updated, and a blank overwrites nothing. With skip-bad-rows what an
    import that was interrupted did stays; importing the file again finishes it.
    """  # fmt: skip
    order = Order(
        file_name=file.name[:200], mode=mode, dry_run=dry_run, mapping=_mapping(mappings), delimiter=delimiter,
        encoding=encoding,
    )  # fmt: skip
    done = _run(lambda service: _import(service, order, file, errors, quiet=as_json))
    if as_json:
        click.echo(msgspec.json.encode(done).decode())
    else:
        _say(done, errors)
    if done.state == "FAILED":
        raise SystemExit(1)


async def _import(
    service: ImportService, order: Order, file: Path, errors: Path | None, *, quiet: bool
) -> ImportRead:  # fmt: skip
    import_id = await service.begin(order)
    with ExitStack() as stack:
        stream = stack.enter_context(file.open("rb"))
        bar = stack.enter_context(
            Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                     console=Console(stderr=True), disable=quiet)
        )  # fmt: skip
        rows = bar.add_task("Lines", total=None)
        refused = _Refusals(errors, stack)

        def opened(sheet: Sheet) -> None:
            bar.update(rows, total=sheet.lines)
            refused.open(sheet)

        return await service.run(
            import_id, order, stream, service.transaction,
            on_open=opened, on_line=lambda line: bar.update(rows, completed=line), on_refused=refused.write,
        )  # fmt: skip


class _Refusals:
    """The file of rows that were not taken; there is none without one."""

    def __init__(self, path: Path | None, stack: ExitStack) -> None:
        self._path, self._stack = path, stack
        self._headings: list[str] = []
        self._writer: Any = None

    def open(self, sheet: Sheet) -> None:
        self._headings, self._sheet = sheet.headings, sheet

    def write(self, row: Refused) -> None:
        if self._path is None:
            return
        if self._writer is None:
            stream = self._stack.enter_context(self._path.open("w", encoding="utf-8-sig", newline=""))
            self._writer = csv.writer(stream, delimiter=self._sheet.delimiter)
            self._writer.writerow([*map(harmless, self._headings), "ijaa line", "ijaa reason"])
        cells = [*row.cells[: len(self._headings)], *[""] * (len(self._headings) - len(row.cells))]
        self._writer.writerow([*map(harmless, cells), row.line, harmless(row.reason)])


def _mapping(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.rpartition("=") for one in given]
    if wrong := [
        one for one, (column, _, field) in zip(given, pairs, strict=True) if not column or field not in FIELDS
    ]:
        raise click.BadParameter(f"{wrong[0]} is not COLUMN=FIELD, with one of {', '.join(FIELDS)}",
                                 param_hint="--mapping")  # fmt: skip
    return {column.strip(): field for column, _, field in pairs}


def _say(done: ImportRead, errors: Path | None) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if done.problem:
        console.print(done.problem)
    would = "would be " if done.dry_run else ""
    console.print(
        f"{done.created} {would}created, {done.updated} {would}updated, {done.unchanged} unchanged, "
        f"{done.refused} refused."
    )
    for one in done.errors[:10]:
        console.print(f"line {one.line}: {one.reason}")
    if done.refused and errors is not None:
        console.print(f"They are in {errors}, each with its reason.")


def _run(work: Callable[[ImportService], Awaitable[T]]) -> T:
    settings = read_settings({**os.environ, "IJAA_MODULES": "users"})
    if (connections := settings.users_database) is None:
        raise SettingError("IJAA_USERS_DATABASE_URL", "is not set: name the users module's database")
    clock = SystemClock()
    # two: how far it is shows beside what is not committed
    database = Database("users", connections.url, pool_size=2, deadline=COMMAND_DEADLINE)

    async def run() -> T:
        try:
            return await work(ImportService(database, ImportRepository(database), JobQueue(database, clock), clock))
        finally:
            await database.dispose()

    try:
        return asyncio.run(run())
    except Problem as problem:
        raise click.ClickException(problem.detail) from None


async def replay_erasures(
    settings: Settings, database: Database, entries: Sequence[Erased], clock: Clock, *, dry_run: bool
) -> Replayed:
    """Erase again whoever was erased before, in a database that was put back to before."""
    return await replay_parts(settings, database, clock).run(entries, dry_run=dry_run)


async def others_in(database: Database, entries: Sequence[Erased]) -> list[str]:
    """Return the names in a ledger that are somebody else's now."""
    return await others_of(ErasureRepository(database), entries)
