"""A client of an application in this process, lifespan included."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from litestar import Litestar


@asynccontextmanager
async def client_of(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client; one task of its own enters and leaves the lifespan, as anyio's scopes ask for."""
    ready, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with app.lifespan():
            ready.set()
            await done.wait()

    holder = asyncio.create_task(hold())
    started = asyncio.create_task(ready.wait())
    await asyncio.wait({holder, started}, return_when=asyncio.FIRST_COMPLETED)
    started.cancel()
    if holder.done():
        await holder
    try:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
            yield client
    finally:
        done.set()
        await holder
