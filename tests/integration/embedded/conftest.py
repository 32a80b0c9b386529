"""Data folders, and processes that hold on to one until they are told or killed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[3] / "src"
HOLDER = """
import json, sys
from pathlib import Path
from ijaa.embedded import attach
with attach(Path(sys.argv[1])) as servers:
    at = {name: server.port for name, server in servers.postgres.items()}
    print(json.dumps({"ports": at, "runs_as": servers.users.data.owner()}), flush=True)
    sys.stdin.read()
"""


class Holder:
    """A process that is attached to a data folder."""

    def __init__(self, data: Path, **popen: Any) -> None:
        environ = {"PATH": os.defpath, "PYTHONPATH": str(SOURCE), **popen.pop("env", {})}
        self.process = subprocess.Popen(  # noqa: S603 - this very Python
            [sys.executable, "-c", popen.pop("first", "") + HOLDER, data],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
            **popen,
        )

    def facts(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.stderr.read())
        facts: dict[str, Any] = json.loads(line)
        return facts

    def leave(self) -> None:
        self.process.communicate(timeout=40)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=10)


@pytest.fixture
def data() -> Iterator[Path]:
    # Not tmp_path: root's is closed to the servers' user, which is a case of its own.
    folder = Path(tempfile.mkdtemp(prefix="ijaa-test-"))
    yield folder
    _eventually(lambda: not _processes_of(folder))
    shutil.rmtree(folder)


@pytest.fixture
def hold(data: Path) -> Iterator[Callable[..., Holder]]:
    holders: list[Holder] = []

    def start(folder: Path = data, **popen: Any) -> Holder:
        holders.append(Holder(folder, **popen))
        return holders[-1]

    yield start
    for holder in holders:
        holder.kill()


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Return what waits for a condition, with a deadline."""
    return _eventually


@pytest.fixture
def processes_of() -> Callable[[Path], dict[int, str]]:
    """Return what finds the living processes of a data folder."""
    return _processes_of


def _eventually(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _processes_of(data: Path) -> dict[int, str]:
    """Find what runs on behalf of a data folder: by its command line or by the folder it stands in."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            stands_in = str((entry / "cwd").readlink()) if os.access(entry / "cwd", os.R_OK) else ""
        except OSError:
            continue  # it has just ended
        if state != "Z" and (str(data) in command or stands_in.startswith(str(data))):
            found[int(entry.name)] = command
    return found
