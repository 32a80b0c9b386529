"""Rules of invitations that need no I/O."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec

from ijaa.events.ports import Standing
from ijaa.shared.errors import Violation
from ijaa.shared.schema import range_violations

Status = Literal["open", "accepted", "maybe", "declined", "expired"]
"""What became of an invitation; each is in exactly one."""
STATUSES: tuple[Status, ...] = get_args(Status)
Outcome = Literal["invited", "already-invited", "already-participating"]

MOST_OPEN = 5_000
"""Invitations of one event that wait for an answer."""
MAILS_A_DAY = 200
"""Mails one member has sent to people who are no members."""
MAILS = 3
"""Mails to one address about one event: each but the first after the one before was revoked."""
REMINDED_AFTER = timedelta(hours=24)
KEPT = timedelta(days=30)
"""How long it is remembered, after the end of an event, which addresses were mailed about it."""

_LONGEST = 100


class Invitee(msgspec.Struct, frozen=True):
    """A name that is invited."""

    username: str
    is_void: bool
    """Nobody has it, or a block hides whoever does: the invitation is kept and holds for nobody."""
    is_told: bool


def invitees(usernames: AbstractSet[str], standings: Mapping[str, Standing], hidden: AbstractSet[str]) -> list[Invitee]:
    """Return who is invited how, in the order of the names; who is suspended finds his invitation when he is back."""
    return [
        Invitee(
            name,
            is_void=standings[name] == "unknown" or name in hidden,
            is_told=standings[name] == "active" and name not in hidden,
        )
        for name in sorted(usernames)
    ]


def fold(usernames: Sequence[str]) -> list[str]:
    """Return usernames as they are compared."""
    return [name.lower() for name in usernames]


def violations(
    usernames: Sequence[str], emails: Sequence[str], expires_at: datetime | None, *, end: datetime, now: datetime
) -> Iterator[Violation]:
    """Yield what is wrong with a call; the names are folded, which may have made them longer."""
    if not usernames and not emails:
        yield Violation("/usernames", "must name somebody, or emails must")
    for place, name in enumerate(usernames):
        if len(name) > _LONGEST:
            yield Violation(f"/usernames/{place}", f"must not be longer than {_LONGEST} characters")
    yield from range_violations({"expires_at": expires_at})
    if expires_at is not None and not now < expires_at <= end:
        yield Violation("/expires_at", "must be in the future, and not after the end of the event")
