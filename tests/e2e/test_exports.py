"""Archives over real sockets: by a worker that is killed, of a service that is away, down a line that breaks."""

import asyncio
import io
import json
import os
import signal
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import asyncpg
import httpx
from sqlalchemy import make_url, text

from ijaa.shared.database import Database
from tests.builders import a_member
from tests.e2e.conftest import SignIn
from tests.e2e.processes import free_port, halves, serving, start, stop
from tests.figures import report

_LONG = text("""
INSERT INTO notifications (user_id, kind, subject, facts, seq, told_at)
SELECT u.id, 'announcement', 'x/' || n, jsonb_build_object('title', (
    SELECT string_agg(md5(random()::text || m || n), '') FROM generate_series(1, 600) m
)), 1, now() FROM users u, generate_series(1, 600) n WHERE u.username = 'asha'
""")
_EVENT = text("""
INSERT INTO events (title, start_date, end_date, timezone, privacy, is_online, going, waiting, requires_approval,
                    waitlist_mode, max_guests, created_by_username, tags, status, search_key, created_at, updated_at,
                    version)
VALUES ('Tea', now(), now() + interval '1 hour', 'UTC', 'PRIVATE', false, 0, 0, false, 'auto', 0, 'asha', '{}',
        'PUBLISHED', 'tea', now(), now(), 1)
""")


def objects(folder: Path) -> list[Path]:
    """Return the files that are kept."""
    return [path for path in folder.rglob("*") if path.is_file()]


def ready_mails(folder: Path) -> list[Path]:
    """Return the mails that say that an archive is ready."""
    return [path for path in (folder / "mail").glob("*.eml") if b"Subject: Your export is ready" in path.read_bytes()]


async def run(database: Database, sql: Any) -> None:
    """Run a statement."""
    async with database.transaction() as session:
        await session.execute(text(sql) if isinstance(sql, str) else sql)


async def ask(client: httpx.AsyncClient) -> str:
    """Ask for an archive; return where it is told of."""
    asked = await client.post("/api/v1/me/export")
    assert asked.status_code == 202, asked.text
    return str(asked.headers["location"])


async def until(client: httpx.AsyncClient, path: str, state: str) -> dict[str, Any]:
    """Return an export once it is in a state."""
    async with asyncio.timeout(30):
        while (found := (await client.get(path)).json())["state"] != state:
            await asyncio.sleep(0.05)
    return dict(found)


async def test_a_worker_killed_in_the_middle_leaves_the_archive_to_another(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, events_database: Database,
    servers: dict[str, str], tmp_path: Path,
) -> None:  # fmt: skip
    """Kills: an archive that is shown, or told of, before it is whole; two of them; a job that dies with its worker."""
    await a_member(users_database, "asha")
    await run(events_database, _EVENT)
    files = tmp_path / "files"
    given = {**deployment, "IJAA_USERS_FILES_URL": files.as_uri()}
    superuser = make_url(servers["TEST_EVENTS_SUPERUSER_URL"]).set(database=make_url(events_database.url).database)
    blocking = await asyncpg.connect(superuser.render_as_string(hide_password=False))
    with serving(["--no-worker"], given, tmp_path / "serve.log") as url:
        bearer = {"Authorization": f"Bearer {await sign_in('asha', url)}"}
        async with httpx.AsyncClient(base_url=url, headers=bearer) as client:
            path = await ask(client)
            hold = blocking.transaction()
            await hold.start()
            await blocking.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")  # half of it is written, no more
            worker = start(["worker"], {**given, "IJAA_BASE_URL": url}, tmp_path / "killed.log")
            async with asyncio.timeout(60):
                while not await blocking.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    await asyncio.sleep(0.02)
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
            await hold.rollback()
            assert (await client.get(path)).json()["state"] == "REQUESTED"
            assert objects(files) == []
            await run(users_database, "UPDATE jobs SET due_at = now() WHERE token IS NOT NULL")  # leases are over
            worker = start(["worker"], {**given, "IJAA_BASE_URL": url}, tmp_path / "worker.log")
            try:
                found = await until(client, path, "READY")
                assert len(objects(files)) == 1
                archive = ZipFile(io.BytesIO((await client.get(found["link"])).content))
                assert archive.testzip() is None
                assert [row["title"] for row in json.loads(archive.read("events/events.json"))] == ["Tea"]
                async with asyncio.timeout(30):
                    while objects(files) or not ready_mails(tmp_path):
                        await asyncio.sleep(0.05)
            finally:
                assert stop(worker) == 0
    await blocking.close()
    assert len(ready_mails(tmp_path)) == 1
    assert await users_database.fetch_value("SELECT count(*) FROM notifications") == 1


async def test_a_service_that_is_away_is_waited_for(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, events_database: Database, tmp_path: Path
) -> None:
    """Kills: an archive without the half that was away; the records of the other service asked without its token."""
    await a_member(users_database, "asha")
    await run(events_database, _EVENT)
    only_users, only_events = halves(deployment)
    port = free_port()
    given = {
        **only_users, "IJAA_EVENTS_PEER": f"http://127.0.0.1:{port}",
        "IJAA_USERS_FILES_URL": (tmp_path / "files").as_uri(),
    }  # fmt: skip
    with serving(["users"], given, tmp_path / "users.log") as url:
        bearer = {"Authorization": f"Bearer {await sign_in('asha', url)}"}
        async with httpx.AsyncClient(base_url=url, headers=bearer) as client:
            path = await ask(client)
            async with asyncio.timeout(30):
                while not await users_database.fetch_value("SELECT error FROM jobs WHERE name = 'make-export'"):
                    await asyncio.sleep(0.05)
            assert objects(tmp_path / "files") == []
            log = tmp_path / "events.log"
            peer = {**only_events, "IJAA_USERS_PEER": url, "IJAA_BASE_URL": url}
            events = start(["serve", "events", "--port", str(port)], peer, log)
            try:
                found = await until(client, path, "READY")
            finally:
                assert stop(events) == 0
            archive = ZipFile(io.BytesIO((await client.get(found["link"])).content))
            assert [row["title"] for row in json.loads(archive.read("events/events.json"))] == ["Tea"]


async def test_a_long_archive_is_given_to_one_of_many_and_to_who_comes_back_after_a_broken_line(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    """Kills: a link used up by a line that broke, as a real server notices it; two who both get all of it."""
    await a_member(users_database, "asha")
    await run(users_database, _LONG)
    given = {**deployment, "IJAA_USERS_FILES_URL": (tmp_path / "files").as_uri()}
    with serving([], given, tmp_path / "serve.log") as url:
        bearer = {"Authorization": f"Bearer {await sign_in('asha', url)}"}
        async with httpx.AsyncClient(base_url=url, headers=bearer, timeout=30) as client:
            path = await ask(client)
            found = await until(client, path, "READY")
            assert found["size"] > 5_000_000
            head = await client.head(found["link"])
            assert (head.status_code, head.headers["content-length"]) == (200, str(found["size"]))
            break_off(url, found["link"])
            await until(client, path, "READY")
            answers = await asyncio.gather(*(client.get(found["link"]) for _ in range(20)))
            assert sorted(answer.status_code for answer in answers) == [200, *[422] * 19]
            (archive,) = [answer.content for answer in answers if answer.status_code == 200]
            assert ZipFile(io.BytesIO(archive)).testzip() is None
            assert (await until(client, path, "FETCHED"))["link"] is None
    token = found["link"].partition("token=")[2]
    assert token not in (tmp_path / "serve.log").read_text()
    report(f"an archive of {found['size'] / 1e6:.1f} MB to one of 20 who asked at once")


def break_off(url: str, link: str) -> None:
    """Ask for a file, read its beginning and hang up."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(f"GET {link} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        assert line.recv(1024).startswith(b"HTTP/1.1 200")
