"""`ijaa analytics rebuild`."""

import asyncio
import json
import os

import pytest
from click.testing import CliRunner, Result

from ijaa.commands.analytics import analytics
from ijaa.shared.database import Database
from tests.integration.events.conftest import AnEvent, Api


@pytest.fixture
def environ(servers: dict[str, str], users_dsn: str, events_dsn: str) -> dict[str, str]:
    """Return the environment of a deployment."""
    names = ("IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY", "IJAA_DATA", "IJAA_MAIL_URL")
    given = {name: servers[name] for name in names if name in servers}
    return {**given, "IJAA_USERS_DATABASE_URL": users_dsn, "IJAA_EVENTS_DATABASE_URL": events_dsn}


async def _rebuild(environ: dict[str, str], *arguments: str) -> Result:
    unset = {name: None for name in os.environ if name.startswith("IJAA_")}
    runner = CliRunner(env={**unset, **environ})
    return await asyncio.to_thread(runner.invoke, analytics, ["rebuild", *arguments])


async def test_what_was_changed_by_hand_is_counted_anew(
    environ: dict[str, str], api: Api, an_event: AnEvent, events_database: Database
) -> None:
    # mutants: count what changed alone; count every event when asked for one; end with 0 where there is none
    one, other = [(await an_event())["id"] for _ in range(2)]
    await api.rsvp("asha", one)
    assert (await _rebuild(environ)).stdout == "2 events counted.\n"
    wrong = "WITH put AS (UPDATE event_analytics SET maybe = 7 RETURNING 1) SELECT count(*) FROM put"
    await events_database.fetch_value(wrong)
    answer = await _rebuild(environ, "--event", str(one), "--json")
    assert (answer.exit_code, json.loads(answer.stdout)) == (0, {"events": 1})
    sql = "SELECT maybe FROM event_analytics WHERE event_id = $1"
    assert [await events_database.fetch_value(sql, event) for event in (one, other)] == [0, 7]
    assert (await _rebuild(environ, "--event", str(10**9))).exit_code == 1
