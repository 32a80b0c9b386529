"""Commands of a module, run on this installation: on what the IJAA_*_URL variables name, or on the embedded default."""

import copy
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rich_click as click

from ijaa.commands.options import data_folder
from ijaa.commands.serve import prepared


def on_this_installation(group: click.Group) -> click.Group:
    """Return a group whose commands take `--data` and find their environment, the embedded servers up while they run.

    The group that is given stays as it is.
    """
    here = copy.copy(group)
    here.commands = {name: _here(command) for name, command in group.commands.items()}
    return here


def _here(command: click.Command) -> click.Command:
    if command.callback is None:
        return command
    here = copy.copy(command)
    here.callback = _provided(command.callback)
    here.params = [*command.params]
    return data_folder(here)


def _provided(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run(*arguments: Any, data: Path, **options: Any) -> Any:
        with prepared(os.environ, data) as environ:
            os.environ.update(environ)
            return callback(*arguments, **options)

    return run
