"""What remembering members' cards gains: events apart from users asks for them with and without Redis."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvloop
from bench.generator import load_generator
from bench.load import Job
from bench.machine import machine, versions
from bench.measure import Sample, Series
from bench.outcome import Benchmark, Outcome, Row, Run
from bench.processes import free_port, running, wait_until_listening
from bench.servers import Server, sign_in
from bench.world import World, world

WITH, WITHOUT = "remembered", "asked for"
_REQUESTS = 1500
"""Of the mix, over which is counted how many cards were remembered."""
_GOAL = 0.9
_CARDS = re.compile(r'^ijaa_member_cards_total\{outcome="(\w+)"\} (\S+)$', re.MULTILINE)
_HOW = """
`ijaa serve users` and `ijaa serve events` run apart, over {members:,} members and {events:,} events. A member reads: of
ten requests four are for a page of events, four for an event, two for participants; which one is Zipf's choice, so that
the first are read often. Begun with nothing remembered, {requests:,} requests asked for {cards:,} cards, of which
{share:.0%} were remembered. Then {rounds} rounds of {seconds:g} s each, in turn with a second events service that has
no Redis and asks users each time, 16 connections: {machine}, {versions}.

| cards | requests/s | p50 ms | events' CPU, ms a request |
|---|---:|---:|---:|
"""


def run(asked: Run) -> Outcome:
    """Measure both."""
    with (
        world(members=asked.members, events=asked.events, progress=lambda said: asked.progress(said, 0.0)) as there,
        _apart(there) as (users, servers),
        load_generator(there.folder) as generator,
    ):
        paths = _mix(uvloop.run(there.some_events(500)))
        token = sign_in(users, there)
        generator.perform(Job(port=servers[WITH].port, paths=paths, headers=token, count=_REQUESTS, warm=0))
        counted = _counted(servers[WITH])
        series = Series()
        for index in range(asked.rounds):
            asked.progress(f"Round {index + 1} of {asked.rounds}", index / asked.rounds)
            token = sign_in(users, there)

            def measure(name: str, token: dict[str, str] = token) -> Sample:
                before = servers[name].cpu_seconds()
                tally = generator.perform(
                    Job(port=servers[name].port, paths=paths, headers=token, seconds=asked.seconds)
                )
                return Sample.of(tally, servers[name].cpu_seconds() - before)

            series.add([WITH, WITHOUT], measure)
        return _outcome(asked, there, series, counted)


BENCHMARK = Benchmark("cards", "members' cards remembered by events apart from users, against asked for each time", run)


@contextmanager
def _apart(there: World) -> Iterator[tuple[Server, dict[str, Server]]]:
    """Serve users, and events twice: with Redis, and without."""
    limits = {"IJAA_RATE_LIMITS": "1000000", "IJAA_LOG_FORMAT": "json"}
    ports = {name: free_port() for name in ("users", WITH, WITHOUT)}
    base = f"http://127.0.0.1:{ports['users']}"
    given = {**there.environ, **limits, "IJAA_BASE_URL": base}
    halves = {
        module: {name: value for name, value in given.items() if not name.startswith(f"IJAA_{other}_")}
        for module, other in (("users", "EVENTS"), ("events", "USERS"))
    }
    events = {**halves["events"], "IJAA_USERS_PEER": base}
    with (
        _served(there, "users", ports["users"], halves["users"]) as users,
        _served(there, "events", ports[WITH], events) as remembering,
        _served(there, "events", ports[WITHOUT], {**events, "IJAA_REDIS_URL": "redis://127.0.0.1:1"}) as asking,
    ):
        yield users, {WITH: remembering, WITHOUT: asking}


@contextmanager
def _served(there: World, module: str, port: int, environ: dict[str, str]) -> Iterator[Server]:
    log = there.folder / f"{module}-{port}.log"
    with running(["ijaa", "serve", module, "--port", str(port)], environ, log) as process:
        wait_until_listening(process, port, log)
        yield Server("ours", port, process.pid)


def _mix(events: list[int]) -> list[str]:
    """Return what is asked for in turn: the first events are those people talk of."""
    chance = random.Random(2009)  # noqa: S311 - repeatable, no secret
    weights = [1 / rank for rank in range(1, len(events) + 1)]
    pages = [f"/api/v1/events?limit={limit}" for limit in (20, 20, 20, 50)]
    found = []
    for number in range(_REQUESTS):
        event = chance.choices(events, weights)[0]
        kinds = (
            [chance.choice(pages)] * 4 + [f"/api/v1/events/{event}"] * 4 + [f"/api/v1/events/{event}/participants"] * 2
        )
        found.append(kinds[number % len(kinds)])
    return found


def _counted(server: Server) -> dict[str, float]:
    said = httpx.get(f"{server.url}/metrics", timeout=10).text
    return {outcome: float(number) for outcome, number in _CARDS.findall(said)}


def _outcome(asked: Run, there: World, series: Series, counted: dict[str, float]) -> Outcome:
    cards = sum(counted.values())
    share = counted.get("hit", 0.0) / cards if cards else 0.0
    rows = [
        Row(name="cards remembered, of those asked for", ours=counted.get("hit", 0.0), floor=cards, unit="cards",
            ratio=round(share, 3), goal=_GOAL, statements=None),
        Row(name="events apart with cards remembered vs asked for",
            ours=round(series.median(WITH, lambda sample: sample.rate), 1),
            floor=round(series.median(WITHOUT, lambda sample: sample.rate), 1), unit="requests/s",
            ratio=round(series.ratio(WITH, WITHOUT).median, 3), goal=1.0, statements=None),
    ]  # fmt: skip
    lines = [
        f"| {name} | {series.median(name, lambda one: one.rate):,.0f} | {series.median(name, lambda one: one.p50):.1f}"
        f" | {series.median(name, lambda one: one.cpu):.2f} |"
        for name in (WITH, WITHOUT)
    ]
    how = _HOW.format(
        members=asked.members, events=asked.events, requests=_REQUESTS,
        cards=int(cards), share=share, rounds=asked.rounds, seconds=asked.seconds, machine=machine(),
        versions=versions(there.postgres_version, ("litestar", "uvicorn", "httpx", "redis")),
    )  # fmt: skip
    return Outcome(rows=rows, section=how + "\n".join(lines) + "\n")
