"""Reads a client waits for: ours with everything on, a bare handler, and an ordinary FastAPI twin."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import httpx
from bench.generator import LoadGenerator, load_generator
from bench.load import Job
from bench.measure import Sample, Series
from bench.outcome import Benchmark, Outcome, Row, Run
from bench.processes import BenchError
from bench.reading import section
from bench.servers import Name, Server, serving, sign_in
from bench.statements import statements_of
from bench.world import World, world

OPPONENTS: dict[Name, tuple[str, float]] = {"floor": ("bare handler", 0.8), "twin": ("FastAPI + ORM", 3.0)}
"""Whom ours is held against, and the goal."""
_PLACES = 500
_COUNTED = 400
_RATE = attrgetter("rate")


@dataclass
class Endpoint:
    """One resource, asked for in many places, and what was measured of it."""

    name: str
    paths: list[str]
    identity: Callable[[Any], Any]
    """What of an answer has to be the same everywhere."""
    series: Series = field(default_factory=Series)
    statements: dict[Name, float] = field(default_factory=dict)


def run(asked: Run) -> Outcome:
    """Measure the three reads."""
    with _stage(asked) as (there, servers, generator):
        endpoints = _endpoints(there)
        headers = sign_in(servers["ours"], there)
        for endpoint in endpoints:
            _refuse_different(endpoint, servers, headers)
            endpoint.statements = _statements(endpoint, there, servers, generator, headers)
        for index in range(asked.rounds):
            headers = sign_in(servers["ours"], there)
            for place, endpoint in enumerate(endpoints):
                asked.progress(
                    f"Round {index + 1} of {asked.rounds}: {endpoint.name}",
                    (index + place / len(endpoints)) / asked.rounds,
                )

                def measure(name: str, endpoint: Endpoint = endpoint, headers: dict[str, str] = headers) -> Sample:
                    server = servers[name]  # type: ignore[index]  # one of ours
                    return _sample(generator, server, _job(server, endpoint, headers, seconds=asked.seconds))

                endpoint.series.add(list(servers), measure)
    rows = [row for endpoint in endpoints for row in _rows(endpoint)]
    return Outcome(rows=rows, section=section(asked, endpoints, rows, there.postgres_version))


BENCHMARK = Benchmark("reads", "event list, event detail and profile against a bare handler and a FastAPI twin", run)


@contextmanager
def _stage(asked: Run) -> Iterator[tuple[World, dict[Name, Server], LoadGenerator]]:
    with (
        world(members=asked.members, events=asked.events, progress=lambda said: asked.progress(said, 0.0)) as there,
        serving(there) as servers,
        load_generator(there.folder) as generator,
    ):
        yield there, servers, generator


def _endpoints(there: World) -> list[Endpoint]:
    events = asyncio.run(there.some_events(_PLACES))
    members = asyncio.run(there.some_members(_PLACES))
    if not events or not members:
        raise BenchError("there is nobody or nothing to read: the seed made no members or no public events")
    return [
        Endpoint("events list", ["/api/v1/events?limit=20"], lambda page: [event["id"] for event in page["items"]]),
        Endpoint("event detail", [f"/api/v1/events/{event}" for event in events], lambda event: event["id"]),
        Endpoint("profile", [f"/api/v1/users/{member}" for member in members], lambda member: member["username"]),
    ]


def _job(server: Server, endpoint: Endpoint, headers: dict[str, str], *, seconds: float = 0, count: int = 0) -> Job:
    # a bare handler and the twin look at no token, and are not sent one
    given = headers if server.name == "ours" else {}
    return Job(port=server.port, paths=endpoint.paths, headers=given, seconds=seconds, count=count)


def _sample(generator: LoadGenerator, server: Server, job: Job) -> Sample:
    before = server.cpu_seconds()
    tally = generator.perform(job)
    return Sample.of(tally, server.cpu_seconds() - before)


def _statements(
    endpoint: Endpoint,
    there: World,
    servers: dict[Name, Server],
    generator: LoadGenerator,
    headers: dict[str, str],
) -> dict[Name, float]:
    counted = {}
    for name, server in servers.items():
        job = _job(server, endpoint, headers, count=_COUNTED)
        generator.perform(job)  # opens the pool's connections, and these ask about types

        async def perform(job: Job = job) -> None:
            generator.perform(job)

        counted[name] = asyncio.run(statements_of(there, _COUNTED, perform))
    return counted


def _refuse_different(endpoint: Endpoint, servers: dict[Name, Server], headers: dict[str, str]) -> None:
    """Raise `BenchError` unless everybody answers 200 with the same items and the same fields."""
    for path in endpoint.paths[:: max(1, len(endpoint.paths) // 10)]:
        answers = {}
        for name, server in servers.items():
            answer = httpx.get(server.url + path, headers=headers if name == "ours" else None, timeout=10)
            if answer.status_code != httpx.codes.OK:
                raise BenchError(f"{name} answered {path} with {answer.status_code}: {answer.text[:500]}")
            answers[name] = answer.json()
        ours = answers["ours"]
        for name, body in answers.items():
            if endpoint.identity(body) != endpoint.identity(ours):
                raise BenchError(f"{name} answered {path} with other items than ours")
            if _fields(body) != _fields(ours):
                raise BenchError(f"{name} answered {path} with other fields: {_fields(body) ^ _fields(ours)}")


def _fields(body: Any, prefix: str = "") -> set[str]:
    if isinstance(body, list):
        return {name for item in body for name in _fields(item, f"{prefix}[]")}
    if isinstance(body, dict):
        return {name for key, value in body.items() for name in (f"{prefix}.{key}", *_fields(value, f"{prefix}.{key}"))}
    return set()


def _rows(endpoint: Endpoint) -> Iterator[Row]:
    for name, (opponent, goal) in OPPONENTS.items():
        yield Row(
            name=f"{endpoint.name} vs {opponent}",
            ours=round(endpoint.series.median("ours", _RATE), 1),
            floor=round(endpoint.series.median(name, _RATE), 1),
            unit="requests/s",
            ratio=round(endpoint.series.ratio("ours", name).median, 3),
            goal=goal,
            statements=endpoint.statements["ours"],
        )
