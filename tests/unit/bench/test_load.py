"""The load generator: it counts what was answered, and tells an error page from an answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from bench.load import Job, percentile, perform
from bench.measure import Sample, Series

PIECES = 3


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Answer /ok, whole and in pieces, and refuse everything else."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
            status = b"200 OK" if head.startswith(b"GET /ok") else b"503 Service Unavailable"
            answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 30\r\n\r\n" + b"x" * 30
            for start in range(0, len(answer), len(answer) // PIECES):
                writer.write(answer[start : start + len(answer) // PIECES])
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(quietly, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_counted_job_makes_exactly_so_many_requests(port: int) -> None:
    tally = await perform(Job(port=port, paths=["/ok", "/ok?again"], count=37, connections=4))

    assert (tally.requests, tally.total, tally.failure) == (37, 37, None)
    assert 0 < tally.p50 <= tally.p95


async def test_a_timed_job_leaves_the_warm_up_out(port: int) -> None:
    tally = await perform(Job(port=port, paths=["/ok"], warm=0.1, seconds=0.1, connections=4))

    assert tally.failure is None
    assert 0 < tally.requests < tally.total


async def test_an_error_page_is_a_failure_not_a_fast_answer(port: int) -> None:
    tally = await perform(Job(port=port, paths=["/ok", "/broken"], warm=0, seconds=0.2, connections=2))

    assert tally.failure is not None
    assert "503 Service Unavailable" in tally.failure


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert percentile([1.0, 2.0], 0.95) == 2.0
    assert percentile([], 0.5) == 0.0


def test_ratios_compare_within_a_round_and_everybody_begins_once() -> None:
    series, asked = Series(), []
    rates = iter([100.0, 50.0, 10.0, 40.0])  # the second round ran on a busier machine

    def measure(name: str) -> Sample:
        asked.append(name)
        return Sample(next(rates), 1.0, 2.0, 0.1)

    series.add(["ours", "floor"], measure)
    series.add(["ours", "floor"], measure)

    assert asked == ["ours", "floor", "floor", "ours"]
    ratio = series.ratio("ours", "floor")
    assert (ratio.low, ratio.median, ratio.high) == (2.0, 3.0, 4.0)
