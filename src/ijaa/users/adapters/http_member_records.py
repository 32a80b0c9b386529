"""`MemberRecords` over HTTP."""

import msgspec

from ijaa.shared.http.peer import Peer
from ijaa.users.ports import RecordFile, RecordsPage


class _Asked(msgspec.Struct, frozen=True):
    username: str
    after: str | None


class _Portion(msgspec.Struct, frozen=True):
    username: str
    name: str
    start: int


class _Files(msgspec.Struct, frozen=True):
    files: list[RecordFile]


class _Content(msgspec.Struct, frozen=True):
    content: bytes | None
    """Base64, as JSON has bytes."""


class HttpMemberRecords:
    """Asks the events service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def page(self, username: str, after: str | None = None) -> RecordsPage:
        """Return the first page of what is kept about a member, or the one `after` asks for."""
        return await self._peer.post(RecordsPage, "/internal/v1/records", _Asked(username, after))

    async def files(self, username: str, after: str | None = None) -> list[RecordFile]:
        """Return the first files of a member, or those after the one of a name."""
        return (await self._peer.post(_Files, "/internal/v1/records/files", _Asked(username, after))).files

    async def portion(self, username: str, name: str, start: int) -> bytes | None:
        """Return some bytes of a file from a place on, none at its end, or None for one that is not there."""
        asked = _Portion(username, name, start)
        return (await self._peer.post(_Content, "/internal/v1/records/portion", asked)).content
