"""The tables of comments."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase
from ijaa.events.comments.domain import DEEPEST, LONGEST
from ijaa.shared.tables import Key

_HOLLOW = "content = '' AND edited_at IS NULL AND likes = 0"


class EventDiscussion(EventsBase):
    """The comments of one event in numbers; its row is the lock under which they come, change and go.

    Whoever adds comments past `comments.repository`, such as an import, keeps it.
    """

    __tablename__ = "event_discussions"
    __table_args__ = (CheckConstraint("comments >= 0 AND version > 0", name="numbers"),)

    event_id: Mapped[int] = mapped_column(
        ForeignKey("events.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    comments: Mapped[int]
    """Those that are not deleted, at every depth."""
    version: Mapped[int] = mapped_column(BigInteger)
    """Grows with every comment that comes, changes or goes."""


class EventComment(EventsBase):
    """One comment; a deleted one that was answered stays as a tombstone, with nothing of who wrote it or what."""

    __tablename__ = "event_comments"
    __table_args__ = (
        Unique("event_id", "id"),
        # in the same event; never with its replies, which are others' words: so a delete that forgets them fails
        ForeignKeyConstraint(["event_id", "parent_id"], ["event_comments.event_id", "event_comments.id"]),
        CheckConstraint(f"depth BETWEEN 1 AND {DEEPEST} AND (depth = 1) = (parent_id IS NULL)", name="depth"),
        CheckConstraint("username = lower(username) AND username <> ''", name="username"),
        CheckConstraint("(deleted_at IS NULL) = (username IS NOT NULL)", name="deleted_at"),
        CheckConstraint(f"deleted_at IS NULL OR {_HOLLOW} AND depth < {DEEPEST}", name="tombstone"),
        CheckConstraint("likes >= 0", name="likes"),
        Index("idx_event_comments_newest", "event_id", "id", postgresql_where=text("parent_id IS NULL")),
        Index("idx_event_comments_popular", "event_id", "likes", "id", postgresql_where=text("parent_id IS NULL")),
        Index("idx_event_comments_replies", "parent_id", "id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("idx_event_comments_created_at", "created_at", postgresql_using="brin"),
        Index("idx_event_comments_tombstones", "event_id", postgresql_where=text("deleted_at IS NOT NULL")),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    depth: Mapped[int]
    username: Mapped[str | None] = mapped_column(String(100), index=True)
    content: Mapped[str] = mapped_column(String(LONGEST))
    """Empty in a tombstone, and where media say everything."""
    likes: Mapped[int] = mapped_column(server_default=text("0"))
    """Rows of `event_comment_likes`, kept in the statement that adds or removes one."""
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class CommentLike(EventsBase):
    """Somebody likes a comment."""

    __tablename__ = "event_comment_likes"
    __table_args__ = (CheckConstraint("username = lower(username) AND username <> ''", name="username"),)

    comment_id: Mapped[int] = mapped_column(
        ForeignKey("event_comments.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    username: Mapped[str] = mapped_column(String(100), primary_key=True, index=True)
    liked_at: Mapped[datetime]


class CommentEdit(EventsBase):
    """What a comment said before it was edited, for moderators."""

    __tablename__ = "event_comment_edits"
    __table_args__ = (Index("idx_event_comment_edits_comment", "comment_id", "id"),)

    id: Mapped[Key]
    comment_id: Mapped[int] = mapped_column(ForeignKey("event_comments.id", ondelete="CASCADE"))
    content: Mapped[str] = mapped_column(String(LONGEST))
    replaced_at: Mapped[datetime]
