"""Use cases of events."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.cards import cards_of
from ijaa.events.catalogue.domain import SLACK, place_key, schedule_violations, search_key, search_words
from ijaa.events.catalogue.filters import ORDERS, EventFilter, Order, Position, Sort, Tier, tiers
from ijaa.events.catalogue.models import Event
from ijaa.events.catalogue.news import News, occasion
from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.catalogue.schemas import EventCreate, EventDetails, EventPatch, EventRead, UnledEvent
from ijaa.events.errors import HasParticipants, NotActive, NotOrganiser, NotOwner, WrongState
from ijaa.events.links import EventLinks
from ijaa.events.ports import UserDirectory
from ijaa.events.seats.repository import SeatRepository
from ijaa.events.tables import AUDIT_LOG
from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Invalid, NotFound, Violation
from ijaa.shared.live import Tell
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import range_violations
from ijaa.shared.search import Query, query

Shown = TypeVar("Shown", bound=EventRead)
VersionCheck = Callable[[int], None]
"""Raises when the version an editor saw is not this one."""
DropFiles = Callable[[AsyncSession, int], Awaitable[None]]
"""Has the files of an event deleted that is about to go."""

_COMPLETED_AT_ONCE = 500
_TIMES = frozenset({"start_date", "end_date", "timezone", "rsvp_deadline"})


class EventService:
    """Creates, shows, edits and ends events."""

    def __init__(
        self, database: Database, repository: EventRepository, seats: SeatRepository,
        directory: UserDirectory, links: EventLinks, *, news: News, tell: Tell, drop_files: DropFiles,
        cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._news, self._tell, self._drop_files, self._links = news, tell, drop_files, links
        self._database, self._repository, self._seats = database, repository, seats
        self._directory, self._cursors, self._clock = directory, cursors, clock

    async def create(self, member: Principal, wanted: EventCreate) -> EventDetails:
        """Create an event for a member who is active right now: the other module is asked, not remembered."""
        now = self._clock.now()
        _refuse(
            *schedule_violations(
                start=wanted.start_date, end=wanted.end_date, zone=wanted.timezone, deadline=wanted.rsvp_deadline,
                now=now,
            )
        )  # fmt: skip
        if (await self._directory.standings([member.username]))[member.username] != "active":
            raise NotActive
        event = Event(
            **{name: getattr(wanted, name) for name in wanted.__struct_fields__},
            created_by_username=member.username, created_at=now, updated_at=now,
            going=0, waiting=0, waitlist_seq=0, seat_entries=0, search_key="", location_key=None,
        )  # fmt: skip
        _refresh_keys(event)
        async with self._database.transaction() as session:
            session.add(event)
        return await self.read(member, event.id)

    async def read(self, viewer: Principal | None, event_id: int) -> EventDetails:
        """Return an event as the viewer may see it; raise `NotFound` where he may not."""
        event = await self._visible(viewer, event_id)
        return (await self._with_cards(viewer, [event]))[0]

    async def seen(self, viewer: Principal | None, event_id: int) -> None:
        """Raise `NotFound` where the viewer may not see an event."""
        await self._visible(viewer, event_id)

    async def page(
        self, viewer: Principal | None, wanted: EventFilter, sort: Sort, cursor: str | None, limit: int,
        *, include_total: bool = False,
    ) -> Page[EventRead]:  # fmt: skip
        """Return a page of the events the viewer may see."""
        _refuse(
            *range_violations({"from": wanted.ends_after, "to": wanted.begins_before}),
            *([Violation("/sort", "relevance needs q")] if sort == "relevance" and wanted.q is None else []),
        )
        order, now = ORDERS[sort], self._clock.now()
        scope = f"events/{sort}/{msgspec.json.encode(wanted).decode()}"
        after = Position(*self._cursors.read(scope, cursor, tuple[Tier, datetime | int, int])) if cursor else None
        asked = query(wanted.q) if wanted.q is not None else None
        groups = tiers(wanted, asked, sort)
        username = viewer.username if viewer else None
        rows, group = await self._found(username, wanted, asked, now, groups, order, after, limit + 1)
        total = await self._repository.count(username, wanted, asked, now, group) if include_total else UNSET
        kept, following = self._cursors.page(scope, rows, limit, lambda row: order.position_of(*row))
        items = await self._with_cards(viewer, [event for event, _ in kept])
        return Page(items=items, next_cursor=following, total=total)

    async def unled(self, cursor: str | None, limit: int) -> Page[UnledEvent]:
        """Return a page of the events that need an organiser, whoever may see them, for admins."""
        (after,) = self._cursors.read("unled", cursor, tuple[int]) if cursor else (0,)
        rows = await self._repository.unled(after, limit + 1)
        items, following = self._cursors.page("unled", rows, limit, lambda row: (row.id,))
        return Page(items=list(items), next_cursor=following)

    async def edit(self, member: Principal, event_id: int, patch: EventPatch, check: VersionCheck) -> EventDetails:
        """Change an event; new seats go to the waitlist at once, fewer evict nobody."""
        await self._organised(member, event_id)
        changes, now = patch.changes(), self._clock.now()
        async with self._database.transaction() as session:
            event = await self._locked(session, member, event_id)
            check(event.version)
            changes = {name: value for name, value in changes.items() if getattr(event, name) != value}
            if changes:
                _refuse(*_edit_violations(event, changes, now))
                before, capacity = occasion(event), event.capacity
                for name, value in changes.items():
                    setattr(event, name, value)
                event.updated_at = now
                _refresh_keys(event)
                await session.flush()
                self._tell(session, str(event_id))
                if occasion(event).moved_from(before):
                    await self._news.moved(session, event, before)
                if "capacity" in changes:
                    await self._seats.note_capacity(session, event_id, capacity, event.capacity, now)
                await self._seats.promote(session, event_id, now, "seats-added")
        return await self.read(member, event_id)

    async def publish(self, member: Principal, event_id: int) -> EventDetails:
        """Publish a draft; publishing twice changes nothing."""
        return await self._to_status(member, event_id, "PUBLISHED", allowed=("DRAFT",))

    async def cancel(self, member: Principal, event_id: int, message: str | None) -> EventDetails:
        """Cancel an event, and tell who meant to come why; cancelling twice changes nothing."""
        allowed = ("PUBLISHED", "DRAFT", "NEEDS_ORGANISER")
        return await self._to_status(member, event_id, "CANCELLED", allowed=allowed, message=message)

    async def delete(self, member: Principal, event_id: int, check: VersionCheck) -> None:
        """Delete an event nobody takes part in; its owner alone may."""
        if (await self._organised(member, event_id)).my_role != "ORGANISER":
            raise NotOwner
        async with self._database.transaction() as session:
            event = await self._locked(session, member, event_id)
            check(event.version)
            if await self._repository.answered(session, event_id):
                raise HasParticipants
            await self._drop_files(session, event_id)
            await self._news.uninvited(session, event_id)
            await self._repository.remove(session, event_id)
            self._tell(session, str(event_id))
            await self._record(session, member, "event-deleted", event_id)

    async def complete_some(self, session: AsyncSession) -> bool:
        """Complete some of the events that are over; return whether there may be more."""
        completed = await self._repository.complete(session, self._clock.now(), _COMPLETED_AT_ONCE)
        for event_id in completed:
            self._tell(session, str(event_id))
        return len(completed) == _COMPLETED_AT_ONCE

    async def _to_status(
        self, member: Principal, event_id: int, status: str, *, allowed: tuple[str, ...], message: str | None = None
    ) -> EventDetails:
        await self._organised(member, event_id)
        async with self._database.transaction() as session:
            event = await self._locked(session, member, event_id)
            if event.status != status:
                if event.status not in allowed:
                    raise WrongState(f"An event that is {event.status} does not become {status}.")
                if status == "PUBLISHED" and event.start_date < self._clock.now() - SLACK:
                    raise WrongState("An event that has begun is not published: give it another time first.")
                event.status = status
                event.updated_at = self._clock.now()
                event.cancelled_at = event.updated_at if status == "CANCELLED" else None
                self._tell(session, str(event_id))
                await self._record(session, member, f"event-{status.lower()}", event_id)
                if status == "CANCELLED":
                    await self._news.cancelled(session, event, message)
        return await self.read(member, event_id)

    async def _visible(self, viewer: Principal | None, event_id: int) -> EventDetails:
        event = await self._repository.read(event_id, viewer.username if viewer else None)
        if event is None:
            raise NotFound
        return event

    async def _organised(self, member: Principal, event_id: int) -> EventDetails:
        event = await self._visible(member, event_id)
        if event.my_role not in {"ORGANISER", "CO_ORGANISER"}:
            raise NotOrganiser
        return event

    async def _locked(self, session: AsyncSession, member: Principal, event_id: int) -> Event:
        """Lock an event that is still the member's to change: he may have been dismissed a moment ago."""
        event = await self._repository.lock(session, event_id)
        if event is None:
            raise NotFound
        if event.created_by_username != member.username and not await self._repository.runs_beside(
            session, event_id, member.username
        ):
            raise NotOrganiser
        return event

    async def _record(self, session: AsyncSession, member: Principal, action: str, event_id: int) -> None:
        await audit.record(
            session, AUDIT_LOG, at=self._clock.now(), action=action, actor=member.user_id,
            subject=f"event/{event_id}", details={"event_id": event_id},
        )  # fmt: skip

    async def _found(
        self, viewer: str | None, wanted: EventFilter, asked: Query | None, now: datetime,
        groups: Sequence[Sequence[Tier]], order: Order, after: Position | None, limit: int,
    ) -> tuple[list[tuple[EventRead, Tier]], Sequence[Tier]]:  # fmt: skip
        """Return events with their tiers from the first group that has any, or from that of a position."""
        found, looked_at = list[tuple[EventRead, Tier]](), groups[-1]
        for group in groups:
            if after is not None and after.tier not in group:
                continue
            for tier in group:
                if len(found) == limit or (after is not None and tier < after.tier):
                    continue
                rows = await self._repository.page(
                    viewer, wanted, asked, now, tier=tier, order=order,
                    after=after if after is not None and after.tier == tier else None, limit=limit - len(found),
                )  # fmt: skip
                found += [(row, tier) for row in rows]
            looked_at = group
            if found or after is not None:
                break
        return found, looked_at

    async def _with_cards(self, viewer: Principal | None, events: Sequence[Shown]) -> list[Shown]:
        names = {event.created_by_username for event in events if event.created_by_username}
        username = viewer.username if viewer else None
        cards = await cards_of(self._directory, names, username)
        return [
            replace(
                event,
                organizer=cards.get(event.created_by_username or ""),
                banner=self._links.banner(event.id, event.banner, username),
            )
            for event in events
        ]


def _edit_violations(event: Event, changes: dict[str, Any], now: datetime) -> list[Violation]:
    if event.end_date < now:
        moved = sorted(_TIMES & changes.keys())
        return [Violation(f"/{name}", "cannot be changed: the event is over") for name in moved]
    return [
        *schedule_violations(
            start=changes.get("start_date", event.start_date),
            end=changes.get("end_date", event.end_date),
            zone=changes.get("timezone", event.timezone),
            deadline=changes.get("rsvp_deadline", event.rsvp_deadline),
            now=now if "start_date" in changes else None,
        )
    ]


def _refresh_keys(event: Event) -> None:
    found_by = {name: getattr(event, name) for name in ("title", "event_type", "tags", "description")}
    event.search_key, event.search_words = search_key(**found_by), search_words(**found_by)
    event.location_key = place_key(event.location)


def _refuse(*found: Violation) -> None:
    if found:
        raise Invalid(found)
