"""Members beside events: one batch a page, and a bare username where they cannot be looked up just now."""

from collections.abc import Collection, Mapping

import structlog

from ijaa.events.ports import MemberCard, UserDirectory
from ijaa.shared.errors import Unavailable

log = structlog.get_logger("ijaa.events.cards")


async def cards_of(
    directory: UserDirectory, usernames: Collection[str], viewer: str | None
) -> Mapping[str, MemberCard]:
    """Return a card for every name: nameless for one nobody knows, degraded when the directory is out of reach."""
    wanted = set(usernames)
    try:
        found = await directory.cards(wanted, viewer) if wanted else {}
    except Unavailable as error:
        log.warning("cards are degraded", detail=error.detail)
        return {name: _degraded(name) for name in wanted}
    return {name: found.get(name) or MemberCard(username=name, name=None, photo=None) for name in wanted}


async def hidden_from(directory: UserDirectory, viewer: str) -> frozenset[str]:
    """Return whom blocks keep from a member's sight; nobody when that cannot be known, for then cards are degraded."""
    try:
        return await directory.hidden(viewer)
    except Unavailable as error:
        log.warning("rows of blocked members are not left out", detail=error.detail)
        return frozenset()


async def cards_on_duty(
    directory: UserDirectory, usernames: Collection[str], organiser: str
) -> Mapping[str, MemberCard]:
    """Return the cards an organiser needs: a block does not keep him from knowing who comes (behaviours: Blocks)."""
    cards = await cards_of(directory, usernames, organiser)
    if not (blocked := await hidden_from(directory, organiser) & set(usernames)):
        return cards
    try:
        # who blocked each other are not connected: what is for members is all there is
        shared = await directory.shared_cards(blocked)
    except Unavailable as error:
        log.warning("cards are degraded", detail=error.detail)
        return {**cards, **{name: _degraded(name) for name in blocked}}
    return {**cards, **{name: card.member for name, card in shared.items()}}


def _degraded(username: str) -> MemberCard:
    return MemberCard(username=username, name=None, photo=None, degraded=True)
