"""`ijaa messages`, on what did not get through."""

import asyncio
import json
import os
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ijaa.commands.messages import messages
from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.messages import Failed
from ijaa.shared.outbox import TRIES, Outbox
from ijaa.users.messages import ProfileUpdated


@pytest.fixture
def environ(servers: dict[str, str], users_dsn: str, events_dsn: str) -> dict[str, str]:
    """Return the environment of a deployment."""
    names = ("IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY", "IJAA_DATA", "IJAA_MAIL_URL")
    given = {name: servers[name] for name in names if name in servers}
    return {**given, "IJAA_USERS_DATABASE_URL": users_dsn, "IJAA_EVENTS_DATABASE_URL": events_dsn}


async def _run(environ: dict[str, str], *arguments: str) -> Result:
    unset = {name: None for name in os.environ if name.startswith("IJAA_")}
    return await asyncio.to_thread(CliRunner(env={**unset, **environ}).invoke, messages, arguments)


async def _json(environ: dict[str, str], *arguments: str) -> Any:
    result = await _run(environ, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


async def test_what_is_parked_is_shown_retried_or_thrown_away(
    environ: dict[str, str], users_database: Database
) -> None:
    # mutants: show what a message says; retry what is not parked; throw away what is under way
    outbox = Outbox(users_database, SystemClock())
    async with users_database.transaction() as session:
        await outbox.publish(session, *(ProfileUpdated(username=f"private{number}") for number in range(3)))
        under_way, *failing = [one.envelope for one in await outbox.take(session, 3)]
        for _ in range(TRIES):
            await outbox.settle(session, failing, [Failed("RuntimeError")] * 2)
    stood = (await _json(environ, "status"))["users"]
    assert (stood["waiting"], stood["failing"], stood["parked"]) == (1, 0, 2)
    shown = await _json(environ, "parked", "users")
    assert [(one["id"], one["error"]) for one in shown] == [(str(one.id), "RuntimeError") for one in failing]
    assert "private" not in json.dumps(shown) + (await _run(environ, "parked", "users")).output
    assert await _json(environ, "parked", "events") == []

    first, second = (str(one.id) for one in failing)
    for command in (("retry", "users", str(under_way.id)), ("discard", "users", str(under_way.id), "--yes")):
        assert (await _run(environ, *command)).exit_code == 1
    assert (await _run(environ, "retry", "users")).exit_code == 2
    assert (await _run(environ, "discard", "users", first)).exit_code == 1  # asked, and nobody answered
    assert (await _run(environ, "discard", "users", first, "--yes")).exit_code == 0
    assert "1 sent again" in (await _run(environ, "retry", "users", "--all")).output
    async with users_database.transaction() as session:
        assert [str(one.envelope.id) for one in await outbox.take(session, 5)] == [str(under_way.id), second]
