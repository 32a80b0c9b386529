"""The use case of suggestions."""

from collections.abc import Collection

import structlog

from ijaa.shared.clock import Clock
from ijaa.shared.errors import Unavailable
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.users.connections.schemas import SuggestionRead
from ijaa.users.connections.suggestion_repository import SuggestionRepository
from ijaa.users.ports import EventCompanions
from ijaa.users.profiles.domain import Relation
from ijaa.users.profiles.service import Cards

log = structlog.get_logger("ijaa.users.suggestions")


class SuggestionService:
    """Says whom a member may know, and why."""

    def __init__(
        self, repository: SuggestionRepository, events: EventCompanions | None, cards: Cards, clock: Clock
    ) -> None:
        self._repository, self._events, self._cards, self._clock = repository, events, cards, clock

    async def suggest(self, member: Principal, limit: int) -> Page[SuggestionRead]:
        """Return whom the member may know, with the reasons he may see; without events while nobody can tell them."""
        met = await self._met(member.username)
        rows = await self._repository.found(member.username, met, self._clock.now(), limit)
        items = [SuggestionRead(self._cards.card(row, Relation.MEMBER), row.reasons) for row in rows]
        return Page(items=items, next_cursor=None)

    async def _met(self, member: str) -> Collection[str]:
        if self._events is None:
            return ()
        try:
            return (await self._events.companions([member]))[member]
        except Unavailable as error:
            log.warning("suggestions go without events", detail=error.detail)
            return ()
