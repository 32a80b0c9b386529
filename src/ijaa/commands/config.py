"""`ijaa config`: what this installation is told, where from, and whether it works."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import rich_click as click

from ijaa.commands.config_checks import Verdict, examine_all
from ijaa.commands.config_values import Surroundings, Value, look_around, values
from ijaa.commands.reference import PAGES

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
_data = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), envvar="IJAA_DATA", default=Path("var/ijaa"),
    show_default=True, help="The data folder of the embedded servers (IJAA_DATA).",
)  # fmt: skip


@click.group()
def config() -> None:
    """Look at the settings. They come from the environment alone; no secret is ever printed."""


@config.command()
@_data
@_json
def show(data: Path, *, as_json: bool) -> None:
    """Show every setting: its value, where that comes from, its default and what it means.

    Starts nothing: what is embedded has a value while its servers run.
    """
    found = values(_around(data))
    if as_json:
        click.echo(_as_json(found))
        return
    for value in found:
        click.echo(_line(value))


@config.command()
@_data
@_json
def check(data: Path, *, as_json: bool) -> None:
    """Read the settings as a start would and try every connection; exits with 1 when something is wrong.

    Says everything that is wrong at once, and what to do. Starts nothing, changes nothing: what is embedded is tried
    only while its servers run.
    """
    found = asyncio.run(examine_all(_around(data)))
    wrong = any(finding.verdict == "wrong" for finding in found)
    if as_json:
        click.echo(_as_json({"ok": not wrong, "findings": found}))
    for finding in () if as_json else found:
        click.echo(f"{_MARKS[finding.verdict]} {finding.name} {finding.says}")
    if wrong:
        sys.exit(1)


@config.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def reference(folder: Path) -> None:
    """Write the reference pages of the documentation, settings.md and authorization.md, into FOLDER."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")
        click.echo(f"{folder / name} written", err=True)


_MARKS: Mapping[Verdict, str] = {"right": "ok   ", "note": "note ", "wrong": "WRONG"}


def _around(data: Path) -> Surroundings:
    return look_around({**os.environ, "IJAA_DATA": str(data)})


def _line(value: Value) -> str:
    shown = "" if value.value is None else f" = {value.value}"
    return f"{value.name}{shown} ({value.source})\n    {value.kind}: {value.meaning}"


def _as_json(found: object) -> str:
    return msgspec.json.format(msgspec.json.encode(found)).decode()
