"""What is more than enough is refused the same way before the application as within it, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar, Router, get, post

from ijaa.shared.http import admission
from ijaa.shared.http.floor import HttpFloor, observed
from ijaa.shared.http.idempotency import OPT
from ijaa.shared.http.policies import NOT_ASKED, Policy
from ijaa.shared.http.refusing import RefusingProtocol
from ijaa.shared.http.telemetry import Telemetry
from ijaa.shared.metrics import SHED
from tests.fakes import FakeFeatureFlags, FakeTokenVerifier
from tests.faulty import eventually

PAGE = "https://members.example"
gate = asyncio.Event()


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


POLICIES = {
    name: Policy(NOT_ASKED, limit="login" if name == "signIn" else None, seconds=60.0)
    for name in ("held", "hold", "signIn")
}


@asynccontextmanager
async def served(http: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a module with a protocol of the server, and give a client of it."""
    gate.clear()
    floor = HttpFloor(FakeTokenVerifier(), POLICIES, FakeFeatureFlags(), title="t", version="0", cors_origins=[PAGE])
    routes = Router("/api/v1", route_handlers=[held, hold, sign_in], opt={OPT: "users"})
    app = observed(Litestar(route_handlers=[routes], plugins=[floor]), secure=True)
    config = uvicorn.Config(
        app, port=0, http=http, ws="none", log_config=None, access_log=False, server_header=False, proxy_headers=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, seconds=30)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        gate.set()
        server.should_exit = True
        await serving


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the requests that reach the application."""
    asked: list[str] = []
    inside = Telemetry.__call__

    async def noted(self: Telemetry, scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await inside(self, scope, receive, send)

    monkeypatch.setattr(Telemetry, "__call__", noted)
    return asked


async def _answers(http: Any) -> list[Any]:
    """Return what differs in nothing but its moment, for every kind of request that is refused."""
    found = []
    async with served(http) as client:
        for method in ("GET", "HEAD"):
            for headers in ({}, {"Origin": PAGE}, {"Origin": "https://other.example"}, {"Connection": "close"}):
                asked = {**headers, "X-Request-Id": "mine"}
                answer = await client.request(method, "/api/v1/held?a=1", headers=asked)
                told = {name: value for name, value in answer.headers.multi_items() if name != "date"}
                found.append((method, answer.status_code, answer.http_version, told, answer.content))
        assert (await client.get("/api/v1/held")).headers["x-request-id"] != "mine"
    return found


async def test_both_ways_of_refusing_answer_the_same(monkeypatch: pytest.MonkeyPatch, reached: list[str]) -> None:
    # mutants: an id, a header, a body or an origin that one of them forgets; a HEAD with a body; refuse within alone
    monkeypatch.setattr(admission, "READS", 0)
    refused = SHED.labels("users")._value.get
    before = refused()
    within = await _answers("httptools")
    assert (len(reached), refused() - before) == (9, 9)
    assert await _answers(RefusingProtocol) == within
    assert (len(reached), refused() - before) == (9, 18)
    by_page = {told.get("access-control-allow-origin") for _, _, _, told, _ in within}
    assert by_page == {PAGE, None}
    for method, status, _, told, body in within:
        assert (status, told["retry-after"], told["x-request-id"]) == (503, "1", "mine")
        assert told["x-content-type-options"] == "nosniff"
        assert (b'"request_id":"mine"' in body) == (method == "GET")


async def test_what_is_never_refused_reaches_the_application(
    monkeypatch: pytest.MonkeyPatch, reached: list[str]
) -> None:
    # mutants: refuse what changes something; sign-in; a place that is no module's
    monkeypatch.setattr(admission, "READS", 0)
    async with served(RefusingProtocol) as client:
        assert (await client.post("/api/v1/held")).status_code == 200
        assert (await client.get("/api/v1/auth/held")).status_code == 200
        assert (await client.get("/")).status_code == 404
        assert len(reached) == 3
        assert (await client.get("/api/v1/h%65ld")).status_code == 503  # read by the server, refused within
        assert len(reached) == 4


async def test_as_many_are_let_in_at_once_as_may_be_and_all_are_counted_out(
    monkeypatch: pytest.MonkeyPatch, reached: list[str]
) -> None:
    # mutants: count in only where the application is reached; count twice; never out; out when a request is odd
    monkeypatch.setattr(admission, "READS", 3)
    async with served(RefusingProtocol) as client:
        for again in range(2):
            gate.clear()
            asking = {asyncio.create_task(client.get("/api/v1/held")) for _ in range(10)}
            async with asyncio.timeout(30):
                while len([one for one in asking if one.done()]) < 7:
                    await asyncio.sleep(0.01)
            gate.set()
            assert sorted([one.status_code for one in await asyncio.gather(*asking)]) == [200] * 3 + [503] * 7
            assert len(reached) == 3 * (again + 1)


async def test_one_connection_is_answered_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    # mutants: refuse ahead of what came before on the same line; leave a line that was refused to its fate
    monkeypatch.setattr(admission, "READS", 1)

    async def heads(reader: asyncio.StreamReader, number: int) -> list[bytes]:
        found = []
        for _ in range(number):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            found.append(head[9:12])
        return found

    request: Callable[[str], bytes] = lambda path: f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()  # noqa: E731
    async with served(RefusingProtocol) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        writer.write(request("/api/v1/held") * 2)
        await asyncio.sleep(0.3)
        gate.set()
        async with asyncio.timeout(30):
            assert await heads(reader, 2) in ([b"200", b"200"], [b"200", b"503"])
            gate.clear()
            other = asyncio.create_task(client.get("/api/v1/held"))
            await asyncio.sleep(0.3)
            writer.write(request("/api/v1/held") + request("/api/v1/auth/held") + request("/api/v1/held"))
            assert await heads(reader, 3) == [b"503", b"200", b"503"]
            gate.set()
            assert (await other).status_code == 200
        writer.close()
