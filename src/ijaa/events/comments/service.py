"""Use cases of comments."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.cards import cards_of, cards_on_duty, hidden_from
from ijaa.events.comments.domain import DEEPEST, Sort, content_violations, may_comment, newly_mentioned
from ijaa.events.comments.repository import CommentRepository, CommentRow, FoundComment, ListedComment, Place, Position
from ijaa.events.comments.schemas import CommentHistory, CommentRead, Liked
from ijaa.events.comments.thread_repository import ThreadRepository
from ijaa.events.errors import InvitationNeeded, NotAuthor, WrongState
from ijaa.events.messages import CommentReplied, Mentioned
from ijaa.events.ports import MemberCard, UserDirectory
from ijaa.events.tables import AUDIT_LOG
from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Invalid, NotFound, Violation
from ijaa.shared.outbox import Publish
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

Attach = Callable[[AsyncSession, int], Awaitable[None]]
"""Hangs something on a new comment, by its id, in the transaction that writes it."""
_NO_PARENT = Violation("/parent_id", "is no comment of this event that can be answered")
_TOO_DEEP = Violation("/parent_id", f"is {DEEPEST} levels deep already: answer the comment above it")


class CommentService:
    """Shows what people say about events, and lets them say it."""

    def __init__(
        self, database: Database, repository: CommentRepository, threads: ThreadRepository, directory: UserDirectory,
        *, publish: Publish, cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository, self._threads = database, repository, threads
        self._directory, self._publish, self._cursors, self._clock = directory, publish, cursors, clock

    async def page(
        self, viewer: Principal | None, event_id: int, sort: Sort, cursor: str | None, limit: int,
        *, include_total: bool = False,
    ) -> Page[CommentRead]:  # fmt: skip
        """Return what was said first-hand about an event the viewer sees, each with the first replies to it."""
        username, without = _name(viewer), await self._hidden(viewer)
        scope = f"comments/{event_id}/{sort}"
        after = self._after(scope, cursor)
        found = await self._repository.page(event_id, username, sort, after, limit + 1, without=without)
        page = await self._shown(viewer, scope, found, limit)
        if not include_total:
            return page
        total = await self._repository.count(event_id, username, without=without)
        return Page(items=page.items, next_cursor=page.next_cursor, total=total)

    async def replies(
        self, viewer: Principal | None, comment_id: int, sort: Sort, cursor: str | None, limit: int
    ) -> Page[CommentRead]:
        """Return what was answered to a comment the viewer sees."""
        scope = _thread(comment_id, sort)
        after, without = self._after(scope, cursor), await self._hidden(viewer)
        found = await self._repository.replies(comment_id, _name(viewer), sort, after, limit + 1, without=without)
        return await self._shown(viewer, scope, found, limit)

    async def read(self, viewer: Principal | None, comment_id: int) -> CommentRead:
        """Return one comment as the viewer sees it; raise `NotFound` where he does not."""
        found = await self._found(viewer, comment_id)
        return _read(found, await self._cards(viewer, [found], organises=found.organises))

    async def create(self, member: Principal, event_id: int, content: str, parent_id: int | None) -> CommentRead:
        """Say something about an event, or answer a comment on it; who is answered or named is told.

        Raises:
            Invalid: the text has no length that is allowed, or there is nothing to answer at `parent_id`.
            InvitationNeeded: the event is closed to the member, though he sees it.
            NotFound: the member does not see the event.
            WrongState: the event is a draft.

        """
        return await self._say(member, event_id, _trimmed(content), parent_id)

    async def post(self, member: Principal, event_id: int, content: str, attach: Attach) -> CommentRead:
        """Begin a thread with something `attach` hangs on it, so that the text may be empty; else as `create`."""
        text = _trimmed(content) if content.strip() else ""
        return await self._say(member, event_id, text, None, attach)

    async def edit(self, member: Principal, comment_id: int, content: str) -> CommentRead:
        """Change what the member said, at any time; who is named for the first time is told."""
        text, found = _trimmed(content), await self._found(member, comment_id)
        if found.username is None:
            raise NotFound
        if found.username != member.username:
            raise NotAuthor
        if found.content != text:
            now = self._clock.now()
            async with self._database.transaction() as session:
                if not await self._threads.edit(session, found.event_id, comment_id, member.username, text, now):
                    raise NotFound
                named = newly_mentioned(text, await self._threads.said(session, comment_id))
                await self._mention(session, member, found.event_id, found.title, comment_id, named)
        return await self.read(member, comment_id)

    async def delete(self, caller: Principal, comment_id: int) -> None:
        """Delete a comment: its author, organisers of the event and moderators may; the latter two are audited."""
        event_id, reason = await self._may_delete(caller, comment_id)
        async with self._database.transaction() as session:
            if not await self._threads.remove(session, event_id, comment_id, self._clock.now()):
                raise NotFound
            if reason is not None:
                await audit.record(
                    session, AUDIT_LOG, at=self._clock.now(), action="comment-deleted", actor=caller.user_id,
                    subject=f"comment/{comment_id}", details={"event_id": event_id, "as": reason},
                )  # fmt: skip

    async def like(self, member: Principal, comment_id: int) -> Liked:
        """Like a comment; twice is once."""
        found = await self._found(member, comment_id)
        async with self._database.transaction() as session:
            likes = None
            if not found.deleted:
                likes = await self._threads.like(session, comment_id, member.username, self._clock.now())
        if likes is None:
            raise NotFound
        return Liked(likes=likes, liked_by_me=True)

    async def unlike(self, member: Principal, comment_id: int) -> None:
        """Like a comment no more; nothing happens to who never did."""
        found = await self._found(member, comment_id)
        if found.liked_by_me:
            async with self._database.transaction() as session:
                await self._threads.unlike(session, comment_id, member.username)

    async def history(self, comment_id: int, cursor: str | None, limit: int) -> CommentHistory:
        """Return a comment with what it said before, whoever may see it, for moderators."""
        if (stored := await self._repository.stored(comment_id)) is None:
            raise NotFound
        scope = f"history/{comment_id}"
        (before,) = self._cursors.read(scope, cursor, tuple[int]) if cursor else (MAX_ID,)
        rows = await self._repository.versions(comment_id, before, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row[0],))
        shown = {name: getattr(stored, name) for name in stored.__struct_fields__}
        return CommentHistory(**shown, items=[version for _, version in kept], next_cursor=following)

    async def _say(
        self, member: Principal, event_id: int, content: str, parent_id: int | None, attach: Attach | None = None
    ) -> CommentRead:
        hidden = await self._hidden(member)
        place = await self._repository.place(event_id, member.username, parent_id, without=hidden)
        if place is None:
            raise NotFound
        _refuse_unwelcome(place, parent_id)
        now = self._clock.now()
        async with self._database.transaction() as session:
            if not await self._threads.open(session, event_id):
                raise NotFound
            comment_id = await self._threads.add(session, event_id, parent_id, member.username, content, now)
            if comment_id is None:
                raise Invalid([_NO_PARENT])
            if attach is not None:
                await attach(session, comment_id)
            await self._announce(session, member, place, comment_id, content)
        row = CommentRow(
            id=comment_id, event_id=event_id, parent_id=parent_id, depth=(place.parent_depth or 0) + 1,
            username=member.username, content=content, deleted=False, created_at=now, edited_at=None, likes=0,
            liked_by_me=False, reply_count=0,
        )  # fmt: skip
        return _read(row, await self._cards(member, [row], organises=False))

    async def _announce(
        self, session: AsyncSession, member: Principal, place: Place, comment_id: int, content: str
    ) -> None:
        """Tell whom the comment answers, and whom it names; nobody twice, and no organiser of each comment."""
        answered = place.parent_username if place.parent_username != member.username else None
        if place.parent_id and answered and await self._threads.who_see(session, place.event_id, [answered]):
            told = CommentReplied(
                username=answered, by=member.username, event_id=place.event_id, title=place.title,
                parent_id=place.parent_id, comment_id=comment_id,
            )  # fmt: skip
            await self._publish(session, told)
        named = [name for name in newly_mentioned(content, ()) if name != answered]
        await self._mention(session, member, place.event_id, place.title, comment_id, named)

    async def _mention(
        self, session: AsyncSession, member: Principal, event_id: int, title: str, comment_id: int, named: Sequence[str]
    ) -> None:
        others = [name for name in named if name != member.username]
        usernames = await self._threads.who_see(session, event_id, others) if others else []
        if usernames:
            told = Mentioned(
                event_id=event_id, by=member.username, title=title, comment_id=comment_id, usernames=usernames
            )
            await self._publish(session, told)

    async def _may_delete(self, caller: Principal, comment_id: int) -> tuple[int, str | None]:
        """Return the event of a comment, and as what the caller deletes it: None is his own."""
        if caller.kind == "admin":
            stored = await self._repository.stored(comment_id)
            if stored is None or stored.deleted:
                raise NotFound
            return stored.event_id, "moderator"
        found = await self._found(caller, comment_id)
        if found.deleted:
            raise NotFound
        if found.username == caller.username:
            return found.event_id, None
        if not found.organises:
            raise NotAuthor("Only whoever wrote it, or an organiser of the event, may do this.")
        return found.event_id, "organiser"

    async def _found(self, viewer: Principal | None, comment_id: int) -> FoundComment:
        found = await self._repository.found(comment_id, _name(viewer), without=await self._hidden(viewer))
        if found is None:
            raise NotFound
        return found

    async def _hidden(self, viewer: Principal | None) -> frozenset[str]:
        if viewer is None or viewer.kind == "admin":
            return frozenset()
        return await hidden_from(self._directory, viewer.username)

    def _after(self, scope: str, cursor: str | None) -> Position | None:
        return self._cursors.read(scope, cursor, tuple[int, int]) if cursor else None

    async def _shown(
        self, viewer: Principal | None, scope: str, found: list[ListedComment] | None, limit: int
    ) -> Page[CommentRead]:
        if found is None:
            raise NotFound
        kept, following = self._cursors.page(scope, found, limit, lambda one: (one.row.likes, one.row.id))
        rows = [row for one in kept for row in (one.row, *one.replies)]
        cards = await self._cards(viewer, rows, organises=any(one.organises for one in kept))
        return Page(items=[self._item(one, cards) for one in kept], next_cursor=following)

    def _item(self, one: ListedComment, cards: Mapping[str, MemberCard]) -> CommentRead:
        last = one.replies[-1] if one.row.reply_count > len(one.replies) else None
        return replace(
            _read(one.row, cards),
            replies=[_read(row, cards) for row in one.replies],
            replies_cursor=self._cursors.write(_thread(one.row.id, "oldest"), last.likes, last.id) if last else None,
        )

    async def _cards(
        self, viewer: Principal | None, rows: Sequence[CommentRow], *, organises: bool
    ) -> Mapping[str, MemberCard]:
        names = {row.username for row in rows if row.username}
        if organises and viewer is not None:
            return await cards_on_duty(self._directory, names, viewer.username)
        return await cards_of(self._directory, names, _name(viewer))


def _name(viewer: Principal | None) -> str | None:
    return viewer.username if viewer else None


def _thread(comment_id: int, sort: Sort) -> str:
    return f"replies/{comment_id}/{sort}"


def _trimmed(content: str) -> str:
    text = content.strip()
    if found := [*content_violations(text)]:
        raise Invalid(found)
    return text


def _refuse_unwelcome(place: Place, parent_id: int | None) -> None:
    """Raise what keeps a member from saying something at this place."""
    if place.status == "DRAFT":
        raise WrongState("A draft takes no comments: publish the event first.")
    if not may_comment(privacy=place.privacy, answer=place.answer, belongs=place.belongs):
        raise InvitationNeeded("Only invited members and participants may comment on this event.")
    if parent_id is not None and place.parent_depth is None:
        raise Invalid([_NO_PARENT])
    if place.parent_depth == DEEPEST:
        raise Invalid([_TOO_DEEP])


def _read(row: CommentRow, cards: Mapping[str, MemberCard]) -> CommentRead:
    shown = {name: getattr(row, name) for name in CommentRow.__struct_fields__ if name != "username"}
    return CommentRead(**shown, author=cards.get(row.username) if row.username else None)
