"""`ijaa jobs`, on what could not be done."""

import asyncio
import json
import os
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ijaa.commands.jobs import jobs
from ijaa.shared.clock import FrozenClock, SystemClock
from ijaa.shared.database import Database
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import Claim, JobFailed, JobQueue, Kind, NoPayload


@pytest.fixture
def environ(servers: dict[str, str], users_dsn: str, events_dsn: str) -> dict[str, str]:
    """Return the environment of a deployment."""
    names = ("IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY", "IJAA_DATA", "IJAA_MAIL_URL")
    given = {name: servers[name] for name in names if name in servers}
    return {**given, "IJAA_USERS_DATABASE_URL": users_dsn, "IJAA_EVENTS_DATABASE_URL": events_dsn}


async def _run(environ: dict[str, str], *arguments: str) -> Result:
    unset = {name: None for name in os.environ if name.startswith("IJAA_")}
    return await asyncio.to_thread(CliRunner(env={**unset, **environ}).invoke, jobs, arguments)


async def _list(environ: dict[str, str], *arguments: str) -> Any:
    result = await _run(environ, "list", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


async def test_jobs_are_shown_done_at_once_or_thrown_away(environ: dict[str, str], users_database: Database) -> None:
    # mutants: show what a job was told; take the job of a worker that is at it; cancel only what waits
    async def fail(_: Claim[dict[str, str]]) -> None:
        raise JobFailed("no such server")

    now = SystemClock().now()
    nightly = f"0 {(now + timedelta(hours=12)).hour} * * *"
    queue = JobQueue(users_database, FrozenClock(now - timedelta(hours=1)))
    kinds = [Kind("mail", dict[str, str], fail, tries=1), Kind("nightly", NoPayload, fail, cron=nightly)]  # type: ignore[list-item]
    worker = JobRunner(queue, kinds)
    await worker.schedule()
    async with users_database.transaction() as session:
        await queue.put(session, "mail", {"to": "private@mail.example"})
    await worker.run_due()
    async with users_database.transaction() as session:
        await queue.put(session, "mail", {"to": "private@mail.example"}, due=SystemClock().now() + timedelta(hours=1))

    shown = await _list(environ)
    assert [(one["name"], one["state"], one["error"]) for one in shown["users"] if one["name"] == "mail"] == [
        ("mail", "parked", "no such server"),
        ("mail", "waiting", None),
    ]
    assert [one["cron"] for one in await _states(environ, "scheduled")] == [nightly]
    assert shown["events"] == []
    assert "private" not in json.dumps(shown) + (await _run(environ, "list")).output

    (parked,) = await _states(environ, "parked")
    (waiting,) = await _states(environ, "waiting")
    assert (await _run(environ, "retry", "users")).exit_code == 2
    assert "1 to be done now" in (await _run(environ, "retry", "users", "--all")).output
    assert await _states(environ, "parked") == []
    queue.clock = SystemClock()
    (running,) = await JobRunner(queue, kinds)._claim(1)
    assert (await _run(environ, "retry", "users", str(running.id))).exit_code == 1
    assert (await _run(environ, "cancel", "users", str(waiting["id"]))).exit_code == 1  # asked, and nobody answered
    for id_ in (waiting["id"], parked["id"]):
        assert (await _run(environ, "cancel", "users", str(id_), "--yes")).exit_code == 0
    assert (await _run(environ, "cancel", "users", str(parked["id"]), "--yes")).exit_code == 1
    assert [one["name"] for one in (await _list(environ, "users"))["users"]] == ["nightly"]


async def _states(environ: dict[str, str], state: str) -> Any:
    return (await _list(environ, "users", "--state", state))["users"]
