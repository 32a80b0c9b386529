"""Answers begin in time, what is more than enough is refused at once, and a database that is away keeps nobody."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from litestar import Litestar, Router, get, post
from litestar.params import PathParameter
from sqlalchemy import text

from ijaa.shared import database as database_module
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.http import admission, deadlines
from ijaa.shared.http.floor import HttpFloor, observed
from ijaa.shared.http.idempotency import OPT
from ijaa.shared.http.policies import NOT_ASKED, Policy
from tests.asgi import client_of
from tests.fakes import FakeFeatureFlags, FakeTokenVerifier

Client = httpx.AsyncClient
undone: list[str] = []
gate = asyncio.Event()


@get("/slow/{seconds:float}", operation_id="slow")
async def slow(seconds: Annotated[float, PathParameter()]) -> str:
    try:
        await asyncio.sleep(seconds)
    finally:
        undone.append("begun")
        await asyncio.sleep(0.3)  # a rollback over a line that is dead
        undone.append("ended")
    return "done"


@get("/patient/{seconds:float}", operation_id="patient")
async def patient(seconds: Annotated[float, PathParameter()]) -> str:
    await asyncio.sleep(seconds)
    return "done"


@get("/held", operation_id="held")
async def held() -> str:
    await gate.wait()
    return "done"


@post("/held", operation_id="hold", status_code=200)
async def hold() -> str:
    return "done"


@get("/auth/held", operation_id="signIn")
async def sign_in() -> str:
    return "done"


@get("/other", operation_id="other")
async def other() -> str:
    return "done"


_SECONDS = {"slow": 0.2, "patient": 30.0}
POLICIES = {
    name: Policy(NOT_ASKED, limit="login" if name == "signIn" else None, seconds=_SECONDS.get(name, 60.0))
    for name in ("slow", "patient", "held", "hold", "signIn", "other")
}


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """Give a client of two modules."""
    monkeypatch.setattr(deadlines.Deadlines.__init__, "__defaults__", (1.0,))
    monkeypatch.setattr(admission, "READS", 3)
    undone.clear()
    gate.clear()
    routes = [
        Router("/api/v1", route_handlers=[slow, patient, held, hold, sign_in], opt={OPT: "users"}),
        Router("/api/v1", route_handlers=[other], opt={OPT: "events"}),
    ]
    floor = HttpFloor(FakeTokenVerifier(), POLICIES, FakeFeatureFlags(), title="t", version="0")
    async with client_of(observed(Litestar(route_handlers=routes, plugins=[floor]), secure=True)) as asking:
        asking.base_url = httpx.URL("http://testserver.local/api/v1")
        yield asking


async def test_what_takes_too_long_is_answered_and_undone_while_the_client_goes_on(client: Client) -> None:
    # mutants: wait for what has to be undone; leave it running; an answer that comes after all
    began = time.monotonic()
    answer = await client.get("/slow/30")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert time.monotonic() - began < 10
    async with asyncio.timeout(5):
        while undone != ["begun", "ended"]:
            await asyncio.sleep(0.01)
    assert (await client.get("/other")).text == "done"


async def test_a_route_may_have_more_time(client: Client) -> None:
    # mutant: one deadline for all
    assert (await client.get("/patient/1.5")).text == "done"


async def test_what_is_more_than_enough_is_refused_at_once_and_nothing_else_suffers(client: Client) -> None:
    # mutants: one count for both modules, or for reads and writes; keep sign-in out; count in and never out
    under_way = [asyncio.create_task(client.get("/held")) for _ in range(3)]
    await asyncio.sleep(0.05)
    refused = await client.get("/held")
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "unavailable", "1")
    assert refused.headers["x-content-type-options"] == "nosniff"
    for method, path in (("GET", "/other"), ("POST", "/held"), ("GET", "/auth/held")):
        assert (await client.request(method, path)).status_code == 200, path
    gate.set()
    assert [answer.status_code for answer in await asyncio.gather(*under_way)] == [200] * 3
    assert (await client.get("/held")).status_code == 200


async def test_nobody_waits_for_a_database_that_is_away(
    users_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: ask each time; never ask again; count what is the fault of one statement
    monkeypatch.setattr(database_module, "CONNECT_WAIT", 0.05)
    away = Database("users", "postgresql://x:y@127.0.0.1:1/x")
    asked = 0
    checkout = away._checkout

    async def counted() -> object:
        nonlocal asked
        asked += 1
        return await checkout()

    monkeypatch.setattr(away, "_checkout", counted)
    for _ in range(20):
        with pytest.raises(Unavailable):
            await away.ping()
    assert asked == 5
    await asyncio.sleep(0.3)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await away.ping()
    assert asked == 6

    monkeypatch.setattr(away, "_sessions", users_database._sessions)
    await asyncio.sleep(0.3)
    async with away.whole(), away.transaction() as session:  # the one that finds out may need several statements
        assert await session.scalar(text("SELECT 1")) == 1
        assert await away.fetch_value("SELECT 1") == 1
    monkeypatch.setattr(away, "_checkout", users_database._checkout)
    for _ in range(3):
        await away.ping()
    for _ in range(10):
        with pytest.raises(Unavailable):
            await users_database.fetch_value("DO $$ BEGIN RAISE SQLSTATE '57014'; END $$")
    await users_database.ping()
    await away.dispose()
