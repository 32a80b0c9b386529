"""What becomes of a request between two members, and why somebody is suggested."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Literal

import msgspec

from ijaa.shared.errors import Forbidden
from ijaa.users.errors import ConnectionSettled

Status = Literal["PENDING", "ACCEPTED", "REJECTED"]
Direction = Literal["incoming", "outgoing"]
"""Whether the other one asked, or the member himself."""

REST = timedelta(days=30)
"""How long a rejection holds before the same member may ask again."""
MOST_BLOCKS = 1000
"""How many a member may block: the set travels to whoever shows names."""


class Pair(msgspec.Struct, frozen=True):
    """What is between two members."""

    id: int
    requester_username: str
    receiver_username: str
    status: Status
    updated_at: datetime
    """When it came to this status."""

    def other(self, username: str) -> str:
        """Return the one who is not `username`."""
        return self.receiver_username if username == self.requester_username else self.requester_username


class Ask(Enum):
    """What asking somebody comes to."""

    NEW = auto()
    ACCEPTS = auto()
    """He had asked already."""
    AGAIN = auto()
    """What was rejected is asked anew, from whichever side."""
    EXISTS = auto()


def asked(pair: Pair | None, asker: str, now: datetime) -> Ask:
    """Return what it comes to when `asker` asks the other one."""
    if pair is None:
        return Ask.NEW
    if pair.status == "REJECTED":
        rested = now >= pair.updated_at + REST
        # who rejected may change his mind at any time
        return Ask.AGAIN if rested or asker == pair.receiver_username else Ask.EXISTS
    if pair.status == "PENDING" and asker == pair.receiver_username:
        return Ask.ACCEPTS
    return Ask.EXISTS


def answered(pair: Pair, member: str, answer: Literal["ACCEPTED", "REJECTED"]) -> bool:
    """Return whether an answer changes anything.

    Raises:
        Forbidden: `member` did not receive the request.
        ConnectionSettled: the other answer was given already.

    """
    if member != pair.receiver_username:
        raise Forbidden("The one who was asked answers.")
    if pair.status not in {"PENDING", answer}:
        raise ConnectionSettled
    return pair.status == "PENDING"


def refuse_removal(pair: Pair, member: str) -> None:
    """Raise `ConnectionSettled` for a rejection its requester would take away: he would simply ask again."""
    if pair.status == "REJECTED" and member == pair.requester_username:
        raise ConnectionSettled


def subject_of(connection_id: int) -> str:
    """Return what notifications about a connection are filed under."""
    return f"connection/{connection_id}"


Reason = Literal["batch", "event", "company", "interest", "profession", "location"]
WEIGHTS: Mapping[Reason, int] = {
    "batch": 32, "event": 16, "company": 8, "interest": 4, "profession": 2, "location": 1,
}  # fmt: skip
"""What each shared attribute counts: one of more weight outdoes all that follow."""
