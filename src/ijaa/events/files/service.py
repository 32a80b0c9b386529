"""Use cases of files: whose rows go takes them along."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.files.repository import FileRepository
from ijaa.shared.jobs import JobQueue
from ijaa.shared.storage_files import file_key, key_of, object_keys
from ijaa.shared.storage_sweep import discard

_AT_ONCE = 100
"""Files of one job."""


class FileRows:
    """Has objects deleted once the transaction that takes their rows away has committed."""

    def __init__(self, repository: FileRepository, jobs: JobQueue) -> None:
        self._repository, self._jobs = repository, jobs

    async def discard(self, session: AsyncSession, ids: Sequence[UUID]) -> None:
        """Have the objects of these files deleted."""
        for first in range(0, len(ids), _AT_ONCE):
            keys = [one for id_ in ids[first : first + _AT_ONCE] for one in object_keys(key_of(id_))]
            await discard(self._jobs, session, keys)

    async def of_event(self, session: AsyncSession, event_id: int) -> None:
        """Have the files of an event deleted, whose row is about to go."""
        await self.discard(session, await self._repository.of_event(session, event_id))

    async def of_members(self, session: AsyncSession, usernames: Sequence[str]) -> None:
        """Take everything away that members uploaded who are erased, and the files of their drafts."""
        await self.discard(session, await self._repository.remove_of_members(session, usernames))

    async def known(self, keys: Collection[str]) -> set[str]:
        """Return which of these objects a row names."""
        files = {key: UUID(hex=file_key(key).rpartition("/")[2][:32]) for key in keys}
        named = await self._repository.known(set(files.values()))
        return {key for key, file_id in files.items() if file_id in named and file_key(key) == key_of(file_id)}
