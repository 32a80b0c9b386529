"""Use cases of the directory."""

from datetime import datetime

from msgspec import UNSET

from ijaa.shared.clock import Clock
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.search import Query, query
from ijaa.users.directory.domain import SUGGESTED, Sort
from ijaa.users.directory.filters import ORDERS, Position, Tier
from ijaa.users.directory.repository import Around, DirectoryRepository, Hit, position
from ijaa.users.directory.schemas import Facets, FacetValue, FoundMember, Suggestions, Wanted
from ijaa.users.links import FileLinks
from ijaa.users.profiles.domain import CHOSEN, Relation, audience_of, visible_fields

_SHOWN = ("name", "profession", "location", "batch", "photo")
_BY_RELEVANCE = (Tier.WHOLE_NAME, Tier.NAME, Tier.ANYTHING)


class DirectoryService:
    """Finds members by what the viewer sees of them."""

    def __init__(self, repository: DirectoryRepository, links: FileLinks, cursors: Cursors, clock: Clock) -> None:
        self._repository, self._links, self._cursors, self._clock = repository, links, cursors, clock

    async def page(
        self, viewer: Principal, wanted: Wanted, sort: Sort, cursor: str | None, limit: int, *, include_total: bool
    ) -> Page[FoundMember]:
        """Return members the viewer finds, himself left out."""
        asked, scope = _query(wanted), f"directory/{viewer.username}/{sort}/{wanted}"
        after = Position(*self._cursors.read(scope, cursor, tuple[Tier, str | int, str, int])) if cursor else None
        if asked is None and wanted.q is not None:
            return Page(items=[], next_cursor=None, total=0 if include_total else UNSET)
        async with self._repository.searching():
            now = self._clock.now()
            around = await self._around(viewer.username, sort, now)
            found = await self._search(around, wanted, asked, now, sort=sort, after=after, limit=limit + 1)
            kept, following = self._cursors.page(scope, found, limit, lambda one: position(*one, ORDERS[sort]))
            total = await self._repository.count(around, wanted, asked, now) if include_total else UNSET
        return Page(items=[self._shown(hit) for hit, _ in kept], next_cursor=following, total=total)

    async def suggested(self, viewer: Principal, beginning: str) -> Suggestions:
        """Return a few whose names begin like what somebody is typing."""
        if (asked := query(beginning)) is None:
            return Suggestions(items=[])
        wanted, order, found = Wanted(q=beginning), ORDERS["name"], list[Hit]()
        async with self._repository.searching():
            around, now = await self._repository.around(viewer.username), self._clock.now()
            for tier in (Tier.WHOLE_NAME, Tier.NAME):
                found += await self._repository.page(
                    around, wanted, asked, now, tier=tier, order=order, after=None, limit=SUGGESTED - len(found)
                )
        return Suggestions(items=[self._shown(hit) for hit in found])

    async def facets(self, viewer: Principal, wanted: Wanted) -> Facets:
        """Return what those who are found have in common."""
        asked = _query(wanted)
        if asked is None and wanted.q is not None:
            return Facets(batch=[], profession=[], location=[])
        async with self._repository.searching():
            around = await self._repository.around(viewer.username)
            counted = await self._repository.facets(around, wanted, asked, self._clock.now())
        values: dict[str, list[FacetValue]] = {"batch": [], "profession": [], "location": []}
        for one in counted:
            values[one.facet].append(FacetValue(value=one.value, count=one.count))
        return Facets(**values)

    async def _around(self, viewer: str, sort: Sort, now: datetime) -> Around:
        if sort == "connections":
            return await self._repository.around_with_counts(viewer, now)
        return await self._repository.around(viewer)

    async def _search(
        self, around: Around, wanted: Wanted, asked: Query | None, now: datetime, *,
        sort: Sort, after: Position | None, limit: int,
    ) -> list[tuple[Hit, Tier]]:  # fmt: skip
        tiers: tuple[Tier, ...] = _BY_RELEVANCE if asked and sort == "relevance" else (Tier.ALL,)
        if after is not None:
            tiers = (
                (Tier.MISSPELT,) if after.tier is Tier.MISSPELT else tuple(one for one in tiers if one >= after.tier)
            )
        found: list[tuple[Hit, Tier]] = []
        for tier in tiers:
            begin = after if after is not None and after.tier == tier else None
            found += await self._tier(around, wanted, asked, now, sort, tier, begin, limit - len(found))
            if len(found) == limit:
                return found
        if found or after is not None or asked is None:
            return found
        return await self._tier(around, wanted, asked, now, sort, Tier.MISSPELT, None, limit)

    async def _tier(
        self, around: Around, wanted: Wanted, asked: Query | None, now: datetime, sort: Sort, tier: Tier,
        after: Position | None, limit: int,
    ) -> list[tuple[Hit, Tier]]:  # fmt: skip
        if tier is Tier.MISSPELT:
            await self._repository.tolerate()
        hits = await self._repository.page(
            around, wanted, asked, now, tier=tier, order=ORDERS[sort], after=after, limit=limit
        )
        return [(hit, tier) for hit in hits]

    def _shown(self, hit: Hit) -> FoundMember:
        visible = visible_fields(hit.visibility, Relation.CONNECTION if hit.connected else Relation.MEMBER)
        shown = {name: getattr(hit, name) if name in visible else None for name in _SHOWN}
        if shown["photo"]:
            audience = audience_of("photo", CHOSEN.decode(hit.visibility))
            shown["photo"] = self._links.shown(shown["photo"], audience, "card")
        return FoundMember(username=hit.username, connected=hit.connected, **shown)


def _query(wanted: Wanted) -> Query | None:
    return None if wanted.q is None else query(wanted.q)
