"""`MemberRecords` over HTTP."""

import msgspec

from ijaa.shared.http.peer import Peer
from ijaa.users.ports import RecordsPage


class _Asked(msgspec.Struct, frozen=True):
    username: str
    after: str | None


class HttpMemberRecords:
    """Asks the events service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def page(self, username: str, after: str | None = None) -> RecordsPage:
        """Return the first page of what is kept about a member, or the one `after` asks for."""
        return await self._peer.post(RecordsPage, "/internal/v1/records", _Asked(username, after))
