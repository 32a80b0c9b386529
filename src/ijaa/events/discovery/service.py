"""Use cases of discovery."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import structlog

from ijaa.events.cards import cards_of, hidden_from
from ijaa.events.catalogue.domain import place_key
from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.catalogue.schemas import EventRead
from ijaa.events.discovery.domain import NAMED
from ijaa.events.discovery.repository import About, DiscoveryRepository, RecommendedRow, SimilarRow
from ijaa.events.discovery.schemas import Reason, Recommended, Similar, SuggestedEvent, Trending
from ijaa.events.links import EventLinks
from ijaa.events.ports import MemberCard, MemberInterests, UserDirectory
from ijaa.shared.clock import Clock
from ijaa.shared.errors import NotFound, Unavailable
from ijaa.shared.principals import Principal
from ijaa.shared.search import query

log = structlog.get_logger("ijaa.events.discovery")


class DiscoveryService:
    """Shows events nobody looked for."""

    def __init__(
        self, repository: DiscoveryRepository, events: EventRepository, directory: UserDirectory,
        interests: MemberInterests | None, links: EventLinks, clock: Clock,
    ) -> None:  # fmt: skip
        self._links = links
        self._repository, self._events, self._directory = repository, events, directory
        self._interests, self._clock = interests, clock

    async def trending(self, viewer: Principal | None, limit: int) -> Trending:
        """Return the events to come that most goes on around."""
        username = _name(viewer)
        found = await self._repository.trending(username, self._clock.now(), limit)
        cards = await cards_of(self._directory, _organisers(found), username)
        return Trending(items=[EventRead(**self._fields(event, cards, username)) for event in found])

    async def similar(self, viewer: Principal | None, event_id: int, limit: int) -> Similar:
        """Return events to come that are like one; raise `NotFound` where the viewer may not see that one."""
        username = _name(viewer)
        if not await self._events.seen([event_id], username):
            raise NotFound
        found = await self._repository.similar(username, event_id, self._clock.now(), limit)
        cards = await cards_of(self._directory, _organisers(found), username)
        items = [SuggestedEvent(**self._fields(row, cards, username), reasons=[*_likeness(row)]) for row in found]
        return Similar(items=items)

    async def recommended(self, member: Principal, limit: int) -> Recommended:
        """Return events for a member; by his history and what is trending where nothing else of him is known now."""
        about, degraded = await self._about(member.username)
        found = await self._repository.recommended(member.username, self._clock.now(), about, limit)
        named = {name for row in found for name in row.company[:NAMED]}
        cards = await cards_of(self._directory, _organisers(found) | named, member.username)
        items = [
            SuggestedEvent(**self._fields(row, cards, member.username), reasons=[*_recommendation(row, cards)])
            for row in found
        ]
        return Recommended(items=items, degraded=degraded)

    def _fields(self, event: EventRead, cards: Mapping[str, MemberCard], viewer: str | None) -> dict[str, Any]:
        fields = {name: getattr(event, name) for name in EventRead.__struct_fields__}
        return fields | {
            "organizer": cards.get(event.created_by_username or ""),
            "banner": self._links.banner(event.id, event.banner, viewer),
        }

    async def _about(self, username: str) -> tuple[About, bool]:
        """Return what is known of a member, and whether the other module could not be asked."""
        hidden = await hidden_from(self._directory, username)
        try:
            if self._interests is None:
                return About(hidden=hidden), True
            known = await self._interests.of(username)
        except Unavailable as error:
            log.warning("recommendations are degraded", detail=error.detail)
            return About(hidden=hidden), True
        asked = {interest: words.anywhere for interest in known.interests if (words := query(interest))}
        return About(
            interests=[*asked],
            asked=[*asked.values()],
            connections=known.connections - hidden,
            place=place_key(known.location) or None,
            hidden=hidden,
        ), False


def _name(viewer: Principal | None) -> str | None:
    return viewer.username if viewer else None


def _organisers(events: Iterable[EventRead]) -> set[str]:
    return {event.created_by_username for event in events if event.created_by_username}


def _likeness(row: SimilarRow) -> Iterator[Reason]:
    if row.shared_tags:
        yield Reason(code="shared-tags", values=row.shared_tags)
    if row.same_type:
        yield Reason(code="same-type")
    if row.same_place:
        yield Reason(code="same-place")
    if row.people:
        yield Reason(code="shared-attendees", count=row.people)


def _recommendation(row: RecommendedRow, cards: Mapping[str, MemberCard]) -> Iterator[Reason]:
    if row.company:
        members = [cards[name] for name in row.company[:NAMED]]
        yield Reason(code="connections-going", count=len(row.company), members=members)
    if row.interests:
        yield Reason(code="your-interests", values=row.interests)
    if row.known_tags:
        yield Reason(code="tags-you-went-to", values=row.known_tags)
    if row.known_type:
        yield Reason(code="type-you-went-to")
    if row.near:
        yield Reason(code="near-you")
    if row.trending:
        yield Reason(code="trending")
    elif not (row.company or row.interests or row.known_tags or row.known_type or row.near):
        yield Reason(code="coming-soon")
