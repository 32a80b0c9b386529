"""A line to a server that can be cut, go silent, or be slow."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from sqlalchemy import make_url


class FaultProxy:
    """Stands between a process and a server, so that the server can go away for that process alone."""

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        self._host, self._target = parts.hostname or "127.0.0.1", parts.port
        self._silent, self._delay = False, 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.url = ""
        self.accepted = 0

    async def open(self, port: int = 0) -> None:
        """Listen, on the same port again after a stop."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = make_url(self._url).set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    async def stop(self) -> None:
        """Refuse connections and break those that are open, as a stopped server does."""
        assert self._server
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await eventually(lambda: not self._writers)

    def swallow(self) -> None:
        """Accept and never answer from now on, as behind a firewall that drops packets."""
        self._silent = True

    def delay(self, seconds: float) -> None:
        """Answer so much later from now on."""
        self._delay = seconds

    def answer(self) -> None:
        """Pass everything on again, on new connections."""
        self._silent, self._delay = False, 0.0
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        ends = {writer}
        self._writers.add(writer)
        try:
            inner_reader, inner = await asyncio.open_connection(self._host, self._target)
            ends.add(inner)
            self._writers.add(inner)
            await asyncio.gather(self._pump(reader, inner), self._pump(inner_reader, writer))
        except OSError:
            pass  # the server is gone
        finally:
            self._writers -= ends
            for end in ends:
                end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if not self._silent:
                    writer.write(data)
        except OSError:
            pass  # the other end broke: so does this
        writer.close()


async def eventually(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
