"""What a thousand open streams of one event cost a worker, and how soon an answer is seen by all of them."""

import asyncio
import resource
import statistics
import time
from dataclasses import replace
from pathlib import Path

import httpx
import uvloop
from bench.machine import machine, versions
from bench.outcome import Benchmark, Outcome, Row, Run
from bench.servers import Server, serving, sign_in
from bench.world import world

STREAMS, TOPICS = 1000, 1000
_ASKING, _ASKED_FOR = 8, 10.0
_MEGABYTES = 60.0
_MILLISECONDS = 250.0
_HOW = """
{streams:,} clients watch one event on one worker (`GET /api/v1/events/{{id}}/stream`, over sockets). Memory is what the
worker holds more (VmRSS) once all of them have the first state. Then a member answers the event {rounds} times, and the
time is taken from the moment his request is sent until the last client has read the new state: {machine}, {versions}.

| | |
|---|---:|
| memory of {streams:,} streams | {memory:.1f} MB |
| until all have seen an answer, median | {reach:.0f} ms |
| the slowest of {rounds} | {slowest:.0f} ms |
| processor time of the worker for one answer | {cpu:.0f} ms |

On a worker whose Redis is away {topics:,} clients watch an event each, all of which is read anew every 30 s. Beside
them {asking} clients ask for the list of events for {asked_for:g} s: {answered:,} of {asked:,} were answered, p99
{p99:.0f} ms.
"""


def run(asked: Run) -> Outcome:
    """Measure."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    with (
        world(members=200, events=3 * TOPICS, progress=lambda said: asked.progress(said, 0.0)) as there,
        serving(there, ("ours",)) as servers,
    ):
        server = servers["ours"]
        event = asyncio.run(there.some_events(1))[0]
        memory, reached, cpu = uvloop.run(_measure(server, event, sign_in(server, there), asked))
        alone = replace(there, environ={**there.environ, "IJAA_REDIS_URL": "redis://127.0.0.1:1"})
        with serving(alone, ("ours",)) as without_redis:
            answered, beside = uvloop.run(_beside(without_redis["ours"], asyncio.run(there.some_events(TOPICS)), asked))
        reach = statistics.median(reached)
        rows = [
            Row(name=f"{STREAMS} streams vs {_MEGABYTES:g} MB", ours=round(memory, 1), floor=_MEGABYTES, unit="MB",
                ratio=round(_MEGABYTES / memory, 3), goal=1.0, statements=None),
            Row(name=f"an answer seen by {STREAMS} streams vs {_MILLISECONDS:g} ms", ours=round(reach, 1),
                floor=_MILLISECONDS, unit="ms", ratio=round(_MILLISECONDS / reach, 3), goal=1.0, statements=None),
            Row(name=f"reads answered beside {TOPICS} topics without Redis", ours=answered, floor=len(beside),
                unit="requests", ratio=round(answered / len(beside), 3), goal=1.0, statements=None),
        ]  # fmt: skip
        how = _HOW.format(
            streams=STREAMS, rounds=len(reached), memory=memory, reach=reach, slowest=max(reached), cpu=cpu,
            topics=TOPICS, asking=_ASKING, asked_for=_ASKED_FOR, answered=answered, asked=len(beside),
            p99=sorted(beside)[int(len(beside) * 0.99)] * 1000,
            machine=machine(), versions=versions(there.postgres_version, ("litestar", "uvicorn", "uvloop")),
        )  # fmt: skip
        return Outcome(rows=rows, section=how)


BENCHMARK = Benchmark("streams", "a thousand open streams: memory, and how soon all see an answer", run)


class _Watcher:
    """One client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def state(self) -> float:
        """Return when the next state of the seats was read."""
        await self._reader.readuntil(b"\nevent: participation\ndata: ")
        await self._reader.readuntil(b"\n\n")
        return time.perf_counter()

    def leave(self) -> None:
        self._writer.close()


async def _watch(port: int, event: int, number: int) -> _Watcher:
    own = (f"127.0.0.{2 + number % 50}", 0)  # one address may have only so many streams
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=own)
    writer.write(f"GET /api/v1/events/{event}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    watcher = _Watcher(reader, writer)
    await watcher.state()
    return watcher


async def _measure(server: Server, event: int, headers: dict[str, str], asked: Run) -> tuple[float, list[float], float]:
    path = f"{server.url}/api/v1/events/{event}/rsvp"
    async with httpx.AsyncClient(headers=headers, timeout=10) as client:
        for status in ("GOING", "NOT_GOING"):  # everything is loaded that an answer needs
            (await client.put(path, json={"status": status})).raise_for_status()
        before = _resident(server.pid)
        watchers = []
        for first in range(0, STREAMS, 50):
            watchers += await asyncio.gather(*(_watch(server.port, event, first + n) for n in range(50)))
        memory = _resident(server.pid) - before
        reached, cpu = [], server.cpu_seconds()
        for index in range(asked.rounds * 2):
            asked.progress(f"Answer {index + 1}", index / asked.rounds / 2)
            waiting = [asyncio.create_task(watcher.state()) for watcher in watchers]
            await asyncio.sleep(0.3)
            began = time.perf_counter()
            (await client.put(path, json={"status": "NOT_GOING" if index % 2 else "GOING"})).raise_for_status()
            reached.append((max(await asyncio.gather(*waiting)) - began) * 1000)
        cpu = (server.cpu_seconds() - cpu) / len(reached) * 1000
        for watcher in watchers:
            watcher.leave()
    return memory, reached, cpu


async def _beside(server: Server, events: list[int], asked: Run) -> tuple[int, list[float]]:
    """Return how many of the reads beside streams were answered, and how long each took."""
    answered, took = 0, []

    async def ask(client: httpx.AsyncClient, until: float) -> None:
        nonlocal answered
        while (began := time.perf_counter()) < until:
            answer = await client.get(f"{server.url}/api/v1/events?limit=20")
            answered += answer.status_code == httpx.codes.OK
            took.append(time.perf_counter() - began)

    watchers: list[_Watcher] = []
    for first in range(0, len(events), 50):
        asked.progress(f"Topic {first}", 0.9)
        watchers += await asyncio.gather(
            *(_watch(server.port, event, n) for n, event in enumerate(events[first : first + 50]))
        )
    async with httpx.AsyncClient(timeout=10) as client:
        await asyncio.gather(*(ask(client, time.perf_counter() + _ASKED_FOR) for _ in range(_ASKING)))
    for watcher in watchers:
        watcher.leave()
    return answered, took


def _resident(pid: int) -> float:
    """Return the resident memory of a process and its children, in MB (Linux, proc_pid_status(5))."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            said = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if str(pid) in {said.get("Pid", "").strip(), said.get("PPid", "").strip()}:
            total += float(said.get("VmRSS", "0 kB").split()[0]) / 1024
    return total
