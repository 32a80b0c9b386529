"""A dependency that is stopped, silent or slow takes nothing else with it (guarantees: faults)."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import httpx
import pytest

from ijaa.shared.database import Database
from ijaa.shared.http.peer import WAIT
from tests.builders import a_member
from tests.e2e.conftest import SignIn
from tests.faults.served import Answers, Served, events_apart, served
from tests.faulty import FaultProxy
from tests.figures import report
from tests.patient import wipe

FAULTS = ("stopped", "silent", "slow")
TARGETS = ("users", "events", "redis")
USERS, EVENTS = "/me", "/events"
_FEW = 6
"""Pages that may wait for a service that says nothing until nobody does: those of four clients, once."""


async def _fail(line: FaultProxy, fault: str) -> None:
    match fault:
        case "stopped":
            await line.stop()
        case "silent":
            line.swallow()
        case "slow":
            line.delay(3.0)
        case "flushed":
            await wipe(line.url)


async def _mend(line: FaultProxy, fault: str) -> None:
    if fault == "stopped":
        await line.open(line.port)
    line.answer()


async def _drill(system: Served, token: str, target: str, fault: str, seconds: float) -> tuple[Answers, Answers]:
    line = system.lines[target]
    await asyncio.sleep(0.5)
    async with system.asked(USERS, token) as users, system.asked(EVENTS) as events:
        await asyncio.sleep(0.3)
        await _fail(line, fault)
        await asyncio.sleep(seconds)
    await _mend(line, fault)
    recovery = [await system.recovered(USERS, token), await system.recovered(EVENTS)]
    report(f"{target} {fault}: users {users} | events {events} | back after {max(recovery):.2f} s")
    return users, events


async def begin(system: Served, sign_in: SignIn, users_database: Database, users: str = "") -> str:
    """Add a member and an event, and return the member's token; `users` is where that service runs, if apart."""
    await a_member(users_database, "asha")
    token = await sign_in("asha", users or system.url)
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    body = {"title": "Reunion", "timezone": "UTC", "start_date": starts.isoformat(),
            "end_date": (starts + timedelta(hours=1)).isoformat()}  # fmt: skip
    async with httpx.AsyncClient(base_url=f"{system.url}/api/v1") as client:
        assert (await client.post(EVENTS, json=body, headers={"Authorization": f"Bearer {token}"})).status_code == 201
    return token


async def _survives(system: Served, token: str, target: str, fault: str, seconds: float) -> None:
    users, events = await _drill(system, token, target, fault, seconds)
    broken, whole = {"users": (users, events), "events": (events, users)}.get(target, (None, users))
    assert set(whole.met) == {200}, (target, fault)
    if broken is None:
        assert set(events.met) == {200}, (target, fault)
    else:
        assert set(broken.met) == {200, 503}, (target, fault)
        assert broken.unannounced == 0


async def test_what_fails_takes_nothing_else_with_it(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutants: one pool or one breaker for both; a page without names that fails; Redis asked without a breaker
    async with served(deployment, tmp_path / "log") as system:
        token = await begin(system, sign_in, users_database)
        for target, fault in (("users", "silent"), ("events", "stopped"), ("redis", "silent"), ("redis", "flushed")):
            await _survives(system, token, target, fault, 2.5)


@pytest.mark.long
@pytest.mark.parametrize(("target", "fault"), [*product(TARGETS, FAULTS), ("redis", "flushed")])
async def test_whatever_fails_however_takes_nothing_else_with_it(
    target: str, fault: str, deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    async with served(deployment, tmp_path / "log") as system:
        await _survives(system, await begin(system, sign_in, users_database), target, fault, 10)


async def _goes_on_without_users(system: Served, fault: str, redis_url: str, seconds: float) -> None:
    line = system.lines["users"]
    await _fail(line, fault)
    await wipe(redis_url)  # what is remembered of members needs nobody
    async with system.asked(EVENTS) as events:
        await asyncio.sleep(seconds)
    waited = sum(one >= WAIT for one in events.seconds)
    await _mend(line, fault)
    report(f"users apart {fault}: events {events}, {waited} waited for users")
    assert set(events.met) == {200}, fault
    assert waited <= _FEW, fault


async def test_events_apart_does_not_wait_for_users_that_say_nothing(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutants: a page that waits for names each time; one that fails without them;
    # a fuse alone, which takes five waits one after the other (12 to 16 pages)
    async with events_apart(deployment, tmp_path) as (system, users):
        await begin(system, sign_in, users_database, users)
        await _goes_on_without_users(system, "silent", deployment["IJAA_REDIS_URL"], 7)


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
async def test_events_apart_does_not_wait_for_users_however_they_fail(
    fault: str, deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    async with events_apart(deployment, tmp_path) as (system, users):
        await begin(system, sign_in, users_database, users)
        await _goes_on_without_users(system, fault, deployment["IJAA_REDIS_URL"], 10)
