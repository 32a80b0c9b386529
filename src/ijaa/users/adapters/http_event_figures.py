"""`EventFigures` over HTTP."""

from ijaa.shared.http.peer import Peer
from ijaa.users.ports import EventCounts


class HttpEventFigures:
    """Asks the events service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def counts(self) -> EventCounts:
        """Return the figures of this moment."""
        return await self._peer.get(EventCounts, "/internal/v1/figures")
