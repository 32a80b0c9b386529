"""Rules of comments that need no I/O."""

import re
from collections.abc import Collection, Iterator
from typing import Literal

from ijaa.shared.errors import Violation

Sort = Literal["newest", "oldest", "popular"]
DEEPEST = 3
"""A comment, a reply, and a reply to that."""
LONGEST = 1000
"""Characters of a comment, once trimmed."""
MOST_MENTIONS = 20
"""Members one comment tells; who is named after them is not told."""
_MENTION = re.compile(r"(?<![A-Za-z0-9._@/+-])@([A-Za-z0-9._-]{3,100})(?![A-Za-z0-9@])")
"""A handle as usernames are made, not the second half of an address or a path."""


def content_violations(content: str) -> Iterator[Violation]:
    """Yield what is wrong with a trimmed text."""
    if not 1 <= len(content) <= LONGEST:
        yield Violation("/content", f"must have 1 to {LONGEST} characters besides white space at its ends")


def mentions(content: str) -> list[str]:
    """Return whom a text names with `@username`, in their order and in lower case.

    A dot, dash or line at the end of a name may belong to the sentence: then the name is there with and without it.
    """
    found: dict[str, None] = {}
    people = 0
    for match in _MENTION.finditer(content):
        name = match[1].lower()
        if name in found:
            continue
        people += 1
        if people > MOST_MENTIONS:
            break
        found[name] = None
        if len(bare := name.rstrip(".-_")) >= 3:  # noqa: PLR2004 - the shortest username
            found[bare] = None
    return [*found]


def newly_mentioned(content: str, before: Collection[str]) -> list[str]:
    """Return whom a text names that none of these earlier texts named."""
    known = {name for one in before for name in mentions(one)}
    return [name for name in mentions(content) if name not in known]


def may_comment(*, privacy: str, answer: str | None, belongs: bool) -> bool:
    """Whether a member who sees an event may say something about it; `belongs` is who is invited, or has a role."""
    return privacy != "INVITE_ONLY" or belongs or answer not in {None, "NOT_GOING"}
