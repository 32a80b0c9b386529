"""Counts the statements of requests, as PostgreSQL itself has seen them (pg_stat_statements)."""

from collections.abc import Awaitable, Callable

import asyncpg
from bench.world import World

# by the app role, in its own database: neither the monitor nor a vacuum counts
_CALLS = """
SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND userid = (SELECT oid FROM pg_roles WHERE rolname = $1)
"""


async def statements_of(world: World, requests: int, perform: Callable[[], Awaitable[None]]) -> float:
    """Return the statements per request, over both databases, of `perform`, which makes `requests` of them."""
    before = await _calls(world)
    await perform()
    return round((await _calls(world) - before) / requests, 1)


async def _calls(world: World) -> int:
    total = 0
    for module, url in world.superuser.items():
        connection = await asyncpg.connect(url)
        try:
            total += await connection.fetchval(_CALLS, f"ijaa_{module}_app")
        finally:
            await connection.close()
    return total
