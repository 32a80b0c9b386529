"""One PostgreSQL cluster: made once, started on a free port, reachable over TCP with a password only."""

import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ijaa.embedded.account import Account
from ijaa.embedded.binaries import Postgres
from ijaa.embedded.errors import StartFailedError
from ijaa.embedded.probe import HOST, postgres_accepts
from ijaa.embedded.spawn import open_log, spawn

SUPERUSER = "ijaa"
_BUILTIN_LOCALE_FROM = 17
_INITDB_SECONDS = 120
_PIDFILE_PORT_LINE = 3
SETTINGS = """\
# Written at every start. Settings of your own belong into a later file of this folder, such as 90-local.conf.
max_connections = 100
shared_buffers = 64MB
wal_level = logical
# Without a command every segment would be kept for ever; a backup puts its own into 60-archive.conf.
archive_mode = on
archive_command = '/bin/true'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
# Details and statements quote the rows and the passwords they are about.
log_error_verbosity = terse
log_min_error_statement = panic
log_line_prefix = '%m [%p] %q%u@%d '
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster of the data folder and how it is run."""

    name: str
    data: Path
    log: Path
    postgres: Postgres
    account: Account
    stop_politely: ClassVar[signal.Signals] = signal.SIGINT  # fast shutdown: clients are cut off, nothing is lost
    stop_rudely: ClassVar[signal.Signals] = signal.SIGQUIT  # immediate: the next start recovers

    @property
    def exists(self) -> bool:
        """Whether initdb has finished it."""
        return self.data.exists()

    @property
    def _half(self) -> Path:
        return self.data.with_name(f".{self.name}.new")

    @property
    def _password_file(self) -> Path:
        return self.data.with_name(f".{self.name}.password")

    def begin_making(self, password: str) -> "subprocess.Popen[bytes]":
        """Start initdb beside the place of the cluster, clearing away what a killed one left."""
        if self._half.exists():
            shutil.rmtree(self._half)
        self._half.mkdir(mode=0o700)
        self.account.own(self._half)
        self._password_file.unlink(missing_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(password)
        self.account.own(self._password_file)
        if self.postgres.major >= _BUILTIN_LOCALE_FROM:
            locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
        else:
            locale = ["--locale=C.UTF-8"]
        with open_log(self.log.with_name(f"initdb-{self.name}.log")) as output:
            return spawn(
                [
                    self.postgres.bin / "initdb",
                    f"--pgdata={self._half}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={self._password_file}",
                    "--auth=scram-sha-256",
                    "--data-checksums",
                    "--encoding=UTF8",
                    *locale,
                ],
                self.account,
                output=output,
                when_orphaned=signal.SIGKILL,
            )

    def finish_making(self, initdb: "subprocess.Popen[bytes]") -> None:
        """Wait for initdb and move the cluster to its place, where it is trusted from then on.

        Raises:
            StartFailedError: names the log of initdb.

        """
        try:
            failed = initdb.wait(_INITDB_SECONDS) != 0
        except subprocess.TimeoutExpired:
            initdb.kill()
            initdb.wait()
            failed = True
        finally:
            self._password_file.unlink(missing_ok=True)
        if failed:
            log = self.log.with_name(f"initdb-{self.name}.log")
            raise StartFailedError(f"PostgreSQL could not make the {self.name} cluster: see {log}.")
        with (self._half / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude_dir = 'conf.d'\n")
        (self._half / "conf.d").mkdir(mode=0o700)
        self.account.own(self._half / "conf.d")
        self._half.rename(self.data)

    def start(self, port: int) -> "subprocess.Popen[bytes]":
        """Start the postmaster; it takes connections when `accepts` says so."""
        preload = "pg_stat_statements" if self.postgres.can_count_statements else ""
        settings = self.data / "conf.d" / "50-ijaa.conf"
        settings.write_text(f"{SETTINGS}shared_preload_libraries = '{preload}'\n")
        settings.chmod(0o600)
        self.account.own(settings)
        with open_log(self.log) as output:
            return spawn(
                [
                    self.postgres.bin / "postgres",
                    *("-D", self.data),
                    *("-c", f"listen_addresses={HOST}"),
                    *("-c", f"port={port}"),
                    *("-c", "unix_socket_directories="),
                ],
                self.account,
                output=output,
                when_orphaned=self.stop_politely,
            )

    def accepts(self, port: int, process: "subprocess.Popen[bytes]") -> bool:
        """Tell whether this very postmaster takes connections, not a stranger on its port."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        ours = lines[:1] == [str(process.pid)] and lines[_PIDFILE_PORT_LINE : _PIDFILE_PORT_LINE + 1] == [str(port)]
        return ours and postgres_accepts(port)


def wait_until(done: float, pause: float = 0.02) -> bool:
    """Pause a moment; false once the deadline `done` (monotonic seconds) has passed."""
    if time.monotonic() >= done:
        return False
    time.sleep(pause)
    return True
