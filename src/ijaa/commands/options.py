"""Options that several commands take."""

from pathlib import Path

import rich_click as click

data_folder = click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="IJAA_DATA",
    default="var/ijaa",
    show_default=True,
    help="Folder of the embedded servers, used for what no IJAA_*_URL names.",
)
