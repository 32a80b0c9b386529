"""One Valkey: a cache, a limiter and a channel; nothing durable lives in it."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ijaa.embedded.account import Account
from ijaa.embedded.folder import CACHE
from ijaa.embedded.probe import HOST, valkey_accepts
from ijaa.embedded.spawn import open_log, spawn

SETTINGS = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
dir "{folder}"
daemonize no
save ""
appendonly no
maxmemory 64mb
maxmemory-policy allkeys-lru
loglevel notice
"""


@dataclass(frozen=True, slots=True)
class Cache:
    """The Valkey of the data folder and how it is run."""

    folder: Path
    log: Path
    program: Path
    account: Account
    password: str
    name: ClassVar[str] = CACHE
    stop_politely: ClassVar[signal.Signals] = signal.SIGTERM
    stop_rudely: ClassVar[signal.Signals] = signal.SIGKILL

    @property
    def data(self) -> Path:
        """Its working folder."""
        return self.folder

    def start(self, port: int) -> "subprocess.Popen[bytes]":
        """Start the server; its password goes through a file, never through the list of processes."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.account.own(self.folder)
        settings = self.folder / "valkey.conf"
        handle = os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(SETTINGS.format(host=HOST, port=port, password=self.password, folder=self.folder))
        self.account.own(settings)
        with open_log(self.log) as output:
            return spawn([self.program, settings], self.account, output=output, when_orphaned=self.stop_politely)

    def accepts(self, port: int, process: "subprocess.Popen[bytes]") -> bool:
        """Tell whether the server that knows our password takes commands on `port`."""
        return process.poll() is None and valkey_accepts(port, self.password)
