"""What bringing 50,000 members in costs: a first list, the same with changes, and one that is only tried."""

import asyncio
import io
import random
import time

from bench.machine import machine, versions
from bench.outcome import Benchmark, Outcome, Row, Run
from bench.world import world

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.jobs import JobQueue
from ijaa.users.imports.domain import Mode
from ijaa.users.imports.repository import ImportRepository
from ijaa.users.imports.schemas import ImportRead
from ijaa.users.imports.service import ImportService, Order

ROWS = 50_000
_SECONDS = 60.0
_HEADINGS = "Name,Batch,E-Mail,Phone,Date of Birth,Student Number,Profession,Location\r\n"
_HOW = """
`ImportService` over PostgreSQL, a file of {rows:,} rows and {size:.1f} MB with eight columns, a thousand rows a
statement, progress written with each: a dry run, a first list, the same list where one row in ten says something new,
and once more so, with one row in a hundred that cannot be taken and is skipped. {machine}, {versions}.

| | mode | created | updated | unchanged | refused | s | rows/s |
|---|---|---:|---:|---:|---:|---:|---:|
{table}
"""


def run(asked: Run) -> Outcome:
    """Measure."""
    with world(members=200, events=50, progress=lambda said: asked.progress(said, 0.0)) as there:
        done = asyncio.run(_measure(there.environ["IJAA_USERS_DATABASE_URL"], asked))
        table = "\n".join(
            f"| {kind} | {found.mode} | {found.created:,} | {found.updated:,} | {found.unchanged:,} "
            f"| {found.refused:,} | {took:.1f} | {ROWS / took:,.0f} |"
            for kind, found, took in done
        )
        how = _HOW.format(
            rows=ROWS, size=len(_file(changed=0, bad=False)) / 1e6, table=table,
            machine=machine(), versions=versions(there.postgres_version, ("asyncpg", "sqlalchemy")),
        )  # fmt: skip
    rows = [
        Row(name=f"import of {ROWS:,} rows, {kind} vs {_SECONDS:g} s", ours=round(took, 2), floor=_SECONDS, unit="s",
            ratio=round(_SECONDS / took, 3), goal=1.0, statements=None)
        for kind, _, took in done
    ]  # fmt: skip
    return Outcome(rows=rows, section=how)


BENCHMARK = Benchmark("imports", "50,000 members brought in from a file", run)


async def _measure(url: str, asked: Run) -> list[tuple[str, ImportRead, float]]:
    database, clock = Database("users", url), SystemClock()
    imports = ImportService(database, ImportRepository(database), JobQueue(database, clock), clock)
    steps: tuple[tuple[str, Mode, bool, bytes], ...] = (
        ("tried", "all-or-nothing", True, _file(changed=0, bad=False)),
        ("a first list", "all-or-nothing", False, _file(changed=0, bad=False)),
        ("a list with changes", "all-or-nothing", False, _file(changed=1, bad=False)),
        ("bad rows skipped", "skip-bad-rows", False, _file(changed=2, bad=True)),
    )
    found = []
    for number, (kind, mode, dry_run, body) in enumerate(steps):
        asked.progress(f"importing {ROWS:,} rows: {kind}", number / len(steps))
        order = Order(file_name="list.csv", mode=mode, dry_run=dry_run)
        import_id, began = await imports.begin(order), time.perf_counter()
        done = await imports.run(import_id, order, io.BytesIO(body), imports.transaction)
        found.append((kind, done, time.perf_counter() - began))
    await database.dispose()
    return found


def _file(*, changed: int, bad: bool) -> bytes:
    """Return the list; of its tenth that changes, the places are those of this version."""
    rng = random.Random(1)  # noqa: S311 - people who do not exist
    rows = [_HEADINGS]
    for number in range(ROWS):
        born = f"19{rng.randrange(60, 99)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        place = f"Place {changed if number % 10 == 0 else 0}"
        email = "nobody" if bad and number % 100 == 1 else f"p{number}@bench.example"
        rows.append(
            f"Person Number{number},{1980 + number % 40},{email},+88017{number:08},{born},S-{number},"
            f"Profession {number % 50},{place}\r\n"
        )
    return "".join(rows).encode()
