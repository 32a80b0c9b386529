"""What is done about the messages of the users module."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.catalogue.news import News
from ijaa.events.comments.thread_repository import ThreadRepository
from ijaa.events.members.repository import MemberRepository
from ijaa.events.ports import BlocksChanged, ProfileUpdated, StandingChanged
from ijaa.events.seats.repository import SeatRepository
from ijaa.events.tables import AUDIT_LOG
from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import after_commit
from ijaa.shared.live import Tell
from ijaa.shared.messages import Received

DropFiles = Callable[[AsyncSession, Sequence[str]], Awaitable[None]]
"""Takes away what members uploaded, files and rows."""
Forget = Callable[[Sequence[str]], Awaitable[None]]
"""Lets go of what is remembered of members outside of the database."""


class MemberMessages:
    """Keeps what is known of members up to date."""

    def __init__(
        self,
        repository: MemberRepository,
        seats: SeatRepository,
        threads: ThreadRepository,
        news: News,
        tell: Tell,
        drop_files: DropFiles,
        clock: Clock,
        forget: Forget | None = None,
    ) -> None:
        self._repository, self._seats, self._threads, self._news = repository, seats, threads, news
        self._tell, self._drop_files, self._clock, self._forget = tell, drop_files, clock, forget

    async def profile_updated(self, session: AsyncSession, received: Sequence[Received[ProfileUpdated]]) -> None:
        """Let every process forget the cached cards of these members."""
        await self._repository.note(session, [one.message.username for one in received], self._clock.now())

    async def blocks_changed(self, session: AsyncSession, received: Sequence[Received[BlocksChanged]]) -> None:
        """Let every process forget whom blocks hide from these members."""
        await self._repository.note(session, [one.message.username for one in received], self._clock.now())

    async def standing_changed(self, session: AsyncSession, received: Sequence[Received[StandingChanged]]) -> None:
        """Note where these members stand, and erase who is; waitlists go on, cached cards are forgotten."""
        told = [(one.message.username, one.message.standing, one.envelope.sequence) for one in received]
        erased = {name for name, standing, _ in told if standing == "erased"}
        returned = {name for name, standing, _ in told if standing == "active"} - erased
        await self._repository.stand(session, told, self._clock.now())
        await self._part(session, sorted(erased), sorted(returned))

    async def erase(self, session: AsyncSession, username: str) -> None:
        """Erase somebody of whom a message told, or a ledger tells, that he is to be."""
        await self._repository.stand(session, [(username, "erased", 0)], self._clock.now())
        await self._part(session, [username], [])

    async def erase_left_over(self, session: AsyncSession, after: str) -> str | None:
        """Erase again one of whom something was written while he was being erased; return who, None for nobody.

        `after` is who was the last one: whoever cannot be erased is not tried again at once.
        """
        if (username := await self._repository.left_over(session, after)) is not None:
            await self._part(session, [username], [])
        return username

    async def _part(self, session: AsyncSession, erased: Sequence[str], returned: Sequence[str]) -> None:
        now = self._clock.now()
        # all at once and in their order: two receivers wait for each other instead of dying in a deadlock
        events = await self._seats.lock_concerned(session, leaving=erased, returned=returned, now=now)
        if erased:
            # seats first: what needs an organiser takes no answers, and promotes nobody
            await self._seats.forget(session, erased, events, now)
        # while no discussion is locked, which comes after events
        await self._seats.promote_returned(session, returned, now)
        if erased:
            await self._part_from_organisers(session, erased, sorted(events))
            await self._threads.forget(session, erased, now)
            await self._repository.erase(session, erased)
            self._let_go(session, erased)

    async def _part_from_organisers(self, session: AsyncSession, erased: Sequence[str], events: Sequence[int]) -> None:
        now = self._clock.now()
        handed = await self._repository.hand_over(session, erased, events, now)
        await self._drop_files(session, erased)  # before the drafts they lie in
        parted = await self._repository.part_from_organisers(session, erased, events, now)
        for event_id in (*handed, *parted.unled, *parted.others):
            self._tell(session, str(event_id))
        await self._news.unled(session, parted.unled)
        await self._news.handed(session, handed)
        for event_id in handed:
            # to whom, the event says while he is there
            await audit.record(
                session, AUDIT_LOG, at=now, action="event-handed-over", actor=None, subject=f"event/{event_id}",
                details={"event_id": event_id},
            )  # fmt: skip

    def _let_go(self, session: AsyncSession, erased: Sequence[str]) -> None:
        if (forget := self._forget) is not None:
            after_commit(session, lambda: forget(erased))
