"""SQL of comments: what a viewer is shown."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ijaa.events.comments.domain import Sort
from ijaa.events.comments.filters import ABOVE, EVENT, ONE, ORDERS, REACHED, Order, by_seen, kept
from ijaa.events.comments.schemas import CommentVersion
from ijaa.shared.database import Database
from ijaa.shared.schema import columns

INLINE = 3
"""Replies that come with what they answer."""
Position = tuple[int, int]
"""Likes and id of the last comment of a page."""


class CommentRow(msgspec.Struct, frozen=True):
    """A comment as the viewer sees it, its author by name alone."""

    id: int
    event_id: int
    parent_id: int | None
    depth: int
    username: str | None
    content: str
    deleted: bool
    created_at: datetime
    edited_at: datetime | None
    likes: int
    liked_by_me: bool
    reply_count: int


class FoundComment(CommentRow, frozen=True):
    """One comment, and where the viewer stands at its event."""

    title: str
    organises: bool


class ListedComment(msgspec.Struct, frozen=True):
    """A comment of a list with the first replies to it."""

    row: CommentRow
    replies: list[CommentRow]
    organises: bool
    """Whether the viewer is on duty at the event."""


class Place(msgspec.Struct, frozen=True):
    """An event the viewer sees, where he stands there, and what he answers, if it is there for him."""

    event_id: int
    title: str
    status: str
    privacy: str
    organises: bool
    belongs: bool
    """Whether he is invited, or has a role."""
    answer: str | None
    parent_id: int | None
    parent_depth: int | None
    parent_username: str | None


class StoredComment(msgspec.Struct, frozen=True):
    """A comment as it lies in the table."""

    id: int
    event_id: int
    parent_id: int | None
    username: str | None
    content: str
    deleted: bool
    created_at: datetime
    edited_at: datetime | None
    likes: int


class SnapshotRow(msgspec.Struct, frozen=True):
    """A comment with the event it is about, as a viewer sees it."""

    id: int
    event_id: int
    event_title: str
    parent_id: int | None
    username: str
    content: str
    created_at: datetime
    edited_at: datetime | None


def _columns(alias: str, levels: int) -> str:
    below = f"{alias}x"
    return columns(
        CommentRow,
        alias,
        deleted=f"{alias}.deleted_at IS NOT NULL",
        liked_by_me=(
            f"EXISTS (SELECT FROM event_comment_likes l WHERE l.comment_id = {alias}.id AND l.username = $1::text"
            " OFFSET 0)"
        ),
        reply_count=(
            f"(SELECT count(*) FROM event_comments {below} WHERE {below}.parent_id = {alias}.id"
            f" AND {kept(below, levels)})"
        ),
    )


_REPLIES = f"""
(SELECT coalesce(json_agg(one ORDER BY one.id), '[]')::text FROM (
    SELECT {_columns("r", 0)} FROM event_comments r
    WHERE r.parent_id = c.id AND {kept("r", 1)} ORDER BY r.id LIMIT {INLINE}
) one)
"""
_IN_EVENT, _IN_THREAD = "c.event_id = e.id AND c.parent_id IS NULL", "c.parent_id = e.id"


def _page_sql(source: str, where: str, order: Order) -> str:
    """Return a page of comments: a row for each, one of NULLs where there are none, and no row without the source."""
    return f"""
    SELECT {_columns("c", 1)}, {_REPLIES}, e.organises FROM ({source}) e LEFT JOIN LATERAL (
        SELECT c.* FROM event_comments c WHERE {where} AND {order.after} AND {kept("c", 2)}
        ORDER BY {order.clause} LIMIT $4
    ) c ON true ORDER BY {order.clause}
    """


_PAGES = {sort: _page_sql(f"{EVENT} AND e.id = $2", _IN_EVENT, order) for sort, order in ORDERS.items()}
_THREADS = {
    sort: _page_sql(f"SELECT c.id, e.organises FROM {ONE}", _IN_THREAD, order) for sort, order in ORDERS.items()
}
_COUNT = f"""
SELECT count(*) FROM ({EVENT} AND e.id = $2) e JOIN event_comments c ON {_IN_EVENT} WHERE {kept("c", 2)}
"""
_FOUND = f"SELECT {_columns('c', 1)}, e.title, e.organises FROM {ONE}"
_PLACE = f"""
SELECT e.id, e.title, e.status, e.privacy, e.organises, e.belongs, e.answer, a.id, a.depth, a.username
FROM ({EVENT} AND e.id = $2) e LEFT JOIN LATERAL (
    SELECT c.id, c.depth, c.username FROM event_comments c {ABOVE}
    WHERE c.id = $4::bigint AND c.event_id = e.id AND {kept("c", 0)} AND {REACHED}
) a ON true
"""
_STORED = f"""
SELECT {columns(StoredComment, "c", deleted="c.deleted_at IS NOT NULL")} FROM event_comments c WHERE c.id = $1
"""
_VERSIONS = f"""
SELECT h.id, {columns(CommentVersion, "h")} FROM event_comment_edits h
WHERE h.comment_id = $1 AND h.id < $2 ORDER BY h.id DESC LIMIT $3
"""
# a block keeps nobody from reporting what somebody wrote
_SNAPSHOTS = f"""
SELECT {columns(SnapshotRow, "c", event_title="e.title")} FROM event_comments c JOIN ({EVENT}) e ON e.id = c.event_id
WHERE c.id = ANY ($2::bigint[]) AND {by_seen("c").replace("$3::text[]", "'{}'::text[]")}
"""
_DECODER = msgspec.json.Decoder(list[CommentRow])


class CommentRepository:
    """Comments, to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, event_id: int, viewer: str | None, sort: Sort, after: Position | None, limit: int, *,
        without: Collection[str],
    ) -> list[ListedComment] | None:  # fmt: skip
        """Return what was said first-hand about an event; None where the viewer does not see the event."""
        return await self._listed(_PAGES[sort], event_id, viewer, without, limit, after or ORDERS[sort].first)

    async def replies(
        self, comment_id: int, viewer: str | None, sort: Sort, after: Position | None, limit: int, *,
        without: Collection[str],
    ) -> list[ListedComment] | None:  # fmt: skip
        """Return what was answered to a comment; None where the viewer does not see that."""
        return await self._listed(_THREADS[sort], comment_id, viewer, without, limit, after or ORDERS[sort].first)

    async def count(self, event_id: int, viewer: str | None, *, without: Collection[str]) -> int:
        """Return how many there are for the viewer in all pages of an event."""
        total: int = await self._database.fetch_value(_COUNT, viewer, event_id, list(without))
        return total

    async def found(self, comment_id: int, viewer: str | None, *, without: Collection[str]) -> FoundComment | None:
        """Return a comment as the viewer sees it, or None."""
        return await self._database.fetch_one(FoundComment, _FOUND, viewer, comment_id, list(without))

    async def place(
        self, event_id: int, viewer: str, parent_id: int | None, *, without: Collection[str]
    ) -> Place | None:
        """Return an event with the comment the viewer wants to answer, or None where he does not see the event."""
        return await self._database.fetch_one(Place, _PLACE, viewer, event_id, list(without), parent_id)

    async def stored(self, comment_id: int) -> StoredComment | None:
        """Return a comment, whoever may see it, for moderators."""
        return await self._database.fetch_one(StoredComment, _STORED, comment_id)

    async def versions(self, comment_id: int, before: int, limit: int) -> list[tuple[int, CommentVersion]]:
        """Return what a comment said before, each with its place, the latest first."""
        return await self._database.fetch(_version, _VERSIONS, comment_id, before, limit)

    async def snapshots(self, comment_ids: Sequence[int], viewer: str) -> list[SnapshotRow]:
        """Return those of these comments that are for the viewer to see, blocked or not."""
        return await self._database.fetch(SnapshotRow, _SNAPSHOTS, viewer, [*comment_ids])

    async def _listed(
        self, sql: str, source: int, viewer: str | None, without: Collection[str], limit: int, after: Position
    ) -> list[ListedComment] | None:
        rows = await self._database.fetch(_listed, sql, viewer, source, list(without), limit, *after)
        return [row for row in rows if row is not None] if rows else None


def _listed(*row: Any) -> ListedComment | None:
    return None if row[0] is None else ListedComment(CommentRow(*row[:-2]), _DECODER.decode(row[-2]), row[-1])


def _version(id_: int, content: str, replaced_at: datetime) -> tuple[int, CommentVersion]:
    return id_, CommentVersion(content, replaced_at)
