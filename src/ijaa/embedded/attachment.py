"""Attaching to the servers of a data folder, starting them when nobody has yet."""

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ijaa.embedded.binaries import check_clusters, find_postgres
from ijaa.embedded.cluster import SUPERUSER, wait_until
from ijaa.embedded.errors import InUseError, ServersDifferError, StartFailedError
from ijaa.embedded.files import read_json
from ijaa.embedded.folder import CACHE, CLUSTERS, DataFolder, open_folder
from ijaa.embedded.guardian import START_SECONDS, STOP_SECONDS
from ijaa.embedded.launch import launch, reap
from ijaa.embedded.locks import ATTACHED, START, UP, Lock, guardian_pid, holders
from ijaa.embedded.probe import postgres_accepts, valkey_accepts

ALL = (*CLUSTERS, CACHE)
_WAIT_SECONDS = START_SECONDS + STOP_SECONDS

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running cluster."""

    name: str
    host: str
    port: int
    pid: int
    data: Path
    password: str = field(repr=False)
    user: str = SUPERUSER

    def url(self, user: str, password: str, database: str) -> str:
        """Return the URL of a database for one of its roles."""
        return f"postgresql://{quote(user)}:{quote(password)}@{self.host}:{self.port}/{database}"

    def superuser_url(self, database: str = "postgres") -> str:
        """Return the URL of a database for the superuser; by default of the maintenance database."""
        return self.url(self.user, self.password, database)


@dataclass(frozen=True, slots=True)
class Servers:
    """The running servers of a data folder."""

    folder: DataFolder
    postgres_version: str
    postgres: dict[str, PostgresServer]
    redis_url: str = field(repr=False)
    secrets: dict[str, Any] = field(repr=False)
    attached: Lock | None = field(repr=False)
    """What keeps them running; none when they were only looked at."""

    @property
    def users(self) -> PostgresServer:
        """The cluster of the users module."""
        return self.postgres["users"]

    @property
    def events(self) -> PostgresServer:
        """The cluster of the events module."""
        return self.postgres["events"]


@contextmanager
def attach(
    data: Path,
    *,
    postgres_bin: Path | None = None,
    servers: Sequence[str] = ALL,
    progress: Progress = silent,
) -> Iterator[Servers]:
    """Keep the servers of `data` running while inside, starting them when they are not.

    The last process to leave, in whatever way, stops them; leaving normally waits until they are stopped.

    Raises:
        EmbeddedError: they cannot be used; see `ijaa.embedded.errors` for the kinds.

    """
    postgres = find_postgres(postgres_bin)
    folder = open_folder(data)
    check_clusters(folder, postgres)
    attached = Lock(folder.run / ATTACHED)
    with ExitStack() as leaving:
        leaving.callback(_wait_for_stop, folder, progress)
        leaving.callback(attached.release)
        with _taken(Lock(folder.run / START), fcntl.LOCK_EX, folder):
            # Waits for a guardian that is just stopping: it has this lock alone.
            if not attached.take(fcntl.LOCK_SH, STOP_SECONDS + 10):
                raise StartFailedError(f"The servers of {folder.path} do not stop: see {folder.logs}.")
            facts = _running(folder, servers, postgres_bin, progress)
        yield _servers(folder, facts, attached)


@contextmanager
def keeping_up(folder: DataFolder) -> Iterator[None]:
    """Say that this process is attached only to keep the servers up."""
    with _taken(Lock(folder.run / UP), fcntl.LOCK_SH, folder):
        yield


def users_of(folder: DataFolder) -> frozenset[int]:
    """Return the pids that are attached and use the servers, without those that only keep them up."""
    return holders(folder.run / ATTACHED) - holders(folder.run / UP)


def stop(folder: DataFolder, *, force: bool = False) -> bool:
    """Stop the servers of a folder; false when none are running.

    Raises:
        InUseError: processes use them, and `force` is not given.
        StartFailedError: they do not stop within their deadline.

    """
    pid = guardian_pid(folder.run)
    if pid is None:
        return False
    if (using := users_of(folder)) and not force:
        named = ", ".join(f"{pid} ({_command(pid)})" for pid in sorted(using))
        raise InUseError(f"The servers of {folder.path} are used by {named}: stop these first, or use --force.")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS + 10
    while guardian_pid(folder.run) == pid:
        if not wait_until(deadline):
            raise StartFailedError(f"The servers of {folder.path} do not stop: see {folder.logs}.")
    return True


def running_facts(folder: DataFolder) -> dict[str, Any] | None:
    """Return where the servers of a folder are, if they run: only what its living guardian wrote counts."""
    pid = guardian_pid(folder.run)
    try:
        facts: dict[str, Any] = read_json(folder.facts)
    except FileNotFoundError:
        return None
    return facts if pid is not None and facts["guardian"] == pid else None


def running(folder: DataFolder) -> Servers | None:
    """Return the servers of a folder if they run, without attaching to them."""
    facts = running_facts(folder)
    return _servers(folder, facts, None) if facts is not None else None


def _running(folder: DataFolder, names: Sequence[str], postgres_bin: Path | None, progress: Progress) -> dict[str, Any]:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        if (facts := running_facts(folder)) is not None:
            if missing := set(names) - facts["servers"].keys():
                raise ServersDifferError(
                    f"The servers of {folder.path} run without {' and '.join(sorted(missing))}, whose URL was "
                    "set where they were started: set it here too, or stop them first (`ijaa db down`)."
                )
            if _all_accept(folder, facts):
                return facts
        elif guardian_pid(folder.run) is None:
            launch(folder, names, postgres_bin, progress, _WAIT_SECONDS)
        if not wait_until(deadline):
            raise StartFailedError(f"The servers of {folder.path} do not answer: see {folder.logs}.")


def _all_accept(folder: DataFolder, facts: dict[str, Any]) -> bool:
    password = folder.secrets()[CACHE]
    return all(
        valkey_accepts(server["port"], password) if name == CACHE else postgres_accepts(server["port"])
        for name, server in facts["servers"].items()
    )


def _servers(folder: DataFolder, facts: dict[str, Any], attached: Lock | None) -> Servers:
    secrets = folder.secrets()
    at = facts["servers"]
    clusters = {
        name: PostgresServer(
            name=name,
            host=at[name]["host"],
            port=at[name]["port"],
            pid=at[name]["pid"],
            data=Path(at[name]["data"]),
            password=secrets[name]["superuser"],
        )
        for name in CLUSTERS
        if name in at
    }
    redis_url = f"redis://:{secrets[CACHE]}@{at[CACHE]['host']}:{at[CACHE]['port']}/0" if CACHE in at else ""
    return Servers(folder, facts["postgres_version"], clusters, redis_url, secrets, attached)


def _wait_for_stop(folder: DataFolder, progress: Progress) -> None:
    """Wait until the servers are stopped if we were the last, so that nothing is left when we are gone."""
    deadline = time.monotonic() + STOP_SECONDS
    told = False
    while guardian_pid(folder.run) is not None and not holders(folder.run / ATTACHED):
        if not told:
            progress("Stopping the servers")
            told = True
        if not wait_until(deadline):
            progress(f"The servers are still stopping: see {folder.logs / 'guardian.log'}")
            break
    reap()


@contextmanager
def _taken(lock: Lock, how: int, folder: DataFolder) -> Iterator[None]:
    try:
        if not lock.take(how, _WAIT_SECONDS):
            raise StartFailedError(f"Another process takes too long to start {folder.path}: see {folder.logs}.")
        yield
    finally:
        lock.release()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "gone"
