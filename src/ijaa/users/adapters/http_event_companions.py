"""`EventCompanions` over HTTP."""

from collections.abc import Collection, Mapping

import msgspec

from ijaa.shared.http.peer import Peer


class _Asked(msgspec.Struct, frozen=True):
    usernames: list[str]


class _Companions(msgspec.Struct, frozen=True):
    companions: dict[str, frozenset[str]]


class HttpEventCompanions:
    """Asks the events service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def companions(self, usernames: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return who comes, or came, to events each of these does."""
        answer = await self._peer.post(_Companions, "/internal/v1/companions", _Asked([*usernames]))
        return answer.companions
