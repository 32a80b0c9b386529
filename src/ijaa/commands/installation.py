"""Commands of a module, run on this installation: on what the IJAA_*_URL variables name, or on the embedded default."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rich_click as click

from ijaa import embedded
from ijaa.commands.serve import prepare


def on_this_installation(group: click.Group) -> click.Group:
    """Give every command of a group the environment it needs, with the embedded servers up while it runs."""
    for command in group.commands.values():
        if command.callback is not None:
            command.callback = _provided(command.callback)
    return group


def _provided(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run(*arguments: Any, **options: Any) -> Any:
        given = dict(os.environ)
        with embedded.provide(given, Path(given.get("IJAA_DATA") or "var/ijaa")) as environ:
            prepare(environ, given)
            os.environ.update(environ)
            return callback(*arguments, **options)

    return run
