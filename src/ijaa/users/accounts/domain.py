"""Rules of accounts."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta

import msgspec

from ijaa.shared.errors import Violation

USERNAME = re.compile(r"[a-z0-9._-]{3,50}")
MIN_PASSWORD, MAX_PASSWORD, MAX_PASSWORD_BYTES = 12, 128, 1024
TOKEN_LIFETIME = timedelta(hours=24)
RESET_LIFETIME = timedelta(hours=1)
MAX_LEGACY = 12
"""The highest cost of a bcrypt hash that is taken over; every step doubles the time."""
GUESSES, GUESSES_WINDOW = 5, timedelta(minutes=15)
"""Wrong passwords of one account that are looked at in any stretch of so long; no setting switches it off."""
FEW_GUESSES = 10**7
"""A password found in fewer guesses than this falls to whoever tries the common ones first."""
_SITE = ("ijaa", "alumni", "alumnus", "alumna", "association")
_MIN_WORD = 3
_LOOKALIKES = {
    "a": "4@",
    "b": "8",
    "e": "3",
    "g": "69",
    "i": "1!|",
    "l": "1|",
    "o": "0",
    "s": "5$",
    "t": "7+",
    "z": "2",
}
_BETTER = "use four or more words that have nothing to do with each other, or with you"

Estimate = Callable[[str], float]
"""How many guesses a password takes somebody who tries the likely ones first."""


def dearest(cost: str | None) -> int:
    """Return the cost every failure has to pay, of the highest one that is found in hashes; 0 without any."""
    return min(int(cost), MAX_LEGACY) if cost and cost.isdecimal() else 0


def username_violations(username: str) -> Iterator[Violation]:
    """Yield what keeps a username from being given to a new account."""
    if not USERNAME.fullmatch(username):
        yield Violation(
            "/username",
            "takes 3 to 50 characters out of a to z, 0 to 9, dot, underscore and hyphen; no capitals, no spaces",
        )


def context_words(*given: str | None) -> frozenset[str]:
    """Return the words around an account that somebody who guesses tries first: wholes and their parts."""
    words = set(_SITE)
    for text in given:
        parts = re.split(r"[\W_]+", (text or "").casefold())
        words |= {"".join(parts), *parts}
    return frozenset(word for word in words if len(word) >= _MIN_WORD)


def password_violations(
    password: str, words: Collection[str], leaked: Collection[str], estimate: Estimate, pointer: str = "/password"
) -> Iterator[Violation]:
    """Yield what keeps a password, exactly as typed, from being taken.

    Words around the account and leaked defaults add nothing to it, spelt plainly or with look-alikes: what is left
    without them has to be hard to guess by itself.
    """
    defaults = {word.casefold() for word in leaked}
    if password.casefold() in defaults:
        yield Violation(pointer, f"is a published default: {_BETTER}")
        return
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or len(password.encode()) > MAX_PASSWORD_BYTES:
        yield Violation(pointer, f"takes {MIN_PASSWORD} to {MAX_PASSWORD} characters")
        return
    left = _without({*words, *defaults}, password)
    if estimate(left) >= FEW_GUESSES:
        return
    if left == password:
        yield Violation(pointer, f"is among the first that are guessed: {_BETTER}")
    elif _without(words, password) == password:
        yield Violation(pointer, f"is built on a published default: {_BETTER}")
    else:
        yield Violation(pointer, f"is built from your name, your address or this site's name: {_BETTER}")


def _without(words: Collection[str], password: str) -> str:
    spelt = sorted(words, key=lambda word: (-len(word), word))  # the longest first: asha.sharma before asha
    patterns = ("".join(f"[{re.escape(c + _LOOKALIKES.get(c, ''))}]" for c in word) for word in spelt)
    return re.sub("|".join(patterns), "", password, flags=re.IGNORECASE)


class Held(msgspec.Struct, frozen=True):
    """What is known of the account of somebody who is signed in: enough to judge his passwords."""

    principal_id: str
    email: str
    name: str
    username: str | None
    batch: str | None
    password_hash: str | None

    @property
    def words(self) -> frozenset[str]:
        """What a password of his must not be built from."""
        return context_words(self.email, self.name, self.username, self.batch)
