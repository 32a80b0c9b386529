"""A disk that fills under those who write: nothing acknowledged is lost, and everything resumes by itself.

The disk is a small tmpfs in a mount namespace of its own (and a user namespace, where we are not root), so the drills
run in a process of its own, `tests/faults/on_a_small_disk.py`; what is done where neither is to be had is told there.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.figures import report

_WAYS = (["unshare", "--mount"], ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"])
_TRY = "import ctypes, sys; sys.exit(ctypes.CDLL(None).mount(b'tmpfs', b'/mnt', b'tmpfs', 0, b''))"
"""As the drill does it: mount(8) refuses whoever is not root, even where the kernel would not."""


def _apart() -> list[str] | None:
    """Return what gives a command a namespace in which it may mount, None where nothing does."""
    for way in _WAYS:
        try:
            done = subprocess.run([*way, sys.executable, "-c", _TRY], capture_output=True, check=False)  # noqa: S603
        except FileNotFoundError:
            return None
        if done.returncode == 0:
            return way
    return None


def _drill(times: int, *, may_mount: bool = True) -> None:
    apart = _apart() if may_mount else None
    environ = {**os.environ, "DRILL_DISK": "said" if apart is None else "real", "DRILL_TIMES": str(times)}
    command = [*(apart or ()), sys.executable, "-m", "pytest", "-q", "-s", "tests/faults/on_a_small_disk.py"]
    done = subprocess.run(  # noqa: S603
        command, cwd=Path(__file__).parents[2], env=environ, capture_output=True, text=True, check=False
    )
    said = [line for line in done.stdout.splitlines() if "disk full" in line and not line.startswith("E ")]
    report(
        "\n".join([*said, *(["disk full: nothing may be mounted here, so servers said so"] if apart is None else [])])
    )
    assert done.returncode == 0, done.stdout[-5000:]


def test_a_disk_that_fills_under_writers() -> None:
    # mutants: acknowledge what was not written; a 500 for a full disk; one pool or one fuse for both modules
    _drill(times=1)


@pytest.mark.long
def test_a_disk_that_fills_again_and_again() -> None:
    # mutant: a server that has to be started by hand
    _drill(times=3)


@pytest.mark.long
def test_servers_that_say_they_are_full() -> None:
    _drill(times=3, may_mount=False)
