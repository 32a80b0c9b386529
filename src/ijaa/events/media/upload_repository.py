"""SQL of what somebody uploaded, for an archive of his own."""

from uuid import UUID

import msgspec

from ijaa.events.media.domain import id_of, name_of
from ijaa.shared.database import Database

_AT_ONCE = 100
_OF = f"""
SELECT id, file_id, file_type FROM event_media
WHERE uploaded_by_username = lower($1) AND id > $2 ORDER BY id LIMIT {_AT_ONCE}
"""
_ONE = "SELECT id, file_id, file_type FROM event_media WHERE uploaded_by_username = lower($1) AND id = $2"


class Upload(msgspec.Struct, frozen=True):
    """One file."""

    id: int
    file_id: UUID
    file_type: str

    @property
    def name(self) -> str:
        """What it is called in an archive."""
        return name_of(self.id, self.file_type)


class UploadRepository:
    """Files by whose they are, whether anybody sees them or not."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, username: str, after: str | None) -> list[Upload]:
        """Return the first files of a member, or those after the one of a name."""
        return await self._database.fetch(Upload, _OF, username, (id_of(after) if after else None) or 0)

    async def one(self, username: str, name: str) -> Upload | None:
        """Return a file of a member by its name."""
        if (media_id := id_of(name)) is None:
            return None
        return await self._database.fetch_one(Upload, _ONE, username, media_id)
