"""A client of Redis for a test's own hand: the product gives up after 0.2 s, a busy machine may need longer."""

from redis.asyncio import Redis

SECONDS = 30.0


def patient(url: str) -> Redis:
    """Return a client that waits."""
    return Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)


async def wipe(url: str) -> None:
    """Empty the database a URL names."""
    async with patient(url) as redis:
        await redis.flushdb()
