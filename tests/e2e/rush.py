"""Many requests at the same moment, each over its own connection; httpx would spend longer on its pool."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

_WAIT = 60.0


async def put_at_once(url: str, tokens: Sequence[str], body: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """Send one PUT per token, none before all are connected, and return statuses and bodies in the same order."""
    everybody = asyncio.Barrier(len(tokens))
    async with asyncio.timeout(_WAIT):
        return await asyncio.gather(*(_put(url, token, msgspec.json.encode(body), everybody) for token in tokens))


async def _put(url: str, token: str, body: bytes, everybody: asyncio.Barrier) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    await everybody.wait()
    head = (
        f"PUT {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    start, _, content = answer.partition(b"\r\n\r\n")
    return int(start.split(b" ", 2)[1]), msgspec.json.decode(content)
