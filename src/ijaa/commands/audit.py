"""`ijaa audit`: whether the audit log is what it was, and copies of it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ijaa.commands.databases import run_on
from ijaa.settings import MODULES, ModuleName, Settings, read_settings
from ijaa.shared.audit import audit_key
from ijaa.shared.audit_anchors import Anchor, file_of, read_anchors
from ijaa.shared.audit_archive import ArchiveError, archive, verify_file
from ijaa.shared.audit_repository import AuditRepository
from ijaa.shared.audit_verification import Report, verify
from ijaa.shared.clock import SystemClock
from ijaa.shared.crypto import derive_key

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")


@click.group()
def audit() -> None:
    """Look after the audit log: entries are written with what they tell of, chained within a second, never deleted."""


@audit.command("verify")
@click.argument("module", type=click.Choice(MODULES), required=False)
@click.option("--anchor", help="SEQ:HASH of a head that was seen elsewhere: in the log of the system, or in a backup.")
@click.option("--file", type=click.Path(path_type=Path, exists=True), help="Verify an archive instead.")
@_json
def verify_command(module: ModuleName | None, anchor: str | None, file: Path | None, *, as_json: bool) -> None:
    """Verify the chain of MODULE, or of both: every edit, deletion, insertion, reordering and cut of the tail shows.

    A cut tail shows against the heads noted in the data folder, and against --anchor. Exits with 1 when anything is
    wrong.
    """
    settings = _settings(module)
    if file is not None:
        try:
            reports = [verify_file(file, lambda name: _key(settings, name))]
        except ArchiveError as error:
            raise click.ClickException(str(error)) from None
    else:
        given = [_anchor(anchor)] if anchor else []
        with _progress(silent=as_json) as advance:
            reports = [_verified(settings, name, given, advance) for name in sorted(settings.modules)]
    if as_json:
        click.echo(msgspec.json.encode([_said(report) for report in reports]).decode())
    else:
        for report in reports:
            _tell(report)
    if not all(report.ok for report in reports):
        sys.exit(1)


@audit.command("archive")
@click.argument("module", type=click.Choice(MODULES))
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Copy what is older (UTC).")
@click.option("--to", type=click.Path(path_type=Path), required=True, help="The file to write, such as audit.jsonl.gz.")
@_json
def archive_command(module: ModuleName, before: datetime, to: Path, *, as_json: bool) -> None:
    """Copy the log of MODULE with its seals into a file that `ijaa audit verify --file` checks by itself.

    Nothing is deleted: the audit log is exempt from every purge.
    """
    settings = _settings(module)
    try:
        with _progress(silent=as_json) as advance:
            count = run_on(
                settings,
                module,
                lambda found: archive(module, AuditRepository(found), before.replace(tzinfo=UTC), to, advance),
            )
    except ArchiveError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(msgspec.json.encode({"module": module, "entries": count, "file": str(to)}).decode())
    else:
        click.echo(f"{count} entries of {module} copied to {to}; the log itself keeps them.")


def _settings(module: ModuleName | None) -> Settings:
    return read_settings({**os.environ, **({"IJAA_MODULES": module} if module == "users" else {})})


def _key(settings: Settings, module: str) -> bytes:
    return derive_key(settings.secret_key, audit_key(module))


def _verified(settings: Settings, module: ModuleName, given: list[Anchor], advance: Callable[[int], None]) -> Report:
    anchors = [*read_anchors(file_of(settings.data, module)), *given]
    key = _key(settings, module)
    return run_on(
        settings, module, lambda found: verify(module, AuditRepository(found), key, anchors, SystemClock(), advance)
    )


@contextmanager
def _progress(*, silent: bool) -> Iterator[Callable[[int], None]]:
    columns = SpinnerColumn(), TextColumn("{task.description} {task.completed:,} entries"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=silent) as progress:
        task = progress.add_task("Reading", total=None)
        yield lambda count: progress.advance(task, count)


def _anchor(text: str) -> Anchor:
    seq, _, hashed = text.partition(":")
    if not seq.isdecimal() or len(hashed) != 64:  # noqa: PLR2004 - hexadecimal digits of SHA-256
        raise click.BadParameter("takes SEQ:HASH, as `audit head` lines of the log have them", param_hint="--anchor")
    return Anchor(int(seq), hashed.lower())


def _said(report: Report) -> dict[str, object]:
    return {"ok": report.ok, **msgspec.structs.asdict(report)}


def _tell(report: Report) -> None:
    if report.ok:
        click.echo(
            f"{report.module}: {report.entries} entries, {report.sealed} sealed, nothing wrong. Head {report.head}"
        )
        return
    click.echo(f"{report.module}: the audit log is NOT what it was. {report.entries} entries, {report.sealed} sealed.")
    for fault in report.faults:
        where = f"link {fault.seq}, " if fault.seq else ""
        click.echo(f"  {fault.kind}: {where}entry {fault.entry_id or '?'}: {fault.says}")
