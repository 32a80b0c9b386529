"""What clients send and get about comments."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from ijaa.events.comments.domain import LONGEST
from ijaa.events.ports import MemberCard
from ijaa.shared.schema import Body, Id, View

Content = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2 * LONGEST,
        pattern=r"\S",
        description=f"plain text; 1 to {LONGEST} characters once trimmed; `@username` tells members",
    ),
]


class CommentCreate(Body, frozen=True, kw_only=True):
    """A new comment; with `parent_id` a reply to one of the same event."""

    content: Content
    parent_id: Id | None = None


class CommentPatch(Body, frozen=True, kw_only=True):
    """What a comment says from now on (RFC 7396)."""

    content: Content


class CommentRead(View, frozen=True):
    """A comment as one viewer sees it."""

    id: int
    event_id: int
    parent_id: int | None
    depth: Annotated[int, Meta(description="1 to 3; a comment at 3 takes no replies")]
    author: MemberCard | None
    """None once it is deleted."""
    content: str
    deleted: bool
    created_at: datetime
    edited_at: datetime | None
    likes: int
    liked_by_me: bool
    reply_count: int
    """Replies right below it that the viewer sees."""
    replies: "list[CommentRead] | UnsetType" = UNSET
    """The first of them; only where it is an item of a list."""
    replies_cursor: str | UnsetType | None = UNSET
    """What `GET /comments/{id}/replies` goes on after them with; None where these are all."""


class Liked(View, frozen=True):
    """How many like a comment now."""

    likes: int
    liked_by_me: bool


class CommentVersion(View, frozen=True):
    """What a comment said until it was edited."""

    content: str
    replaced_at: datetime


class CommentHistory(View, frozen=True):
    """A comment as moderators see it, and a page of what it said before, the latest first."""

    id: int
    event_id: int
    parent_id: int | None
    username: str | None
    content: str
    deleted: bool
    created_at: datetime
    edited_at: datetime | None
    likes: int
    items: list[CommentVersion]
    next_cursor: str | None
