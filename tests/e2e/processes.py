"""Running `ijaa` as people run it: a process of its own, over a real socket."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

START = 60.0
"""Seconds a cold start may take on a busy machine; no promise is measured with it."""

TLS = ssl.create_default_context()
"""For clients made in a loop: making one of its own, which `http:` never needs, costs each 25 ms."""


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def halves(deployment: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what each service is given: never the other's database."""
    users = {name: value for name, value in deployment.items() if not name.startswith("IJAA_EVENTS_")}
    events = {name: value for name, value in deployment.items() if not name.startswith("IJAA_USERS_")}
    return users, events


def start(
    arguments: list[str], environ: Mapping[str, str], log: Path, *, shown: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start `ijaa` in a session of its own, with a clean environment but for `environ`.

    All it says goes into `log`; what it says on stdout into `shown` where that is given.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IJAA_")}
    with log.open("ab") as output, (shown or log).open("ab") as stdout:
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "ijaa", *arguments],
            env={**inherited, **environ},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=output,
            start_new_session=True,
        )


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return once the process answers, or fail with what it said."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        assert process.poll() is None, f"ended with {process.returncode}:\n{log.read_text()}"
        try:
            if httpx.get(f"{url}/health/live", timeout=1).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not ready after {START} s:\n{log.read_text()}")


def wait_until_said(process: subprocess.Popen[bytes], words: str, log: Path) -> None:
    """Return once the process has logged something, or fail with what it said instead."""
    until = time.monotonic() + START
    while words not in log.read_text():
        assert process.poll() is None, f"ended with {process.returncode}:\n{log.read_text()}"
        assert time.monotonic() < until, f"not said after {START} s:\n{log.read_text()}"
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes], *, how: signal.Signals = signal.SIGTERM) -> int:
    """Stop the process and return its exit code."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        return process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)
        raise


@contextmanager
def serving(arguments: list[str], environ: Mapping[str, str], log: Path, *, own_base: bool = True) -> Iterator[str]:
    """Serve while inside, and give the base URL; `own_base` names it in IJAA_BASE_URL too."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    base = ({"IJAA_BASE_URL": url} if own_base else {}) | dict(environ)
    process = start(["serve", *arguments, "--port", str(port)], base, log)
    try:
        wait_until_ready(process, url, log)
        yield url
    finally:
        stop(process)
