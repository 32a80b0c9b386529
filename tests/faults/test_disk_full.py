"""A disk that fills under those who write: nothing acknowledged is lost, and everything resumes by itself.

The disk is a small tmpfs in a mount namespace of its own (and a user namespace, where we are not root), so the drill
runs in a process of its own, `tests/faults/on_a_small_disk.py`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.figures import report


@pytest.mark.long
def test_a_disk_that_fills_under_writers() -> None:
    # mutants: acknowledge what was not written; a 500 for a full disk; a server that has to be started by hand
    apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-current-user", "--keep-caps",
                                                               "--mount"]  # fmt: skip
    command = [*apart, sys.executable, "-m", "pytest", "-q", "-s", "tests/faults/on_a_small_disk.py"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)  # noqa: S603
    report("\n".join(line for line in done.stdout.splitlines() if line.startswith("disk full")))
    assert done.returncode == 0, done.stdout[-5000:]
