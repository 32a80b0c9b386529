"""Options that several commands take."""

import os
from pathlib import Path

import rich_click as click

from ijaa.settings import MODULES, modules_of

data_folder = click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="IJAA_DATA",
    default="var/ijaa",
    show_default=True,
    help="Folder of the embedded servers, used for what no IJAA_*_URL names.",
)


def _or_as_set(_: click.Context, __: click.Parameter, given: str | None) -> str:
    if given is not None:
        return given
    modules = modules_of(os.environ.get("IJAA_MODULES") or ",".join(MODULES))
    return "all" if len(modules) == len(MODULES) else next(iter(modules))


module_or_all = click.argument("module", type=click.Choice(["all", *MODULES]), required=False, callback=_or_as_set)
"""A module, or all; not given, what IJAA_MODULES says."""
