"""Rules of interests that need no I/O."""

from collections.abc import Iterator

from ijaa.shared.errors import Violation
from ijaa.shared.text import fold

MOST = 50
"""How many a member may have."""
SHARED_BY = 3
"""How many others have to care for something before it is suggested: fewer would point at persons."""
SUGGESTIONS = 10
SHORTEST = 2
"""With how many letters suggesting begins: with one, a tenth of what everybody wrote would be looked through."""
_KEY_LENGTH = 200


def key(interest: str) -> str:
    """Return what an interest is compared by, cut to its column: folding can make a text longer."""
    return fold(interest)[:_KEY_LENGTH]


def unfit(interest: str) -> Iterator[Violation]:
    """Yield what is wrong with a trimmed interest."""
    if not key(interest):
        yield Violation("/interest", "has nothing to read in it")
