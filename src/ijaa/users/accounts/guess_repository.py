"""SQL of guesses at passwords: a few places per account, taken before a guess is looked at."""

import secrets
from datetime import datetime
from uuid import UUID

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.users.accounts.domain import GUESSES, GUESSES_WINDOW

# one row per account, so that its lock lets one guess count at a time; the same work whether there is a place or not
_TAKE = """
INSERT INTO password_guesses AS g (who, places, guessed_at) VALUES ($1, ARRAY[$2::uuid], $3)
ON CONFLICT (who) DO UPDATE SET guessed_at = $3, places = ARRAY(
    SELECT place FROM unnest(g.places || $2::uuid) WITH ORDINALITY AS taken (place, number)
    WHERE place > $4 ORDER BY number LIMIT $5
)
RETURNING $2::uuid = ANY (places)
"""
_GIVE_BACK = "UPDATE password_guesses SET places = array_remove(places, $2::uuid) WHERE who = $1"
_FORGET = "DELETE FROM password_guesses WHERE who = $1"


class GuessRepository:
    """Counts guesses where the accounts are: exact over all processes, whatever becomes of Redis.

    Every statement is a transaction of its own: a guess counts even if what it is made for fails.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def take(self, who: str) -> UUID | None:
        """Take a place and return its name, or None when all are taken; both ends in the same time."""
        now = self._clock.now()
        place = _uuid7(now, secrets.randbits(74))
        oldest = _uuid7(now - GUESSES_WINDOW, -1)
        taken = await self._database.fetch_value(_TAKE, who, place, now, oldest, GUESSES)
        return place if taken else None

    async def give_back(self, who: str, place: UUID) -> None:
        """Free a place before its time."""
        await self._database.fetch_value(_GIVE_BACK, who, place)

    async def forget(self, who: str) -> None:
        """Free all places of an account."""
        await self._database.fetch_value(_FORGET, who)


def _uuid7(moment: datetime, rest: int) -> UUID:
    """Return a UUID that sorts by its moment, to the millisecond (RFC 9562 §5.7); `rest` -1 is the last one of it."""
    high, low = (rest >> 62) & 0xFFF, rest & (1 << 62) - 1
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | high << 64 | 2 << 62 | low)
