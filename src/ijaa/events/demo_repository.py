"""SQL of the demo's events: bulk COPY over the driver connection."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ijaa.shared.database import Database, driver_of


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event to copy."""

    title: str
    description: str
    start_date: datetime
    end_date: datetime
    timezone: str
    location: str | None
    event_type: str
    privacy: str
    is_online: bool
    meeting_link: str | None
    capacity: int | None
    going: int
    waiting: int
    waitlist_seq: int
    rsvp_deadline: datetime | None
    requires_approval: bool
    waitlist_mode: str
    max_guests: int
    created_by_username: str
    tags: list[str]
    status: str
    search_key: str
    search_words: list[str]
    location_key: str | None
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    version: int = 1


class ParticipationRow(msgspec.Struct, frozen=True):
    """An answer to copy."""

    participant_username: str
    status: str
    guests: int
    seq: int | None
    responded_at: datetime


class InvitationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation to copy."""

    invited_username: str
    invited_by_username: str
    is_read: bool
    is_responded: bool
    created_at: datetime


class CommentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A comment to copy."""

    place: int
    """Among the comments of its event."""
    answers: int | None
    """The place of what it answers, which comes before."""
    depth: int
    username: str
    content: str
    created_at: datetime
    likers: Sequence[str]


class DemoEvent(msgspec.Struct, frozen=True):
    """An event with everybody in it."""

    event: EventRow
    participations: Sequence[ParticipationRow]
    invitations: Sequence[InvitationRow]
    comments: Sequence[CommentRow] = ()


_IDS = "SELECT nextval(pg_get_serial_sequence($2, 'id')) FROM generate_series(1, $1)"
# everybody's first answer, in the order they came
_ENTRIES = """
WITH noted AS (
    INSERT INTO seat_ledger (event_id, entry, at, what, actor, participation_id, username, status, guests, seats,
        waiting, seq, priority, position)
    SELECT event_id, row_number() OVER (PARTITION BY event_id ORDER BY responded_at, id), responded_at,
           CASE status WHEN 'GOING' THEN 'claimed' WHEN 'WAITLISTED' THEN 'waitlisted' WHEN 'PENDING'
               THEN 'asked-approval' ELSE 'answered' END,
           'self', id, participant_username, status, guests, CASE status WHEN 'GOING' THEN 1 + guests ELSE 0 END,
           CASE status WHEN 'WAITLISTED' THEN 1 ELSE 0 END, seq, CASE status WHEN 'WAITLISTED' THEN priority END, seq
    FROM event_participations WHERE event_id = ANY ($1::bigint[])
    RETURNING event_id
)
UPDATE events e SET seat_entries = n.entries
FROM (SELECT event_id, count(*) AS entries FROM noted GROUP BY event_id) n WHERE n.event_id = e.id
"""
_EVENTS = 100
"""How many events' entries are written by one statement."""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('ijaa-demo-events'))"


class DemoRepository:
    """Writes many events at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def copy(self, planned: Sequence[DemoEvent]) -> int:
        """Write all of them in one transaction unless there is any event, and return how many were written."""
        async with self._database.transaction() as session:
            driver = await driver_of(session)
            await driver.execute(_LOCK)
            if await driver.fetchval("SELECT EXISTS (SELECT FROM events)"):
                return 0
            ids = [row[0] for row in await driver.fetch(_IDS, len(planned), "events")]
            numbered = list(zip(ids, planned, strict=True))
            await _copy(driver, "events", "id", EventRow, ((key, one.event) for key, one in numbered))
            for table, row, part in (
                ("event_invitations", InvitationRow, "invitations"),
                ("event_participations", ParticipationRow, "participations"),
            ):
                rows = ((key, inner) for key, one in numbered for inner in getattr(one, part))
                await _copy(driver, table, "event_id", row, rows)
            for first in range(0, len(ids), _EVENTS):
                await driver.execute(_ENTRIES, ids[first : first + _EVENTS])
            await _copy_comments(driver, numbered)
            return len(ids)


async def _copy(
    driver: Any, table: str, key: str, row: type[msgspec.Struct], rows: Iterable[tuple[int, msgspec.Struct]]
) -> None:
    await driver.copy_records_to_table(
        table,
        columns=(key, *row.__struct_fields__),
        records=[(number, *msgspec.structs.astuple(one)) for number, one in rows],
    )


async def _copy_comments(driver: Any, numbered: Sequence[tuple[int, DemoEvent]]) -> None:
    """Write what is said about events, with who likes it; ids grow in the order of time."""
    said = [(event_id, one) for event_id, planned in numbered for one in planned.comments]
    said.sort(key=lambda pair: pair[1].created_at)
    ids = [row[0] for row in await driver.fetch(_IDS, len(said), "event_comments")]
    key_of = {(event_id, one.place): key for key, (event_id, one) in zip(ids, said, strict=True)}
    columns = ("id", "event_id", "parent_id", "depth", "username", "content", "likes", "created_at")
    rows = [
        (
            key_of[event_id, one.place], event_id, None if one.answers is None else key_of[event_id, one.answers],
            one.depth, one.username, one.content, len(one.likers), one.created_at,
        )
        for event_id, one in said
    ]  # fmt: skip
    await driver.copy_records_to_table("event_comments", columns=columns, records=rows)
    likes = [(key_of[event_id, one.place], name, one.created_at) for event_id, one in said for name in one.likers]
    await driver.copy_records_to_table(
        "event_comment_likes", columns=("comment_id", "username", "liked_at"), records=likes
    )
    talked = [(event_id, len(one.comments), len(one.comments)) for event_id, one in numbered if one.comments]
    await driver.copy_records_to_table("event_discussions", columns=("event_id", "comments", "version"), records=talked)
