"""Answers in time: what takes too long is answered 503, and cleans up after itself while the client goes on."""

import asyncio
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Send

from ijaa.shared.errors import Unavailable
from ijaa.shared.http.problems import as_messages

DEADLINE = 2.0
"""Seconds from the last byte of a request until its answer has begun."""
_SCOPE = "ijaa.deadline"


class Deadline:
    """The time one request has."""

    def __init__(self, scope: Any, send: Send, seconds: float) -> None:
        self._scope, self._send, self._seconds = scope, send, seconds
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._timer = self._loop.call_later(seconds, self._expire)
        self._begun = False
        self.answer: asyncio.Task[None] | None = None
        """Set once the time was over: what answers instead."""

    def restart(self, seconds: float | None = None) -> None:
        """Begin to count anew, with another length if one is given."""
        self._seconds = seconds or self._seconds
        if not self._begun and self.answer is None:
            self._timer.cancel()
            self._timer = self._loop.call_later(self._seconds, self._expire)

    async def send(self, message: Message) -> None:
        """Send what was answered in time."""
        if self.answer is None:
            self.end()
            await self._send(message)

    def end(self) -> None:
        """Count no more."""
        self._begun = True
        self._timer.cancel()

    def _expire(self) -> None:
        self.answer = self._loop.create_task(self._refuse())
        assert self._task is not None  # noqa: S101 - a request is a task
        self._task.cancel()

    async def _refuse(self) -> None:
        for message in as_messages(Unavailable("This took too long; ask again in a moment."), self._scope):
            await self._send(message)


class Deadlines:
    """Wraps the application: no answer begins later than its route allows."""

    def __init__(self, app: ASGIApp, seconds: float = DEADLINE) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request; when its time is over it is cancelled, and whatever it still has to undo keeps nobody."""
        deadline = Deadline(scope, send, self._seconds)
        scope[_SCOPE] = deadline

        async def received() -> Any:
            message = await receive()
            deadline.restart()  # a slow line is not our slowness
            return message

        try:
            await self._app(scope, received, deadline.send)
        except asyncio.CancelledError:
            if deadline.answer is None:
                raise
            asyncio.current_task().uncancel()  # type: ignore[union-attr]
        finally:
            deadline.end()
            if deadline.answer is not None:
                await deadline.answer


def allow(scope: Any, seconds: float) -> None:
    """Give a request more time, or less, from now on."""
    if (deadline := scope.get(_SCOPE)) is not None:
        deadline.restart(seconds)
