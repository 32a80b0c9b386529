"""`ijaa embedded-guardian`: what `python -m ijaa.embedded` is where there is no python, in the single binary."""

import os
from pathlib import Path

import rich_click as click

from ijaa.embedded.guardian import guard
from ijaa.embedded.launch import SERVERS


@click.command("embedded-guardian", hidden=True)
@click.argument("data", type=click.Path(path_type=Path))
def embedded_guardian(data: Path) -> int:
    """Guard the servers of DATA; started by ijaa itself."""
    return guard(data, os.environ[SERVERS].split(","))
