"""Starting a server so that it cannot outlive the process that started it."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ijaa.embedded.account import Account

_PR_SET_PDEATHSIG = 1  # prctl(2)
_prctl = ctypes.CDLL(None, use_errno=True).prctl  # loaded before any fork


def spawn(
    argv: Sequence[str | Path], account: Account, *, output: IO[bytes], when_orphaned: signal.Signals
) -> subprocess.Popen[bytes]:
    """Start a child as `account`; the kernel sends it `when_orphaned` when this thread's process is gone.

    The signal belongs to the thread that starts the child, so call it from the main thread only (prctl(2)).
    """
    parent = os.getpid()

    def tie_to_parent() -> None:
        # After the change of user, which would clear it (prctl(2)).
        _prctl(_PR_SET_PDEATHSIG, int(when_orphaned), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())  # the guardian blocks what it waits for

    return subprocess.Popen(  # noqa: S603 - our own binaries
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd="/",
        # A server has no use for our environment, which may hold secrets.
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"},
        start_new_session=True,
        preexec_fn=tie_to_parent,  # noqa: PLW1509 - the guardian's only other thread sleeps in flock(2)
        **account.identity(),
    )


def open_log(path: Path, *, limit: int = 8 << 20) -> IO[bytes]:
    """Open a log for appending; one longer than `limit` bytes is set aside as `.1` first."""
    if path.exists() and path.stat().st_size > limit:
        path.replace(path.with_suffix(f"{path.suffix}.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb")
