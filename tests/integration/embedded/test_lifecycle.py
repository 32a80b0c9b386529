"""Who starts the servers, who stops them, and what happens to whom when somebody is killed."""

import asyncio
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ijaa.embedded import attach
from ijaa.embedded.attachment import running, running_facts, stop
from ijaa.embedded.errors import InUseError, ServersDifferError
from ijaa.embedded.folder import look, open_folder
from ijaa.embedded.locks import START, Lock
from ijaa.embedded.probe import postgres_accepts, valkey_accepts

Hold = Callable[..., Any]
Wait = Callable[..., None]
Find = Callable[[Path], dict[int, str]]


async def test_the_last_one_out_stops_the_servers_and_nobody_earlier(
    data: Path, hold: Hold, eventually: Wait, processes_of: Find
) -> None:
    # Kills: leaving out LOCK_SH in attach (the first one out would stop them); a pid file instead of a lock
    # (a killed holder would be waited for for ever).
    first, second = hold(), hold()
    ports = first.facts()["ports"]
    assert second.facts()["ports"] == ports
    first.leave()
    assert all(postgres_accepts(port) for port in ports.values())
    second.kill()
    eventually(lambda: not processes_of(data))
    assert not (data / "run" / "servers.json").exists()


async def test_leaving_waits_until_nothing_runs(data: Path, processes_of: Find) -> None:
    # Kills: leaving out _wait_for_stop.
    with attach(data) as servers:
        assert postgres_accepts(servers.users.port)
        assert postgres_accepts(servers.events.port)
        assert servers.users.port != servers.events.port
    assert not processes_of(data)


async def test_many_first_starts_at_once_share_one_set_of_servers(hold: Hold) -> None:
    # Kills: leaving out the lock around the founding of the folder.
    holders = [hold() for _ in range(4)]
    assert len({json.dumps(holder.facts()["ports"]) for holder in holders}) == 1


async def test_a_start_waits_for_one_that_is_under_way(data: Path, hold: Hold, processes_of: Find) -> None:
    # Kills: leaving out start.lock, after which two could start a guardian each.
    folder = open_folder(data)
    lock = Lock(folder.run / START)
    assert lock.take(fcntl.LOCK_EX, 0)
    holder = hold()
    await asyncio.sleep(0.5)
    assert processes_of(data).keys() == {holder.process.pid}
    lock.release()
    assert holder.facts()["ports"]


async def test_kill_9_of_everything_loses_no_data_and_the_next_start_works(
    data: Path, hold: Hold, processes_of: Find
) -> None:
    # Kills: trusting postmaster.pid or servers.json; giving up on the first refusal of a half-dead predecessor.
    holder = hold()
    holder.facts()
    servers = running(open_folder(data))
    assert servers is not None
    connection = await asyncpg.connect(servers.users.superuser_url())
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for pid in processes_of(data):
        with suppress(ProcessLookupError):  # the kernel takes the servers along with their guardian
            os.kill(pid, signal.SIGKILL)
    connection.terminate()
    holder.kill()
    with attach(data) as servers:
        connection = await asyncpg.connect(servers.users.superuser_url())
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()


async def test_a_killed_guardian_takes_its_servers_along(
    data: Path, hold: Hold, eventually: Wait, processes_of: Find
) -> None:
    # Kills: leaving out PR_SET_PDEATHSIG, or setting it before the change of user, which clears it.
    holder = hold()
    ports = holder.facts()["ports"]
    facts = running_facts(open_folder(data))
    assert facts is not None
    os.kill(facts["guardian"], signal.SIGKILL)
    eventually(lambda: processes_of(data).keys() <= {holder.process.pid})
    # The first is still attached and knows the old ports: the next start brings the servers back there.
    assert hold().facts()["ports"] == ports


async def test_a_killed_server_is_started_again_on_its_port(data: Path, eventually: Wait) -> None:
    # Kills: leaving out SIGCHLD in the guardian's watch.
    with attach(data) as servers:
        os.kill(servers.users.pid, signal.SIGKILL)
        eventually(lambda: (running_facts(servers.folder) or {})["servers"]["users"]["pid"] != servers.users.pid)
        eventually(lambda: postgres_accepts(servers.users.port))
        connection = await asyncpg.connect(servers.users.superuser_url())
        assert await connection.fetchval("SELECT true")
        await connection.close()


async def test_a_cluster_half_made_is_made_anew(data: Path, hold: Hold, eventually: Wait, processes_of: Find) -> None:
    # Kills: letting initdb write to the cluster's own place.
    hold()
    eventually((data / "postgres" / ".users.new" / "global").exists)
    for pid in processes_of(data):
        with suppress(ProcessLookupError):  # initdb's children come and go
            os.kill(pid, signal.SIGKILL)
    assert not (data / "postgres" / "users").exists()
    eventually(lambda: not processes_of(data))
    with attach(data) as servers:
        assert postgres_accepts(servers.users.port)
    assert sorted(path.name for path in (data / "postgres").iterdir()) == ["events", "users"]


async def test_stopping_spares_those_who_use_them_unless_forced(data: Path, hold: Hold, processes_of: Find) -> None:
    # Kills: leaving out the look at who is attached.
    holder = hold()
    holder.facts()
    folder = look(data)
    assert folder is not None
    with pytest.raises(InUseError, match=str(holder.process.pid)):
        stop(folder)
    assert stop(folder, force=True)
    assert processes_of(data).keys() <= {holder.process.pid}
    assert not stop(folder)


async def test_servers_of_a_smaller_set_are_not_taken_for_all(data: Path) -> None:
    # Kills: leaving out the comparison, after which a KeyError would tell the reader nothing.
    with attach(data, servers=["valkey"]) as servers:
        assert servers.postgres == {}
        with pytest.raises(ServersDifferError, match="events and users"), attach(data):
            raise AssertionError


async def test_the_servers_are_set_up_to_be_backed_up_and_to_keep_secrets(data: Path, processes_of: Find) -> None:
    # Kills: any of the settings left out; trust authentication; a secret in a log or a command line.
    with attach(data) as servers:
        logs = list(servers.folder.logs.iterdir())
        for server in servers.postgres.values():
            connection = await asyncpg.connect(server.superuser_url())
            shown = {
                name: await connection.fetchval(f"SHOW {name}")
                for name in ("wal_level", "archive_mode", "archive_command", "data_checksums", "fsync")
            }
            assert shown == {
                "wal_level": "logical",
                "archive_mode": "on",
                "archive_command": "/bin/true",
                "data_checksums": "on",
                "fsync": "on",
            }
            assert await connection.fetchval("SHOW shared_preload_libraries") == "pg_stat_statements"
            assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
            with pytest.raises(asyncpg.UndefinedObjectError):
                await connection.execute(f"ALTER ROLE nobody_of_ours PASSWORD '{server.password}'")
            await connection.close()
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(server.url("ijaa", "wrong", "postgres"))
        port = int(servers.redis_url.rpartition(":")[2].split("/")[0])
        assert valkey_accepts(port, servers.secrets["valkey"])
        assert not valkey_accepts(port, "wrong")
        hidden = [servers.secrets["valkey"], *servers.secrets["users"].values(), *servers.secrets["events"].values()]
        said = "".join(path.read_text() for path in logs) + repr(servers)
        said += "".join(processes_of(data).values())
        assert not [secret for secret in hidden if secret in said]
    assert [(data / name).stat().st_mode & 0o077 for name in ("ijaa.json", "secrets.json")] == [0, 0]


async def test_a_second_start_keeps_the_secrets_and_is_warm(data: Path) -> None:
    # Kills: making secrets anew; running initdb again. The time is measured by the bench, 10 s tells a hang.
    with attach(data) as servers:
        before = servers.secrets
    told: list[str] = []
    begun = time.monotonic()
    with attach(data, progress=told.append) as servers:
        assert servers.secrets == before
    assert time.monotonic() - begun < 10
    assert told == ["Starting users, events, valkey", "Stopping the servers"]


def test_the_single_binary_starts_its_guardian_by_a_command_of_its_own(hold: Hold, tmp_path: Path) -> None:
    # Kills: a command that does not exist, where there is no `python -m`.
    binary = tmp_path / "ijaa"
    binary.write_text(f'#!/bin/sh\nexec {sys.executable} -m ijaa "$@"\n')
    binary.chmod(0o755)
    frozen = f"import sys; sys.frozen = True; sys.executable = {str(binary)!r}\n"
    holder = hold(first=frozen)
    assert holder.facts()["ports"].keys() == {"users", "events"}
    holder.leave()
