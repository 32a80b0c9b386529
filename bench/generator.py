"""The benchmark's end of the load generator."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from bench.load import Job, Tally
from bench.processes import BenchError, clean_environment, running


class LoadGenerator:
    """Performs one job after the other, in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process, self._log = process, log

    def perform(self, job: Job) -> Tally:
        """Return the tally of a job; raise `BenchError` when any answer was not 200: that is nothing to measure."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(job).decode() + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"the load generator ended:\n{self._log.read_text()[-2000:]}")
        tally = msgspec.json.decode(line, type=Tally)
        if tally.failure is not None:
            raise BenchError(f"under load {job.paths[0]} was answered:\n{tally.failure}")
        return tally


@contextmanager
def load_generator(folder: Path) -> Iterator[LoadGenerator]:
    """Keep a load generator at hand while inside."""
    log = folder / "load.log"
    with running(["bench.load"], clean_environment(), log, piped=True) as process:
        yield LoadGenerator(process, log)
