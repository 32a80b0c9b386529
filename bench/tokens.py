"""What a token costs: the same trivial route with a member's token and without, on the same server."""

import asyncio

from bench.generator import load_generator
from bench.load import Job
from bench.machine import machine, versions
from bench.measure import Sample, Series
from bench.nothing import PATH
from bench.outcome import Benchmark, Outcome, Row, Run
from bench.servers import serving, sign_in
from bench.statements import statements_of
from bench.world import world

WITH, WITHOUT = "with a token", "without"
TIMES = 1.5
"""The price of a request with a token may be so many times that of one without."""
_COUNTED = 400
_PEOPLE, _EVENTS = 200, 50

_HOW = """
`bench/nothing.py` is our application with one more route, whose handler returns a constant. It is asked with the token
of a signed-in member, which is verified, looked up among the revoked and counted against his rate limit, and without a
token, which is counted against the client's address. {rounds} rounds of {seconds:g} s each, in turn, 16 connections:
{machine}, {versions}.

| | requests/s | p50 ms | worker's CPU, ms a request | statements a request |
|---|---:|---:|---:|---:|
"""


def run(asked: Run) -> Outcome:
    """Measure both."""
    with (
        world(members=_PEOPLE, events=_EVENTS, progress=lambda said: asked.progress(said, 0.0)) as there,
        serving(there, ("nothing",)) as servers,
        load_generator(there.folder) as generator,
    ):
        server = servers["nothing"]

        def job(name: str, headers: dict[str, str], *, seconds: float = 0, count: int = 0) -> Job:
            given = headers if name == WITH else {}
            return Job(port=server.port, paths=[PATH], headers=given, seconds=seconds, count=count)

        headers = sign_in(server, there)
        generator.perform(job(WITH, headers, count=_COUNTED))  # the token is warm now

        async def warm() -> None:
            generator.perform(job(WITH, headers, count=_COUNTED))

        statements = asyncio.run(statements_of(there, _COUNTED, warm))
        series = Series()
        for index in range(asked.rounds):
            asked.progress(f"Round {index + 1} of {asked.rounds}", index / asked.rounds)
            headers = sign_in(server, there)

            def measure(name: str, headers: dict[str, str] = headers) -> Sample:
                before = server.cpu_seconds()
                tally = generator.perform(job(name, headers, seconds=asked.seconds))
                return Sample.of(tally, server.cpu_seconds() - before)

            series.add([WITH, WITHOUT], measure)
    row = Row(
        name="a request with a token vs one without",
        ours=round(series.median(WITH, lambda sample: sample.rate), 1),
        floor=round(series.median(WITHOUT, lambda sample: sample.rate), 1),
        unit="requests/s",
        ratio=round(series.ratio(WITH, WITHOUT).median, 3),
        goal=round(1 / TIMES, 3),
        statements=statements,
    )
    return Outcome(rows=[row], section=_section(asked, series, row, there.postgres_version))


BENCHMARK = Benchmark("tokens", "a request with a token against one without", run)


def _section(asked: Run, series: Series, row: Row, postgres: str) -> str:
    how = _HOW.format(rounds=asked.rounds, seconds=asked.seconds, machine=machine(), versions=versions(postgres))
    lines = [
        f"| {name} | {series.median(name, lambda s: s.rate):,.0f} | {series.median(name, lambda s: s.p50):.1f} "
        f"| {series.median(name, lambda s: s.cpu):.3f} | {statements} |"
        for name, statements in ((WITH, f"{row.statements:g}"), (WITHOUT, ""))
    ]
    price = 1 / row.ratio
    return (
        how
        + "\n".join(lines)
        + f"\n\nA request with a token costs {price:.2f} times one without; the goal is {TIMES:g}."
    )
