"""Starting the guardian of a data folder and waiting until its servers take connections."""

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ijaa.embedded.errors import KINDS, StartFailedError
from ijaa.embedded.folder import DataFolder

SERVERS = "IJAA_EMBEDDED_SERVERS"
"""The environment variable that tells the guardian which servers to start."""
_KEPT = ("PATH", "HOME", "LANG", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "TMPDIR", "TZ")
_started: set[int] = set()
"""Guardians this process has started and not yet reaped."""


def launch(
    folder: DataFolder,
    names: Sequence[str],
    postgres_bin: Path | None,
    progress: Callable[[str], None],
    seconds: float,
) -> None:
    """Start a guardian for the servers `names` and return when they take connections.

    Raises:
        EmbeddedError: what the guardian found wrong, or that it died or took longer than `seconds`.

    """
    environ = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}
    environ[SERVERS] = ",".join(names)
    if postgres_bin is not None:
        environ["IJAA_POSTGRES_BIN"] = str(postgres_bin)
    log = folder.logs / "guardian.log"
    reading, writing = os.pipe()
    try:
        _started.add(_spawn(_guardian_command(folder.path, environ), environ, writing, log))
    finally:
        os.close(writing)
    try:
        for message in _messages(reading, time.monotonic() + seconds):
            if "progress" in message:
                progress(message["progress"])
            elif "ready" in message:
                return
            else:
                raise KINDS.get(message["failed"], StartFailedError)(message["text"])
    finally:
        os.close(reading)
    raise StartFailedError(f"The guardian of {folder.path} did not bring its servers up: see {log}.")


def reap() -> None:
    """Take leave of the guardians we started and that have ended, so that no zombie stays."""
    for pid in tuple(_started):
        try:
            ended = os.waitpid(pid, os.WNOHANG) != (0, 0)
        except ChildProcessError:
            ended = True  # reaped by somebody else
        if ended:
            _started.discard(pid)


def _guardian_command(data: Path, environ: dict[str, str]) -> list[str]:
    """Return the command that becomes the guardian: the one place that knows of the frozen binary."""
    if getattr(sys, "frozen", False):
        environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"  # our unpacked files go when we do
        return [sys.executable, "embedded-guardian", str(data)]
    source = str(Path(__file__).parents[2])
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, [source, environ.get("PYTHONPATH")]))
    return [sys.executable, "-m", "ijaa.embedded", str(data)]


def _spawn(command: list[str], environ: dict[str, str], report_to: int, log: Path) -> int:
    # Not Popen: the guardian may outlive us on purpose, which Popen would complain about.
    return os.posix_spawn(
        command[0],
        command,
        environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, report_to, 1),
            (os.POSIX_SPAWN_OPEN, 2, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGPIPE, signal.SIGINT, signal.SIGTERM),
    )


def _messages(pipe: int, deadline: float) -> Iterator[dict[str, Any]]:
    rest = b""
    while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
        if not (more := os.read(pipe, 4096)):
            return  # it is dead
        *lines, rest = (rest + more).split(b"\n")
        yield from map(json.loads, lines)
