"""SQL of photos and covers."""

from datetime import datetime
from uuid import UUID

import msgspec

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.links import Purpose
from ijaa.users.sight import CONNECTED, SEEN

_SEEN_BY = SEEN.format(viewer="$2::text", now="$3::timestamptz")
_CONNECTED_TO = CONNECTED.format(viewer="$2::text")


class SeenFile(msgspec.Struct, frozen=True):
    """A file of a member the viewer can see, and what decides whether he sees the file."""

    key: str
    media_type: str
    purpose: Purpose
    username: str
    visibility: str
    """JSON."""
    connected: bool


_SEEN = f"""
SELECT {columns(SeenFile, "f", username="p.username", visibility="p.visibility::text", connected=_CONNECTED_TO)}
FROM files f JOIN users u ON u.id = f.owner_id JOIN profiles p ON p.user_id = u.id
WHERE f.id = $1 AND f.purpose IN ('photo', 'cover') AND {_SEEN_BY}
"""


class PhotoRepository:
    """Files as parts of profiles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen(self, file_id: UUID, viewer: str | None, now: datetime) -> SeenFile | None:
        """Return a file whose owner the viewer can see."""
        return await self._database.fetch_one(SeenFile, _SEEN, file_id, viewer, now)
