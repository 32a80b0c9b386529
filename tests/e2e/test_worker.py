"""Jobs and messages in a process of their own, beside one that only serves."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import text

from ijaa.shared.database import Database
from ijaa.shared.redis import namespace
from tests.builders import a_member
from tests.e2e.conftest import SignIn
from tests.e2e.processes import free_port, serving, start, stop, wait_until_said
from tests.patient import patient

_LEFT_LYING = (
    "INSERT INTO jobs (name, payload, created_at, due_at) VALUES ('unheard-of', '{}', :at, :at)",
    "INSERT INTO outbox (id, type, subject, data, created_at) VALUES (gen_random_uuid(), 'ijaa.test', 'x', '{}', :at)",
)


def test_a_worker_does_what_a_server_leaves_to_it(deployment: dict[str, str], tmp_path: Path) -> None:
    # mutants: a server that works in spite of --no-worker; a worker that does nothing; one that cannot be stopped
    mails = tmp_path / "mail"
    with serving(["--no-worker"], deployment, tmp_path / "serve.log") as url:
        body = {"username": "asha", "email": "asha@mail.example", "password": "correct horse staple 9", "name": "Asha"}
        assert httpx.post(f"{url}/api/v1/auth/register", json={**body, "batch": "2001"}).status_code == 202
        time.sleep(1.5)
        assert not mails.exists()
        worker = start(["worker"], {**deployment, "IJAA_BASE_URL": url}, tmp_path / "worker.log")
        try:
            until = time.monotonic() + 30
            while not mails.exists() or not list(mails.iterdir()):
                assert worker.poll() is None, (tmp_path / "worker.log").read_text()
                assert time.monotonic() < until, "the mail never came"
                time.sleep(0.05)
        finally:
            assert stop(worker) == 0


async def test_a_worker_of_one_module_leaves_messages_to_who_serves_both(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, events_database: Database, tmp_path: Path
) -> None:
    # mutant: put messages into Redis, where nobody reads them, beside a process that hands them over itself
    await a_member(users_database, "asha")
    log, redis = tmp_path / "worker.log", patient(deployment["IJAA_REDIS_URL"])
    with serving([], deployment, tmp_path / "serve.log") as url:
        worker = start(["worker", "users"], {**deployment, "IJAA_BASE_URL": url}, log)
        try:
            wait_until_said(worker, "working", log)
            token = await sign_in("asha", url)
            async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
                for number in range(20):
                    answer = await client.patch(f"{url}/api/v1/me", json={"name": f"Asha {number}"}, timeout=10)
                    assert answer.status_code == 200
            async with asyncio.timeout(30):
                while await users_database.fetch_value("SELECT count(*) FROM outbox"):
                    await asyncio.sleep(0.05)
        finally:
            assert stop(worker) == 0
        assert await events_database.fetch_value("SELECT count(*) FROM inbox") == 20
        assert not await redis.exists(f"{namespace(url)}:messages:events")
    await redis.aclose()


async def test_a_worker_of_one_module_carries_its_messages_where_they_are_served_apart(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, events_database: Database, tmp_path: Path
) -> None:
    # mutants: --apart without effect; a worker of one module that only ever does jobs
    await a_member(users_database, "asha")
    only = {
        module: {name: value for name, value in deployment.items() if not name.startswith(f"IJAA_{other}_")}
        for module, other in (("users", "EVENTS"), ("events", "USERS"))
    }
    with serving(["users", "--no-worker"], only["users"], tmp_path / "serve.log") as url:
        given = {"IJAA_BASE_URL": url, "IJAA_USERS_PEER": url}
        workers = [
            start(["worker", module, "--apart"], only[module] | given, tmp_path / f"{module}.log") for module in only
        ]
        try:
            async with httpx.AsyncClient(headers={"Authorization": f"Bearer {await sign_in('asha', url)}"}) as client:
                answer = await client.patch(f"{url}/api/v1/me", json={"name": "Asha Devi"}, timeout=10)
                assert answer.status_code == 200
            async with asyncio.timeout(30):
                while await users_database.fetch_value("SELECT count(*) FROM outbox"):
                    await asyncio.sleep(0.05)
        finally:
            assert [stop(worker) for worker in workers] == [0, 0]
    assert await events_database.fetch_value("SELECT count(*) FROM inbox") == 1


def _figures(url: str) -> dict[str, float]:
    """Return the figures of the users module there, once they are measured."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            said = httpx.get(f"{url}/metrics", timeout=5).text
        except httpx.TransportError:
            said = ""
        found = dict(re.findall(r'^(\w+){module="users"} (\S+)$', said, re.MULTILINE))
        if "ijaa_jobs_late_seconds" in found:
            return {name: float(value) for name, value in found.items()}
        time.sleep(0.1)
    raise AssertionError(f"no figures at {url}")


async def test_what_nobody_carries_or_works_is_seen_wherever_somebody_looks(
    deployment: dict[str, str], users_database: Database, tmp_path: Path
) -> None:
    # mutants: measure where messages are carried and jobs are done alone; a worker that tells nobody
    async with users_database.transaction() as session:
        for row in _LEFT_LYING:
            await session.execute(text(row), {"at": datetime.now(UTC) - timedelta(minutes=10)})
    looked_at = []
    with serving(["--no-worker"], deployment, tmp_path / "serve.log") as url:
        looked_at.append(_figures(url))
    with serving(["--no-worker", "--workers", "2"], deployment, tmp_path / "workers.log") as url:
        looked_at.append(_figures(url))
    place = f"127.0.0.1:{free_port()}"
    worker = start(["worker", "--metrics-bind", place], {**deployment, "IJAA_BASE_URL": url}, tmp_path / "worker.log")
    try:
        looked_at.append(_figures(f"http://{place}"))
    finally:
        assert stop(worker) == 0
    for found in looked_at:
        assert found["ijaa_messages_waiting"] == found["ijaa_jobs_waiting"] == 1, found
        assert found["ijaa_messages_oldest_seconds"] >= 600, found
        assert found["ijaa_jobs_late_seconds"] >= 600, found
        assert found["ijaa_messages_parked"] == found["ijaa_jobs_parked"] == 0, found
