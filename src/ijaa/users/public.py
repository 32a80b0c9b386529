"""The façade other modules are given: who the members are, and who calls."""

from collections.abc import Collection

from ijaa.shared.access_tokens import PublicKeys, Revocations
from ijaa.shared.clock import Clock
from ijaa.shared.flags import FeatureFlags
from ijaa.shared.principals import TokenVerifier
from ijaa.users.connections.block_repository import BlockRepository
from ijaa.users.identifiers import fold_email
from ijaa.users.messages import PUBLISHED
from ijaa.users.personal import PERSONAL
from ijaa.users.profiles.domain import Relation, relation
from ijaa.users.profiles.repository import ProfileRepository, StoredCard
from ijaa.users.profiles.schemas import MemberCard, MemberContext, SharedCard, Standing
from ijaa.users.profiles.service import Cards

__all__ = ["PERSONAL", "PUBLISHED", "MemberCard", "MemberContext", "SharedCard", "Standing", "UsersPublic"]


class UsersPublic:
    """What the users module offers; batch-first, one statement a call."""

    def __init__(
        self,
        profiles: ProfileRepository,
        cards: Cards,
        blocks: BlockRepository,
        verifier: TokenVerifier,
        keys: PublicKeys,
        revocations: Revocations,
        flags: FeatureFlags,
        clock: Clock,
    ) -> None:
        self._profiles, self._cards, self._blocks, self._clock = profiles, cards, blocks, clock
        self.verifier = verifier
        self.keys, self.revocations, self.flags = keys, revocations, flags

    async def cards(self, usernames: Collection[str], viewer: str | None) -> dict[str, MemberCard]:
        """Return the cards `viewer` (None is the public) may see, by username as asked for.

        Unknown, unconfirmed, suspended and leaving members are left out. Raises `Unavailable`.
        """
        if not usernames:
            return {}
        asked = {name: name.lower() for name in usernames}
        found = await self._profiles.cards(set(asked.values()), viewer, self._clock.now())
        stored = {one.username: one for one in found}
        cards = {}
        for name, username in asked.items():
            if one := stored.get(username):
                cards[name] = self._cards.card(one, relation(viewer, username, connected=one.connected))
        return cards

    async def shared_cards(self, usernames: Collection[str]) -> dict[str, SharedCard]:
        """Return the cards of members for every kind of viewer, by username as asked for.

        Who has no card for anybody is left out, as in `cards`. Raises `Unavailable`.
        """
        if not usernames:
            return {}
        asked = {name: name.lower() for name in usernames}
        found = await self._profiles.cards(set(asked.values()), None, self._clock.now())
        stored = {one.username: self._shared(one) for one in found}
        return {name: stored[username] for name, username in asked.items() if username in stored}

    async def hidden(self, viewer: str) -> frozenset[str]:
        """Return everybody whom a block keeps from a member's sight, whoever blocked whom. Raises `Unavailable`."""
        return await self._blocks.hidden(viewer.lower())

    async def context(self, username: str) -> MemberContext:
        """Return what a member said of himself and whom he is connected with and sees, to be shown to him alone.

        Of whom nobody knows there is nothing. Raises `Unavailable`.
        """
        found = await self._profiles.around(username.lower(), self._clock.now())
        if found is None:
            return MemberContext(interests=[], location=None, connections=[])
        return MemberContext(interests=found.interests, location=found.location, connections=found.connections)

    async def has_address(self, username: str, email: str) -> bool:
        """Whether this is the address a member who may act has confirmed. Raises `Unavailable`."""
        return await self._profiles.has_address(username.lower(), fold_email(email), self._clock.now())

    async def standings(self, usernames: Collection[str]) -> dict[str, Standing]:
        """Return where each member stands, by username as asked for; every name is in the answer.

        Who never confirmed his address is unknown, who leaves counts as suspended. Raises `Unavailable`.
        """
        if not usernames:
            return {}
        found = await self._profiles.standings({name.lower() for name in usernames}, self._clock.now())
        known: dict[str, Standing] = {
            one.username: "active" if one.active else "suspended" for one in found if one.verified
        }
        return {name: known.get(name.lower(), "unknown") for name in usernames}

    def _shared(self, stored: StoredCard) -> SharedCard:
        member = self._cards.card(stored, Relation.MEMBER)
        return SharedCard(
            public=self._cards.card(stored, Relation.PUBLIC),
            member=member,
            own=self._cards.card(stored, Relation.SELF),
            personal=self._cards.card(stored, Relation.CONNECTION) != member,
        )
