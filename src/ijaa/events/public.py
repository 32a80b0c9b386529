"""The façade other modules are given: events in numbers, what people made, and what is kept about somebody."""

from collections.abc import Collection, Sequence
from datetime import datetime

from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.catalogue.schemas import ContentKind, EventCounts, EventRead, Snapshot
from ijaa.events.comments.repository import CommentRepository, SnapshotRow
from ijaa.events.media.repository import MediaRepository, StoredMedium
from ijaa.events.media.schemas import OwnFile
from ijaa.events.media.upload_repository import UploadRepository
from ijaa.events.messages import PUBLISHED
from ijaa.events.participations.companion_repository import CompanionRepository
from ijaa.events.personal import PERSONAL
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.personal import Subject
from ijaa.shared.records import RecordReader, TablePage
from ijaa.shared.storage import Storage
from ijaa.shared.storage_files import key_of

__all__ = ["PERSONAL", "PUBLISHED", "ContentKind", "EventCounts", "EventsPublic", "OwnFile", "Snapshot", "TablePage"]


class EventsPublic:
    """What the events module offers; one statement a call, and for snapshots one for each kind."""

    def __init__(self, database: Database, clock: Clock, storage: Storage) -> None:
        self._events, self._clock = EventRepository(database), clock
        self._comments = CommentRepository(database)
        self._records, self._uploads = RecordReader(database, PERSONAL), UploadRepository(database)
        self._storage = storage
        self._companions, self._media = CompanionRepository(database), MediaRepository(database)

    async def counts(self) -> EventCounts:
        """Return how many events and seats there are at this moment. Raises `Unavailable`."""
        return await self._events.counts(self._clock.now())

    async def snapshots(self, wanted: Sequence[tuple[ContentKind, int]], viewer: str) -> list[Snapshot]:
        """Return what the viewer sees of these things at this moment.

        What is not there, or not for him to see, is left out. Raises `Unavailable`.
        """
        ids: dict[ContentKind, list[int]] = {"event": [], "comment": [], "medium": []}
        for kind, id_ in wanted:
            ids[kind].append(id_)
        events = await self._events.seen(ids["event"], viewer) if ids["event"] else []
        comments = await self._comments.snapshots(ids["comment"], viewer) if ids["comment"] else []
        media = await self._media.seen(ids["medium"], viewer) if ids["medium"] else []
        return [*map(_snapshot, events), *map(_snapshot_of_comment, comments), *map(_snapshot_of_medium, media)]

    async def records(self, username: str, after: str | None = None) -> TablePage:
        """Return a page of everything kept about a member, as far as it is for him. Raises `Unavailable`."""
        return await self._records.page(Subject(id=0, user_id="", username=username, email=""), after)

    async def files(self, username: str, after: str | None = None) -> list[OwnFile]:
        """Return what a member uploaded, a hundred at a time. Raises `Unavailable`."""
        return [OwnFile(one.name, one.file_type) for one in await self._uploads.of(username, after)]

    async def portion(self, username: str, name: str, start: int) -> bytes | None:
        """Return some bytes of what a member uploaded, from a place on; None for what is not there.

        Raises `Unavailable`.
        """
        found = await self._uploads.one(username, name)
        return None if found is None else await self._storage.some(key_of(found.file_id), start)

    async def companions(self, usernames: Collection[str]) -> dict[str, frozenset[str]]:
        """Return who comes, or came, to events each of these does, by username as asked for. Raises `Unavailable`."""
        if not usernames:
            return {}
        found = await self._companions.of({name.lower() for name in usernames})
        return {name: found.get(name.lower(), frozenset()) for name in usernames}


_DETAILS = (
    "start_date", "end_date", "timezone", "location", "event_type", "privacy", "status", "invite_message",
    "meeting_link", "organizer_name", "organizer_email",
)  # fmt: skip

_DETAILS_OF_COMMENT = ("event_id", "event_title", "parent_id", "created_at", "edited_at")


def _snapshot(event: EventRead) -> Snapshot:
    shown = {name: getattr(event, name) for name in _DETAILS}
    return Snapshot(
        kind="event",
        id=event.id,
        author=event.created_by_username,
        title=event.title,
        text=event.description,
        details={name: _said(value) for name, value in shown.items() if value is not None},
    )


def _snapshot_of_comment(comment: SnapshotRow) -> Snapshot:
    shown = {name: getattr(comment, name) for name in _DETAILS_OF_COMMENT}
    return Snapshot(
        kind="comment",
        id=comment.id,
        author=comment.username,
        title=None,
        text=comment.content,
        details={name: _said(value) for name, value in shown.items() if value is not None},
    )


def _snapshot_of_medium(medium: StoredMedium) -> Snapshot:
    return Snapshot(
        kind="medium",
        id=medium.id,
        author=medium.uploaded_by_username,
        title=None,
        text=medium.caption,
        details={
            "event": str(medium.event_id),
            "media_type": medium.media_type,
            "file_type": medium.file_type,
            "sha256": medium.sha256.hex(),
        },
    )


def _said(value: str | int | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
