"""The three servers that are compared, one worker each, on the same two databases."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal

import httpx
from bench.processes import BenchError, cpu_seconds, free_port, running, wait_until_listening
from bench.world import World

Name = Literal["ours", "floor", "twin", "nothing"]
LOGIN = "/api/v1/auth/login"

_UVICORN = [
    "--loop",
    "uvloop",
    "--http",
    "httptools",
    "--no-access-log",
    "--no-server-header",
    "--log-level",
    "warning",
]


@dataclass(frozen=True)
class Server:
    """One running server."""

    name: Name
    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """Return the processor time its worker has used so far."""
        return cpu_seconds(self.pid)


@contextmanager
def serving(world: World, names: tuple[Name, ...] = ("ours", "floor", "twin")) -> Iterator[dict[Name, Server]]:
    """Run the servers while inside.

    Ours is `ijaa serve` as people run it: everything on, one JSON line a request into a file.
    """
    # limits count as ever, and are never reached
    settings = {"BENCH_VIEWER": world.login, "IJAA_LOG_FORMAT": "json", "IJAA_RATE_LIMITS": "1000000"}
    environ = {**world.environ, **settings}
    with ExitStack() as stack:
        yield {name: stack.enter_context(_serving(name, world, environ)) for name in names}


@contextmanager
def _serving(name: Name, world: World, environ: Mapping[str, str]) -> Iterator[Server]:
    port, log = free_port(), world.folder / f"{name}.log"
    with running(_command(name, str(port)), environ, log) as process:
        wait_until_listening(process, port, log)
        yield Server(name, port, process.pid)


def _command(name: Name, port: str) -> list[str]:
    if name == "ours":
        return ["ijaa", "serve", "--port", port]
    if name == "nothing":
        return ["uvicorn", "bench.nothing:create", "--factory", "--port", port, *_UVICORN]
    if name == "floor":
        return ["uvicorn", "bench.floor:create", "--factory", "--port", port, *_UVICORN]
    return ["uvicorn", "bench.twin.app:app", "--port", port, *_UVICORN]


def sign_in(ours: Server, world: World) -> dict[str, str]:
    """Return the headers of a freshly signed-in member; a token lives 15 minutes, so sign in again now and then."""
    answer = httpx.post(ours.url + LOGIN, json={"login": world.login, "password": world.password}, timeout=10)
    if answer.status_code != httpx.codes.OK:
        raise BenchError(f"signing in was answered {answer.status_code}: {answer.text[:500]}")
    return {"authorization": f"Bearer {answer.json()['access_token']}"}
