"""Who is told what became of an event."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.catalogue.domain import DOORS_OPEN, Occasion
from ijaa.events.catalogue.models import Event
from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.messages import Change, EventChanged, InvitationRevoked, OrganiserAppointed
from ijaa.shared.clock import Clock
from ijaa.shared.outbox import Publish

_TOLD_AT_ONCE = 500


def occasion(event: Event) -> Occasion:
    """Return when and where an event is."""
    return Occasion(event.start_date, event.end_date, event.timezone, event.location, event.is_online)


class News:
    """Tells everybody who comes, or may, of what happened to an event that is still to end."""

    def __init__(self, repository: EventRepository, publish: Publish, clock: Clock) -> None:
        self._repository, self._publish, self._clock = repository, publish, clock

    async def cancelled(self, session: AsyncSession, event: Event, message: str | None) -> None:
        """Tell that it does not take place, in the words of whoever called it off besides."""
        await self._tell(session, event, "cancelled", message=message)

    async def moved(self, session: AsyncSession, event: Event, before: Occasion) -> None:
        """Tell that it is at another time or place, and ask again where it is another appointment."""
        if event.end_date <= self._clock.now() or event.status == "CANCELLED":
            return
        asked_again = occasion(event).asks_again(before)
        if asked_again:
            now = self._clock.now()
            await self._repository.ask_again(session, event.id, now, doors_close=event.start_date - DOORS_OPEN > now)
        await self._tell(session, event, "moved", before=before, asked_again=asked_again)

    async def uninvited(self, session: AsyncSession, event_id: int) -> None:
        """Take back what the invited were told of an event that is about to go."""
        names = await self._repository.invited(session, event_id)
        await self._publish(
            session,
            *(
                InvitationRevoked(event_id=event_id, usernames=[*names[first : first + _TOLD_AT_ONCE]])
                for first in range(0, len(names), _TOLD_AT_ONCE)
            ),
        )

    async def unled(self, session: AsyncSession, event_ids: Sequence[int]) -> None:
        """Tell that these need an organiser."""
        for event in await self._repository.many(session, event_ids):
            await self._tell(session, event, "needs-organiser")

    async def handed(self, session: AsyncSession, event_ids: Sequence[int]) -> None:
        """Tell whose these are that they are his."""
        for event in await self._repository.many(session, event_ids):
            if event.created_by_username is not None:
                await self._publish(
                    session,
                    OrganiserAppointed(
                        username=event.created_by_username, event_id=event.id, title=event.title,
                        start_date=event.start_date, timezone=event.timezone, role="ORGANISER",
                    ),
                )  # fmt: skip

    async def _tell(
        self, session: AsyncSession, event: Event, change: Change, *, before: Occasion | None = None,
        asked_again: bool = False, message: str | None = None,
    ) -> None:  # fmt: skip
        if event.end_date <= self._clock.now():
            return
        concerned = await self._repository.concerned(session, event.id)
        hides = event.privacy == "INVITE_ONLY"
        for knows in (True, False):
            # where a closed event is, those alone are told who may read it there
            names = [name for name, going in concerned if (going or not hides) == knows]
            await self._publish(
                session,
                *(
                    EventChanged(
                        event_id=event.id, change=change, title=event.title, start_date=event.start_date,
                        timezone=event.timezone, location=event.location if knows else None,
                        was_start_date=before.start if before else None,
                        was_timezone=before.timezone if before else None,
                        was_location=before.location if before and knows else None, asked_again=asked_again,
                        message=message, usernames=names[first : first + _TOLD_AT_ONCE],
                    )
                    for first in range(0, len(names), _TOLD_AT_ONCE)
                ),
            )  # fmt: skip
