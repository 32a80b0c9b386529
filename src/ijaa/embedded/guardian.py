"""The guardian: one process per data folder that owns the servers and stops them when nobody needs them.

It is started by the first process that attaches, is the parent of the servers, and starts one again that
dies. When it dies itself, the kernel stops the servers (`spawn`); when the last attached process is gone,
however it went, the kernel gives the guardian the lock it waits for.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from ijaa.embedded.binaries import find_binaries, reachable
from ijaa.embedded.cache import Cache
from ijaa.embedded.cluster import Cluster, wait_until
from ijaa.embedded.errors import EmbeddedError, StartFailedError
from ijaa.embedded.files import read_json, write_json
from ijaa.embedded.folder import CACHE, CLUSTERS, DataFolder, open_folder
from ijaa.embedded.locks import ATTACHED, GUARDIAN, Lock
from ijaa.embedded.probe import HOST, free_port, is_free

START_SECONDS = 120.0  # recovery after a crash may replay a lot
_GIVE_UP_SECONDS = 8.0
"""How long a server may end again and again; what a killed predecessor leaves behind is gone after one or two."""
STOP_SECONDS = 30.0
_RUDE_SECONDS = 5.0
_RETRY_SECONDS = 0.2
_LONGEST_RETRY_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_ALONE = signal.SIGUSR1
_AWAITED = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, _ALONE}


class Server(Protocol):
    """What the guardian knows of a server."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def data(self) -> Path: ...  # noqa: D102
    @property
    def log(self) -> Path: ...  # noqa: D102
    @property
    def stop_politely(self) -> signal.Signals: ...  # noqa: D102
    @property
    def stop_rudely(self) -> signal.Signals: ...  # noqa: D102
    def start(self, port: int) -> "subprocess.Popen[bytes]": ...  # noqa: D102
    def accepts(self, port: int, process: "subprocess.Popen[bytes]") -> bool: ...  # noqa: D102


class Ward:
    """A server in the guardian's care: its port and its present process."""

    def __init__(self, server: Server, port: int | None) -> None:
        self.server = server
        self.port = port or free_port()
        self.process = server.start(self.port)
        self.started = self.first_started = time.monotonic()
        self.pause = _RETRY_SECONDS

    @property
    def is_hopeless(self) -> bool:
        """Whether it has ended again and again since it was first started."""
        return self.is_down and self.started - self.first_started >= _GIVE_UP_SECONDS

    @property
    def is_down(self) -> bool:
        """Whether its process has ended; reaps it."""
        return self.process.poll() is not None

    @property
    def is_due(self) -> bool:
        """Whether it is down and has been left alone for long enough to be started again."""
        return self.is_down and time.monotonic() - self.started >= self.pause

    def start_again(self) -> None:
        """Start it again, ever more patiently while that fails, on the port that the attached know."""
        log(f"{self.server.name} ended with {self.process.returncode}, starting it again")
        lived = time.monotonic() - self.started
        self.pause = _RETRY_SECONDS if lived > START_SECONDS else min(2 * self.pause, _LONGEST_RETRY_SECONDS)
        self.process = self.server.start(self.port)
        self.started = time.monotonic()

    def facts(self) -> dict[str, object]:
        """Return what the attached need to know."""
        return {"host": HOST, "port": self.port, "pid": self.process.pid, "data": str(self.server.data)}


class Guardian:
    """Starts, watches and stops the servers of one data folder."""

    def __init__(self, folder: DataFolder, names: Sequence[str]) -> None:
        self.folder = folder
        self.names = names
        self.wards: list[Ward] = []
        self.version = ""

    def start(self) -> None:
        """Bring every server up and write down where they are.

        Raises:
            EmbeddedError: a server cannot be made or does not come up.

        """
        # Left by a guardian that was killed: those still attached know these ports, so they are tried first.
        ports = self._ports_of_the_killed()
        account = self.folder.account()
        at_hand = find_binaries(Path(given) if (given := os.environ.get("IJAA_POSTGRES_BIN")) else None)
        binaries = reachable(at_hand, self.folder, account, tell)
        self.version = binaries.postgres.version
        clusters = [
            Cluster(name, self.folder.cluster(name), self._log(name), binaries.postgres, account)
            for name in CLUSTERS
            if name in self.names
        ]
        secrets = self.folder.secrets()
        self._make([cluster for cluster in clusters if not cluster.exists], secrets)
        servers: list[Server] = [*clusters]
        if CACHE in self.names:
            servers.append(Cache(self.folder.place / CACHE, self._log(CACHE), binaries.valkey, account, secrets[CACHE]))
        tell("Starting " + ", ".join(server.name for server in servers))
        self.wards = [Ward(server, ports.get(server.name)) for server in servers]
        self._await_all()
        self._publish()

    def watch(self) -> None:
        """Start again what dies; ends by `_ToldError` alone."""
        while True:
            down = [ward for ward in self.wards if ward.is_down]
            _pause(min((ward.pause for ward in down), default=3600))
            for ward in self.wards:
                # After kill -9 the children of a postmaster hold its memory for a moment: try until it works.
                if ward.is_due:
                    ward.start_again()
                    self._publish()

    def stop(self) -> None:
        """Stop every server, politely first; each step has its deadline."""
        self.folder.facts.unlink(missing_ok=True)  # first: nobody new may take what is about to go
        self._signal([ward.server.stop_politely for ward in self.wards], STOP_SECONDS)
        self._signal([ward.server.stop_rudely for ward in self.wards], _RUDE_SECONDS)
        self._signal([signal.SIGKILL for _ in self.wards], _RUDE_SECONDS)

    def _make(self, missing: Sequence[Cluster], secrets: dict[str, Any]) -> None:
        if missing:
            tell("Making the PostgreSQL clusters " + " and ".join(cluster.name for cluster in missing))
        running = [(cluster, cluster.begin_making(secrets[cluster.name]["superuser"])) for cluster in missing]
        for cluster, initdb in running:
            cluster.finish_making(initdb)

    def _await_all(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        waiting = list(self.wards)
        while waiting:
            waiting = [ward for ward in waiting if not ward.server.accepts(ward.port, ward.process)]
            for ward in waiting:
                # Either a killed predecessor is not quite gone, or the port was taken meanwhile.
                if ward.is_due:
                    ward.port = ward.port if is_free(ward.port) else free_port()
                    ward.start_again()
            if waiting:
                _pause(_LOOK_SECONDS)
            if hopeless := [ward.server for ward in waiting if ward.is_hopeless]:
                raise StartFailedError(
                    f"{hopeless[0].name} ends as soon as it is started: {last_words(hopeless[0].log)} "
                    f"(see {hopeless[0].log})"
                )
            if waiting and time.monotonic() >= deadline:
                names = " and ".join(ward.server.name for ward in waiting)
                raise StartFailedError(f"{names} did not start within {START_SECONDS:.0f} s: see {self.folder.logs}.")

    def _publish(self) -> None:
        servers = {ward.server.name: ward.facts() for ward in self.wards}
        write_json(self.folder.facts, {"guardian": os.getpid(), "postgres_version": self.version, "servers": servers})

    def _ports_of_the_killed(self) -> dict[str, int]:
        try:
            servers = read_json(self.folder.facts)["servers"]
            self.folder.facts.unlink()
        except (OSError, ValueError, KeyError):
            return {}  # a clean stop leaves none
        return {name: facts["port"] for name, facts in servers.items()}

    def _signal(self, signals: Sequence[signal.Signals], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for ward, kind in zip(self.wards, signals, strict=True):
            if not ward.is_down:
                ward.process.send_signal(kind)
        while [ward for ward in self.wards if not ward.is_down]:
            if not wait_until(deadline):
                log(f"not everything stopped within {seconds:.0f} s")
                return

    def _log(self, name: str) -> Path:
        return self.folder.logs / f"{name}.log"


def tell(text: str) -> None:
    """Tell the process that waits for us what goes on."""
    _report(progress=text)
    log(text)


def log(text: str) -> None:
    """Write to the guardian's log, which is our stderr."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {text}\n")
    sys.stderr.flush()


def guard(data: Path, names: Sequence[str]) -> int:
    """Run the guardian of a data folder and return its exit code.

    Our stdout is the pipe of the process that waits for the servers, our stderr is the log.
    """
    os.closerange(3, 1 << 16)  # an inherited pipe would keep its reader waiting as long as the servers live
    signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    guardian: Guardian | None = None
    try:
        folder = open_folder(data)
        alive, attached = Lock(folder.run / GUARDIAN), Lock(folder.run / ATTACHED)
        if not alive.take(fcntl.LOCK_EX, _RUDE_SECONDS):
            raise StartFailedError(f"Another guardian is at work on {data}: see {folder.logs / 'guardian.log'}.")
        alive.sign()
        guardian = Guardian(folder, names)
        # whoever started us is attached already
        threading.Thread(target=_signal_when_alone, args=(attached,), daemon=True).start()
        guardian.start()
        _report(ready=True)
        os.dup2(2, 1)  # the pipe has done its work
        os.chdir("/")  # whoever started us may want to remove or unmount where it stood
        guardian.watch()
    except _ToldError as told:
        log(f"stopping: {told}")
    except EmbeddedError as error:
        log(f"{error.code}: {error}")
        _report(failed=error.code, text=str(error))
        return 1
    finally:
        if guardian is not None:
            guardian.stop()
    return 0


class _ToldError(Exception):
    """We are to stop."""


def _pause(seconds: float) -> None:
    """Wait for a child to end, at most this long; raise `_ToldError` when we are to stop."""
    got = signal.sigtimedwait(_AWAITED, seconds)
    if got is not None and got.si_signo != signal.SIGCHLD:
        raise _ToldError("nobody is attached" if got.si_signo == _ALONE else "told to")


def last_words(log: Path) -> str:
    """Return what a server said last that tells why it ended: its complaint and the line before it."""
    try:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    except OSError:
        return "it left no log"
    telling = [place for place, line in enumerate(lines) if "FATAL" in line or "ERROR" in line or "***" in line]
    end = telling[-1] + 1 if telling else len(lines)
    return " · ".join(line.strip() for line in lines[max(0, end - 2) : end]) or "it said nothing"


def _signal_when_alone(attached: Lock) -> None:
    attached.wait_alone()
    os.kill(os.getpid(), _ALONE)


def _report(**message: object) -> None:
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except BrokenPipeError:
        log("whoever started us is gone")  # the servers stop by themselves if nobody else attaches
