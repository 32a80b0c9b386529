"""The locks that tell who lives: the kernel drops them with their holder, also after kill -9.

- `start.lock`, exclusive: whoever looks for a guardian and may start one.
- `attached.lock`, shared: everybody who uses the servers; the guardian waits to have it alone.
- `guardian.lock`, exclusive: the guardian, for as long as it lives; its text is the guardian's pid.
- `up.lock`, shared: those of the attached that only keep the servers up (`ijaa db up`).
"""

import fcntl
import os
import time
from pathlib import Path

START, ATTACHED, GUARDIAN, UP = "start.lock", "attached.lock", "guardian.lock", "up.lock"
_PAUSE = 0.02


class Lock:
    """An flock(2) on a file of our own; closing it lets go.

    Its descriptor is not inherited over exec (PEP 446), so no server can hold it by accident.
    """

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self, how: int, seconds: float) -> bool:
        """Take the lock, shared or exclusive, within `seconds`."""
        deadline = time.monotonic() + seconds
        while not self._try(how):
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE)
        return True

    def wait_alone(self) -> None:
        """Block until nobody else holds it."""
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def keep_over_exec(self) -> None:
        """Let the program this process turns into hold it on."""
        os.set_inheritable(self._handle, True)  # noqa: FBT003 - its only form

    def sign(self) -> None:
        """Write our pid into the file."""
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let go."""
        os.close(self._handle)

    def _try(self, how: int) -> bool:
        try:
            fcntl.flock(self._handle, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def guardian_pid(run: Path) -> int | None:
    """Return the pid of the living guardian, if there is one."""
    lock = Lock(run / GUARDIAN)
    try:
        # Shared, so that two who ask at once do not take each other for a guardian.
        if lock.take(fcntl.LOCK_SH, 0):
            return None
        text = (run / GUARDIAN).read_text()
    finally:
        lock.release()
    return int(text) if text.isdigit() else None


def holders(path: Path) -> frozenset[int]:
    """Return the pids that share a lock on `path`; none where there is no /proc/locks."""
    try:
        inode = path.stat().st_ino
        table = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return frozenset()
    rows = (line.split() for line in table.splitlines())
    # 1: FLOCK ADVISORY READ 4711 fe:00:123 0 EOF; a waiting lock has "->" in the second column.
    return frozenset(
        int(row[4])
        for row in rows
        if row[1:4] == ["FLOCK", "ADVISORY", "READ"] and row[5].rsplit(":", 1)[-1] == str(inode)
    )
