"""Servers that cannot start: an error that says why, and nothing left behind, whoever stops waiting."""

import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ijaa.embedded import attach
from ijaa.embedded.errors import StartFailedError
from ijaa.embedded.folder import open_folder
from ijaa.embedded.guardian import last_words

Hold = Callable[..., Any]
Wait = Callable[..., None]
Find = Callable[[Path], dict[int, str]]


def a_made_folder(data: Path) -> Path:
    """Return the settings file of a cluster that has run once."""
    with attach(data):
        pass
    return open_folder(data).cluster("users") / "conf.d" / "90-planted.conf"


def plant(file: Path, text: str) -> None:
    """Write settings the server's account can read."""
    file.write_text(text)
    file.chmod(0o644)


def test_a_server_that_ends_at_once_is_given_up_with_its_own_words(data: Path, processes_of: Find) -> None:
    # mutant: go on trying until the long deadline of a recovery
    plant(a_made_folder(data), "no_such_setting = 1\n")
    began = time.monotonic()
    with pytest.raises(StartFailedError, match=r"users ends as soon as it is started: .*no_such_setting"), attach(data):
        pass
    assert time.monotonic() - began < 60  # not the 120 s of a recovery
    assert not processes_of(data)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_who_stops_waiting_leaves_nothing_behind(
    data: Path, hold: Hold, eventually: Wait, processes_of: Find, how: signal.Signals
) -> None:
    # mutant: look at no signal while servers are awaited; watch for the last one out only once they are up
    plant(a_made_folder(data), "no_such_setting = 1\n")
    waiting = hold()
    log = data / "logs" / "guardian.log"
    said = log.read_text()
    eventually(lambda: "starting it again" in log.read_text().removeprefix(said))
    waiting.process.send_signal(how)
    waiting.process.communicate(timeout=40)
    eventually(lambda: not processes_of(data))
    eventually(lambda: "stopping: nobody is attached" in log.read_text().removeprefix(said))


def test_a_port_taken_meanwhile_is_no_reason_to_give_up(data: Path) -> None:
    # mutant: insist on the port
    a_made_folder(data)
    with attach(data) as servers:
        port = servers.users.port
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of before may linger on it
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with attach(data) as servers:
            assert servers.users.port != port


def test_the_last_words_are_those_that_tell(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert last_words(log) == "it left no log"
    log.write_text("LOG: starting\nFATAL: no\nLOG: database system is shut down\n\n")
    assert last_words(log) == "LOG: starting · FATAL: no"
    log.write_text("hm\n")
    assert last_words(log) == "hm"
