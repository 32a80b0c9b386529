"""The whole system in a process of its own, its dependencies behind lines that fail, and clients that keep asking."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.processes import free_port, halves, serving, start, stop, wait_until_ready
from tests.faulty import FaultProxy

LINES = {
    "users": "IJAA_USERS_DATABASE_URL",
    "events": "IJAA_EVENTS_DATABASE_URL",
    "redis": "IJAA_REDIS_URL",
}


@dataclass
class Answers:
    """What a client met."""

    seconds: list[float] = field(default_factory=list)
    met: Counter[int] = field(default_factory=Counter)
    unannounced: int = 0
    """503s that did not say when to come back."""

    def p99(self) -> float:
        """Return a duration that one of a hundred answers took longer than, in ms."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)] * 1000 if self.seconds else 0.0

    def __str__(self) -> str:
        longest = max(self.seconds, default=0) * 1000
        return f"{dict(self.met)} p99 {self.p99():.0f} ms, longest {longest:.0f} ms"


@dataclass
class Served:
    """The system and its lines."""

    url: str
    lines: Mapping[str, FaultProxy]

    @asynccontextmanager
    async def asked(
        self, path: str, token: str | None = None, *, clients: int = 4, pause: float = 0.01
    ) -> AsyncIterator[Answers]:
        """Keep asking for something while inside, and give what was answered."""
        answers, going = Answers(), True
        headers = {"Authorization": f"Bearer {token}"} if token else {}

        async def ask(client: httpx.AsyncClient) -> None:
            loop = asyncio.get_running_loop()
            while going:
                began = loop.time()
                answer = await client.get(path, headers=headers)
                answers.seconds.append(loop.time() - began)
                answers.met[answer.status_code] += 1
                answers.unannounced += answer.status_code == 503 and "retry-after" not in answer.headers
                await asyncio.sleep(pause)

        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", timeout=10) as client:
            asking = [asyncio.create_task(ask(client)) for _ in range(clients)]
            try:
                yield answers
            finally:
                going = False
                await asyncio.gather(*asking)

    async def recovered(self, path: str, token: str | None = None, within: float = 30.0) -> float:
        """Return the seconds until something is answered again."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", timeout=10) as client, asyncio.timeout(within):
            while (await client.get(path, headers=headers)).status_code != 200:
                await asyncio.sleep(0.02)
        return loop.time() - began


@asynccontextmanager
async def served(deployment: dict[str, str], log: Path, **given: str) -> AsyncIterator[Served]:
    """Serve the system, every dependency behind a line."""
    async with AsyncExitStack() as stack:
        lines = {}
        environ = {**deployment, **given}
        for name, variable in LINES.items():
            line = lines[name] = FaultProxy(deployment[variable])
            await line.open()
            stack.push_async_callback(line.stop)
            environ[variable] = line.url
        port = free_port()
        url = environ["IJAA_BASE_URL"] = f"http://127.0.0.1:{port}"
        process = start(["serve", "--port", str(port)], environ, log)
        stack.callback(stop, process)
        await asyncio.to_thread(wait_until_ready, process, url, log)
        yield Served(url, lines)
        await asyncio.to_thread(stop, process)  # before its lines are cut


@asynccontextmanager
async def events_apart(deployment: dict[str, str], logs: Path) -> AsyncIterator[tuple[Served, str]]:
    """Serve the two halves apart, a line from events to users; give events, and the address of users."""
    only_users, only_events = halves(deployment)
    with serving(["users"], only_users, logs / "users.log") as users:
        line = FaultProxy(users)
        await line.open()
        apart = {**only_events, "IJAA_BASE_URL": users, "IJAA_USERS_PEER": line.url}
        with serving(["events"], apart, logs / "events.log") as events:
            yield Served(events, {"users": line}), users
        await line.stop()
