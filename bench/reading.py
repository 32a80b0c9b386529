"""RESULTS.md's section of the reads: what was measured, how, every figure, and what the misses mean."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from bench.machine import machine, versions
from bench.outcome import Row, Run

if TYPE_CHECKING:
    from bench.reads import Endpoint

_HOW = """
Three servers answer the same requests from the same two databases ({members:,} members, {events:,} events), each with
one uvicorn worker (uvloop, httptools) and ten connections per database:

- **ours**: `ijaa serve` as people run it, with everything on: a member's token verified, revocations, strict input,
  problems, security headers, metrics, one JSON log line a request (into a file).
- **bare handler** (`bench/floor.py`): Litestar + an asyncpg pool + msgspec with the statements our repositories use,
  taken from them at its start. No authentication, no middleware, no log, no rules about who sees what.
- **FastAPI + ORM** (`bench/twin/`): FastAPI + SQLAlchemy's async ORM + pydantic response models, the same fields, a
  page's organisers looked up in one batch. No authentication, no log.

Before anything is measured all three have to answer 200 with the same items and the same fields. A load generator in a
process of its own keeps 16 connections busy. {rounds} rounds of {seconds:g} s per server and endpoint, servers in
rotating order; a ratio is the median of the rounds' ratios of requests per second, its spread the lowest and the
highest round. Servers, databases and load generator share the machine: {machine}, {versions}.
"""

_STATEMENTS = """
Statements are counted by PostgreSQL (pg_stat_statements, both clusters) over 400 requests. An ORM session adds BEGIN
and ROLLBACK to each SELECT, and asyncpg's pool by default resets a connection that comes back, which PostgreSQL counts
as four statements in one round trip; ours reads in autocommit on a pool that does neither. A bare handler that turned
the reset off would be 1.1 to 1.35 times as fast as the one measured here.
"""


def section(asked: Run, endpoints: "Sequence[Endpoint]", rows: Sequence[Row], postgres_version: str) -> str:
    """Return the section."""
    how = _HOW.format(
        members=asked.members,
        events=asked.events,
        rounds=asked.rounds,
        seconds=asked.seconds,
        machine=machine(),
        versions=versions(postgres_version),
    )
    return "\n".join([how, *_ratios(endpoints), "", *_figures(endpoints), _STATEMENTS, *_reading(endpoints, rows)])


def _ratios(endpoints: "Sequence[Endpoint]") -> Iterator[str]:
    yield "| | ours ÷ bare handler | spread | ours ÷ FastAPI + ORM | spread |"
    yield "|---|---:|---:|---:|---:|"
    for endpoint in endpoints:
        floor, twin = endpoint.series.ratio("ours", "floor"), endpoint.series.ratio("ours", "twin")
        yield (
            f"| {endpoint.name} | {floor.median:.2f} | {floor.low:.2f}–{floor.high:.2f} "
            f"| {twin.median:.2f} | {twin.low:.2f}–{twin.high:.2f} |"
        )


def _figures(endpoints: "Sequence[Endpoint]") -> Iterator[str]:
    yield "| | server | requests/s | p50 ms | p95 ms | worker's CPU, ms a request | statements a request |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for endpoint in endpoints:
        for name, counted in endpoint.statements.items():
            rate, p50, p95, cpu = (endpoint.series.median(name, attrgetter(of)) for of in ("rate", "p50", "p95", "cpu"))
            yield f"| {endpoint.name} | {name} | {rate:,.0f} | {p50:.1f} | {p95:.1f} | {cpu:.2f} | {counted:g} |"


def _reading(endpoints: "Sequence[Endpoint]", rows: Sequence[Row]) -> Iterator[str]:
    missed = [row for row in rows if not row.met]
    if not missed:
        yield "Every goal is met."
        return
    yield "What is missed:\n"
    for row in missed:
        name, _, opponent = row.name.partition(" vs ")
        other = "floor" if opponent == "bare handler" else "twin"
        series = next(endpoint.series for endpoint in endpoints if endpoint.name == name)
        ours, theirs = (series.median(server, attrgetter("cpu")) for server in ("ours", other))
        near = series.ratio("ours", other).high >= row.goal
        yield (
            f"- **{row.name}**: {row.ratio:.2f}, the goal is {row.goal:g}. "
            f"Our worker spends {ours:.2f} ms of processor time on a request, theirs {theirs:.2f}."
            + (" The best round reaches the goal: noise decides." if near else "")
        )
