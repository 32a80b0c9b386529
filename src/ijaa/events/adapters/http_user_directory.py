"""`UserDirectory` over HTTP."""

from collections.abc import Collection, Mapping
from itertools import islice

import msgspec

from ijaa.events.ports import MemberCard, SharedCard, Standing
from ijaa.shared.http.peer import Peer

_BATCH = 500


class _Asked(msgspec.Struct, frozen=True):
    usernames: list[str]


class _CardsAsked(msgspec.Struct, frozen=True):
    usernames: list[str]
    viewer: str | None


class _Cards(msgspec.Struct, frozen=True):
    cards: dict[str, MemberCard]


class _SharedCards(msgspec.Struct, frozen=True):
    cards: dict[str, SharedCard]


class _HiddenAsked(msgspec.Struct, frozen=True):
    viewer: str


class _Hidden(msgspec.Struct, frozen=True):
    usernames: frozenset[str]


class _AddressAsked(msgspec.Struct, frozen=True):
    username: str
    email: str


class _HasAddress(msgspec.Struct, frozen=True):
    has_address: bool


class _Standings(msgspec.Struct, frozen=True):
    standings: dict[str, Standing]


class HttpUserDirectory:
    """Asks the users service, 500 names a call."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def cards(self, usernames: Collection[str], viewer: str | None) -> Mapping[str, MemberCard]:
        """Return the cards `viewer` (None is the public) may see, by username; unknown names are left out."""
        found: dict[str, MemberCard] = {}
        for batch in _batches(usernames):
            answer = await self._peer.post(_Cards, "/internal/v1/members/cards", _CardsAsked(batch, viewer))
            found |= answer.cards
        return found

    async def shared_cards(self, usernames: Collection[str]) -> Mapping[str, SharedCard]:
        """Return the cards of members, by username; who has none for anybody is left out."""
        found: dict[str, SharedCard] = {}
        for batch in _batches(usernames):
            found |= (await self._peer.post(_SharedCards, "/internal/v1/members/shared-cards", _Asked(batch))).cards
        return found

    async def hidden(self, viewer: str) -> frozenset[str]:
        """Return the usernames of all whom blocks keep from a member's sight, whoever blocked whom."""
        return (await self._peer.post(_Hidden, "/internal/v1/members/hidden", _HiddenAsked(viewer))).usernames

    async def has_address(self, username: str, email: str) -> bool:
        """Whether this is the address a member has confirmed."""
        asked = _AddressAsked(username, email)
        return (await self._peer.post(_HasAddress, "/internal/v1/members/has-address", asked)).has_address

    async def standings(self, usernames: Collection[str]) -> Mapping[str, Standing]:
        """Return where each member stands; every name asked for is in the answer."""
        found: dict[str, Standing] = {}
        for batch in _batches(usernames):
            found |= (await self._peer.post(_Standings, "/internal/v1/members/standings", _Asked(batch))).standings
        return found


def _batches(usernames: Collection[str]) -> list[list[str]]:
    names = iter(usernames)
    return list(iter(lambda: list(islice(names, _BATCH)), []))
