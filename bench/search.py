"""What a search of the directory costs as the association grows: 10,000, 100,000 and 500,000 profiles."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
from bench.machine import machine, versions
from bench.outcome import Benchmark, Outcome, Row, Run
from bench.world import world

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.pages import Cursors
from ijaa.shared.principals import Principal
from ijaa.shared.storage_links import SignedLinks
from ijaa.users.directory.repository import DirectoryRepository
from ijaa.users.directory.schemas import Wanted
from ijaa.users.directory.service import DirectoryService
from ijaa.users.links import FileLinks

SIZES = (10_000, 100_000, 500_000)
_MILLISECONDS = 20.0
_TIMES = 60
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_VIEWER = Principal("USER_0", "m0", "session", "member")
# names of two words out of 2,000 and 5,000, one profession in fifty, one place in two hundred, thirty batches
_GROW = """
WITH made AS (
    INSERT INTO users (user_id, username, email, active, email_verified_at, created_at, updated_at, version)
    SELECT 'USER_' || n, 'm' || n, 'm' || n || '@bench.example', true, $3::timestamptz, $3, $3, 1
    FROM generate_series($1::int, $2::int - 1) n RETURNING id, username
), said AS (
    INSERT INTO profiles (user_id, username, name, name_key, profession, location, batch, visibility,
                          created_at, updated_at, version)
    SELECT id, username, initcap(name), name, initcap(profession), initcap(place), batch, '{}', $3, $3, 1 FROM (
        SELECT id, username, 'first' || floor(random() * 2000) || ' last' || floor(random() * 5000) AS name,
               CASE WHEN random() < 0.2 THEN 'engineer' ELSE 'profession' || floor(random() * 50) END AS profession,
               'place' || floor(random() * 200) AS place, (1990 + floor(random() * 30))::text AS batch
        FROM made) m RETURNING user_id, name_key, lower(profession) AS profession, lower(location) AS place, batch
)
INSERT INTO directory (user_id, level, personal, sort_key, batch, profession_key, location_key, company_keys,
                       interest_keys, names, words, connections)
SELECT user_id, 1, false, name_key, batch, profession, place, '{}', '{}', name_key,
       array_to_tsvector(string_to_array(name_key || ' ^' || replace(name_key, ' ', ' ^') || ' ' || profession
                                         || ' ' || place, ' ')), 0
FROM said
"""
_SIZES = """
SELECT relname, pg_size_pretty(pg_relation_size(oid)) FROM pg_class
WHERE relname LIKE 'idx_directory%' OR relname IN ('directory', 'pk_directory') ORDER BY pg_relation_size(oid) DESC
"""
_HOW = """
`DirectoryService` over PostgreSQL, one search at a time, {times} of each kind, each another one (another name, another
pair of values, another place deep in the list); the viewer has no connections. A search of words is three statements at
most, and two more to begin. {machine}, {versions}. Milliseconds, p50 / p95:

| | {heads} |
|---|{lines}|
{table}

Sizes at {largest:,} profiles:

| | |
|---|---:|
{sizes}

Plans at {largest:,} profiles:

{plans}
"""

Search = Callable[[int], Awaitable[object]]


def run(asked: Run) -> Outcome:
    """Measure."""
    with world(members=200, events=50, progress=lambda said: asked.progress(said, 0.0)) as there:
        url, superuser = there.environ["IJAA_USERS_DATABASE_URL"], there.superuser["users"]
        measured, sizes, plans = asyncio.run(_measure(url, superuser, asked))
        largest = SIZES[-1]
        rows = [
            Row(name=f"search, {kind}, {largest:,} profiles vs {_MILLISECONDS:g} ms", ours=round(p95, 2),
                floor=_MILLISECONDS, unit="ms", ratio=round(_MILLISECONDS / p95, 3), goal=1.0, statements=None)
            for kind, (_, p95) in measured[largest].items()
        ]  # fmt: skip
        table = "\n".join(
            f"| {kind} | " + " | ".join("{:.1f} / {:.1f}".format(*measured[size][kind]) for size in SIZES) + " |"
            for kind in measured[largest]
        )
        how = _HOW.format(
            times=_TIMES, largest=largest, table=table, heads=" | ".join(f"{size:,}" for size in SIZES),
            lines="---:|" * (len(SIZES) - 1) + "---:",
            sizes="\n".join(f"| `{name}` | {size} |" for name, size in sizes),
            plans="\n\n".join(f"{kind}:\n\n```\n{plan}\n```" for kind, plan in plans.items()),
            machine=machine(), versions=versions(there.postgres_version, ("asyncpg", "sqlalchemy")),
        )  # fmt: skip
        return Outcome(rows=rows, section=how)


BENCHMARK = Benchmark("search", "the directory at 10,000 to 500,000 profiles", run)


async def _measure(
    url: str, superuser: str, asked: Run
) -> tuple[dict[int, dict[str, tuple[float, float]]], list[tuple[str, str]], dict[str, str]]:
    database = Database("users", url)
    directory = DirectoryService(
        DirectoryRepository(database, SystemClock()),
        FileLinks(SignedLinks(b"bench", SystemClock())),
        Cursors(b"bench"),
        SystemClock(),
    )
    admin: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(superuser)
    measured: dict[int, dict[str, tuple[float, float]]] = {}
    plans: dict[str, str] = {}
    try:
        there = 0
        for number, size in enumerate(SIZES):
            asked.progress(f"{size:,} profiles", number / len(SIZES))
            await _grow(admin, there, size)
            there = size
            measured[size] = {kind: await _timed(search) for kind, search in _kinds(directory, size).items()}
        for kind, search in _kinds(directory, there).items():
            plans[kind] = await _plan(database, admin, lambda search=search: search(1))  # type: ignore[misc]
        sizes = [(str(row[0]), str(row[1])) for row in await admin.fetch(_SIZES)]
    finally:
        await admin.close()
        await database.dispose()
    return measured, sizes, plans


async def _grow(admin: "asyncpg.Connection[asyncpg.Record]", begin: int, end: int) -> None:
    for first in range(begin, end, 50_000):
        await admin.execute(_GROW, first, min(end, first + 50_000), _NOW, timeout=600)
    await admin.execute("VACUUM (ANALYZE) users, profiles, directory", timeout=600)


def _kinds(directory: DirectoryService, size: int) -> dict[str, Search]:
    def searching(wanted: Callable[[int], Wanted], sort: str = "relevance") -> Search:
        return lambda number: directory.page(
            _VIEWER,
            wanted(number),
            sort,
            None,
            12,
            include_total=False,  # type: ignore[arg-type]
        )

    async def deep(number: int) -> object:
        name = f"first{number * 37 % 2000} last{number * 91 % 5000}"
        scope = f"directory/{_VIEWER.username}/name/{Wanted()}"
        cursor = Cursors(b"bench").write(scope, 4, 0, name, size // 2)
        return await directory.page(_VIEWER, Wanted(), "name", cursor, 12, include_total=False)

    return {
        "rare name": searching(lambda n: Wanted(q=f"first{n * 31 % 2000} last{n * 17 % 5000}")),
        "common word": searching(lambda n: Wanted(q=("engineer", "engin", f"profession{n % 50}")[n % 3])),
        "two facets": searching(lambda n: Wanted(profession=f"profession{n % 50}", batch=str(1990 + n % 30))),
        "deep page": deep,
        "by batch": searching(lambda n: Wanted(location=f"place{n % 200}"), "batch"),
        "a letter": searching(lambda n: Wanted(q="abcdefghijklmnopqrstuvwxyz"[n % 26])),
        "misspelt": searching(lambda n: Wanted(q=f"frist{n * 31 % 2000}")),
    }


async def _timed(search: Search) -> tuple[float, float]:
    await search(_TIMES)
    took = []
    for number in range(_TIMES):
        began = time.perf_counter()
        await search(number)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


async def _plan(
    database: Database, admin: "asyncpg.Connection[asyncpg.Record]", search: Callable[[], Awaitable[object]]
) -> str:
    asked: list[tuple[str, tuple[object, ...]]] = []
    real = database.fetch

    async def noted(into: Callable[..., object], sql: str, *arguments: object) -> list[object]:
        asked.append((sql, arguments))
        return await real(into, sql, *arguments)

    database.fetch = noted  # type: ignore[method-assign,assignment]
    try:
        await search()
    finally:
        database.fetch = real  # type: ignore[method-assign]
    sql, arguments = asked[-1]
    rows = await admin.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) {sql}", *arguments)
    return "\n".join(row[0] for row in rows)
