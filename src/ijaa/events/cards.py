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
        return {name: MemberCard(username=name, name=None, photo=None, degraded=True) for name in wanted}
    return {name: found.get(name) or MemberCard(username=name, name=None, photo=None) for name in wanted}
