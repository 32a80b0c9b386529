"""Threads against a model, step by step: what is there, in which order, and that pages cover exactly that."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as configured
from hypothesis import strategies as st

from ijaa.events.comments.domain import DEEPEST, Sort
from ijaa.events.comments.repository import INLINE, CommentRepository
from ijaa.events.comments.schemas import CommentRead
from ijaa.events.comments.service import CommentService
from ijaa.events.comments.thread_repository import ThreadRepository
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.errors import Problem
from ijaa.shared.outbox import Outbox
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent
from tests.integration.events.test_comments_raced import exact

NAMES = ("asha", "ben", "chen")
STEPS = 25
SORTS: tuple[Sort, ...] = ("newest", "oldest", "popular")
_DOES = st.sampled_from(["say", "answer", "answer", "answer", "edit", "delete", "delete", "like", "like", "unlike"])
_STEPS = st.lists(st.tuples(_DOES, st.sampled_from(NAMES), st.integers(0, 10)), min_size=STEPS, max_size=STEPS)


@dataclass
class Said:
    """A comment of the model; without an author it is a tombstone."""

    id: int
    author: str | None
    content: str
    parent: "Said | None" = None
    likes: set[str] = field(default_factory=set)
    replies: list["Said"] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """How deep it is."""
        return 1 + (self.parent.depth if self.parent else 0)

    def all(self) -> Iterator["Said"]:
        """Yield it and what hangs on it."""
        yield self
        for one in self.replies:
            yield from one.all()


class Model:
    """What should have been said."""

    def __init__(self) -> None:
        self.top: list[Said] = []

    def all(self) -> list[Said]:
        """Return everything that is there, tombstones too, in its order."""
        return sorted((one for first in self.top for one in first.all()), key=lambda one: one.id)

    def add(self, one: Said) -> None:
        """Take a comment in."""
        (one.parent.replies if one.parent else self.top).append(one)

    def remove(self, one: Said) -> None:
        """Delete a comment, and tombstones nothing hangs on any more."""
        one.author, one.content, one.likes = None, "", set()
        place: Said | None = one
        while place and place.author is None and not place.replies:
            (place.parent.replies if place.parent else self.top).remove(place)
            place = place.parent

    def take(self, does: str, who: str, content: str, one: Said | None, made: int | None) -> None:
        """Have the effect of a step that was served."""
        if made is not None:
            self.add(Said(made, who, content, one))
        elif one is not None and does == "edit":
            one.content = content
        elif one is not None and does == "delete":
            self.remove(one)
        elif one is not None and does == "like":
            one.likes.add(who)
        elif one is not None:
            one.likes.discard(who)

    def expected(self, does: str, who: str, one: Said | None) -> str:
        """Return what a step should come to: "" or the code of a problem."""
        if does == "answer" and one:
            return "invalid" if one.author is None or one.depth == DEEPEST else ""
        if one is None or does == "say":
            return ""
        if does == "unlike":
            return ""
        if one.author is None:
            return "not-found"
        return "not-author" if does in {"edit", "delete"} and one.author != who else ""


def _ordered(comments: list[Said], sort: Sort) -> list[Said]:
    keys: dict[Sort, Callable[[Said], Any]] = {
        "newest": lambda one: -one.id, "oldest": lambda one: one.id, "popular": lambda one: (-len(one.likes), -one.id),
    }  # fmt: skip
    return sorted(comments, key=keys[sort])


def _shown(one: Said, viewer: str, *, inline: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": one.id, "author": one.author, "content": one.content, "deleted": one.author is None,
        "depth": one.depth, "parent_id": one.parent and one.parent.id, "likes": len(one.likes),
        "liked_by_me": viewer in one.likes, "reply_count": len(one.replies),
    }  # fmt: skip
    if inline:
        found["replies"] = [_shown(reply, viewer, inline=False) for reply in one.replies[:INLINE]]
    return found


def _read(one: CommentRead, *, inline: bool) -> dict[str, Any]:
    names = ("id", "content", "deleted", "depth", "parent_id", "likes", "liked_by_me", "reply_count")
    found: dict[str, Any] = {name: getattr(one, name) for name in names}
    found["author"] = one.author and one.author.username
    if inline:
        assert isinstance(one.replies, list)
        found["replies"] = [_read(reply, inline=False) for reply in one.replies]
        assert (one.replies_cursor is not None) == (one.reply_count > len(one.replies))
    return found


def _member(username: str) -> Principal:
    return Principal(f"USER_{username}", username, f"session-{username}")


@pytest.fixture
def service(events_database: Database, clock: FrozenClock) -> CommentService:
    """Return the comments of one process."""
    return CommentService(
        events_database, CommentRepository(events_database), ThreadRepository(lambda *_: None), FakeUserDirectory(),
        publish=Outbox(events_database, clock).publish, cursors=Cursors(b"k"), clock=clock,
    )  # fmt: skip


async def _serve(service: CommentService, event: int, does: str, who: str, text_: str, one: Said | None) -> int | None:
    """Have a step served; return the id of what it made."""
    member = _member(who)
    match does, one:
        case "edit", Said():
            await service.edit(member, one.id, text_)
        case "delete", Said():
            await service.delete(member, one.id)
        case "like", Said():
            await service.like(member, one.id)
        case "unlike", Said():
            await service.unlike(member, one.id)
        case (("say" | "answer"), _):
            return (await service.create(member, event, text_, one.id if one else None)).id
    return None


async def _do(service: CommentService, model: Model, event: int, does: str, who: str, number: int) -> None:
    """Take a step here and in the model, and have both come to the same."""
    there = model.all()
    one = there[number % len(there)] if there and does != "say" else None
    text_, came, made = f"{who} {number}", "", None
    expected = model.expected(does, who, one)
    try:
        made = await _serve(service, event, does, who, text_, one)
    except Problem as problem:
        came = problem.code
    assert came == expected, (does, who, one)
    if not came:
        model.take(does, who, text_, one, made)


async def _walked(read: Callable[[str | None], Any]) -> list[CommentRead]:
    found: list[CommentRead] = []
    cursor: str | None = None
    while True:
        page: Page[CommentRead] = await read(cursor)
        found += page.items
        if (cursor := page.next_cursor) is None:
            return found


async def _compare(service: CommentService, model: Model, event: int, limit: int) -> None:
    viewer = _member("asha")
    for sort in SORTS:
        listed = await _walked(lambda cursor, sort=sort: service.page(viewer, event, sort, cursor, limit))  # type: ignore[misc]
        expected = [_shown(one, "asha", inline=True) for one in _ordered(model.top, sort)]
        assert [_read(one, inline=True) for one in listed] == expected
        for one in model.all():
            thread = await _walked(
                lambda cursor, sort=sort, one=one: service.replies(viewer, one.id, sort, cursor, limit)  # type: ignore[misc]
            )
            expected = [_shown(reply, "asha", inline=True) for reply in _ordered(one.replies, sort)]
            assert [_read(reply, inline=True) for reply in thread] == expected


@configured(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=_STEPS, limit=st.integers(1, 3))
async def test_threads_are_what_the_model_says(
    steps: list[tuple[str, str, int]],
    limit: int,
    service: CommentService,
    an_event: AnEvent,
    events_database: Database,
) -> None:
    # mutants: any step that does less or more; a count that drifts; a page that leaves out or shows twice
    event, model = (await an_event())["id"], Model()
    for step in steps:
        await _do(service, model, event, *step)
    await _compare(service, model, event, limit)
    assert await exact(events_database)
    counted = await events_database.fetch_value("SELECT comments FROM event_discussions WHERE event_id = $1", event)
    assert (counted or 0) == sum(one.author is not None for one in model.all())
