"""`EventContent` over HTTP."""

from collections.abc import Collection, Mapping

import msgspec

from ijaa.shared.http.peer import Peer
from ijaa.users.ports import ContentRef, ContentSnapshot


class _Asked(msgspec.Struct, frozen=True):
    wanted: list[ContentRef]
    viewer: str


class _Snapshots(msgspec.Struct, frozen=True):
    snapshots: list[ContentSnapshot]


class HttpEventContent:
    """Asks the events service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def snapshots(self, wanted: Collection[ContentRef], viewer: str) -> Mapping[ContentRef, ContentSnapshot]:
        """Return what `viewer` sees; what is not there, or not for him to see, is left out."""
        answer = await self._peer.post(_Snapshots, "/internal/v1/contents", _Asked([*wanted], viewer))
        return {ContentRef(kind=one.kind, id=one.id): one for one in answer.snapshots}
