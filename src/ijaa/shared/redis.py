"""Redis or Valkey: a cache, a limiter and a broadcast channel; nothing durable lives only there."""

import hashlib

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

WAIT = 0.2
"""Seconds; redis-py's defaults hang over 12 s on a server that does not answer."""


BLOCK = 1.0
"""Seconds a read may wait for something to come."""


def namespace(installation: str) -> str:
    """Return what the keys of one installation begin with; `installation` is its base URL, several share a server."""
    return f"ijaa:{hashlib.blake2b(installation.encode(), digest_size=6).hexdigest()}"


def connect(url: str, connections: int = 50) -> Redis:
    """Return a client that fails fast and never retries by itself."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=WAIT,
        socket_timeout=WAIT,
        socket_connect_timeout=WAIT,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


def connect_blocking(url: str) -> Redis:
    """Return a client whose reads may wait for up to `BLOCK` seconds, for what runs in the background."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=10,
        timeout=WAIT,
        socket_timeout=BLOCK + 1,
        socket_connect_timeout=WAIT,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)
