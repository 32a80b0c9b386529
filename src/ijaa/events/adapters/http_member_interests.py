"""`MemberInterests` over HTTP."""

import msgspec

from ijaa.events.ports import MemberContext
from ijaa.shared.http.peer import Peer


class _Asked(msgspec.Struct, frozen=True):
    username: str


class HttpMemberInterests:
    """Asks the users service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def of(self, username: str) -> MemberContext:
        """Return what is known of a member, to be shown to him alone; nothing of whom nobody knows."""
        return await self._peer.post(MemberContext, "/internal/v1/members/context", _Asked(username))
