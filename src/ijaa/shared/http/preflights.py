"""CORS preflights that are refused are problems like any other; Litestar's own answer is plain text."""

from typing import Any

from litestar.types import ASGIApp, Message, Receive, Send

from ijaa.shared.errors import Forbidden
from ijaa.shared.http.problems import as_messages


class Preflights:
    """Wraps the application: says in our words that a preflight is refused."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request; all but OPTIONS go straight through."""
        if scope["method"] != "OPTIONS":
            await self._app(scope, receive, send)
            return
        refused = False

        async def worded(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 400:  # noqa: PLR2004 - as Litestar has it
                refused = True
                problem = Forbidden("A page of this origin may not ask for this: see IJAA_CORS_ORIGINS.")
                for one in as_messages(problem, scope):
                    await send(one)
            elif not refused:
                await send(message)

        await self._app(scope, receive, worded)
