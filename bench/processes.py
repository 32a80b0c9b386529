"""The processes a benchmark starts: each on a leash, with a log of its own, stopped when the block is left."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_START = 60.0
_STOP = 20.0
_KEPT = ("IJAA_POSTGRES_BIN",)


class BenchError(Exception):
    """Why nothing was measured, as a sentence."""


def clean_environment() -> dict[str, str]:
    """Return this process's environment without the settings of some other installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("IJAA_") or name in _KEPT}


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    arguments: Sequence[str], environ: Mapping[str, str], log: Path, *, piped: bool = False
) -> Iterator["subprocess.Popen[str]"]:
    """Run `python -m ARGUMENTS` while inside, what it says going to `log`; `piped` talks over its stdin and stdout."""
    leash = [sys.executable, "-m", "bench.leash", str(os.getpid())]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - programs of ours
            [*leash, sys.executable, "-m", *arguments],
            env=dict(environ),
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else output,
            stderr=output,
            text=True,
            start_new_session=True,  # a Ctrl-C is for the benchmark, which then stops the others in order
        )
    with process:
        try:
            yield process
        finally:
            _stop(process)


def wait_until_listening(process: "subprocess.Popen[str]", port: int, log: Path) -> None:
    """Return once somebody accepts on `port`; raise `BenchError` with the end of the log when nobody does."""
    until = time.monotonic() + _START
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise BenchError(f"{log.stem} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used so far (Linux, proc_pid_stat(5)), or 0 where nobody counts it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
