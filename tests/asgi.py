"""A client of an application in this process, lifespan included."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from litestar import Litestar
from litestar.types import ASGIApp, Message, Receive, Scope, Send


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
        transport = httpx.ASGITransport(hanging_up(app), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
            yield client
    finally:
        done.set()
        await holder


def hanging_up(app: ASGIApp) -> ASGIApp:
    """Return an application whose clients leave a stream of events once they have seen its beginning."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith("/stream"):
            await app(scope, receive, send)
            return
        begun = asyncio.Event()

        async def hang_up() -> Message:
            await begun.wait()
            return {"type": "http.disconnect"}  # type: ignore[return-value]

        async def seen(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body":
                begun.set()

        await app(scope, hang_up, seen)  # type: ignore[arg-type]
        if begun.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return wrapped
