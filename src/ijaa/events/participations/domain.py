"""What an answer means for seats."""

from datetime import datetime
from enum import Enum, auto


class Move(Enum):
    """What happens to the seats of an event when somebody answers."""

    CLAIM = auto()
    """Take seats, or join the waitlist."""
    RESIZE = auto()
    """Go on holding seats, more or fewer of them."""
    KEEP_PLACE = auto()
    """Go on waiting, for more or fewer seats."""
    ASK = auto()
    """Wait for an organiser's approval; no seat yet."""
    ACCEPT = auto()
    """Take the seats that are offered."""
    LEAVE = auto()
    """Hold no seat and wait for none."""


def move(old: str | None, answer: str, *, needs_approval: bool, offered: bool = False) -> Move:
    """Return what an answer does, given the status before it and whether a seat is offered."""
    if answer != "GOING":
        return Move.LEAVE
    if old == "GOING":
        return Move.RESIZE
    if old == "WAITLISTED":
        return Move.ACCEPT if offered else Move.KEEP_PLACE
    return Move.ASK if needs_approval else Move.CLAIM


def may_answer(old: str | None, answer: str, *, welcome: bool) -> bool:
    """Whether a member may give this answer; `welcome` is who may join: everybody, or the invited and the organiser.

    Who holds or awaits a seat keeps it when the event is closed to others later, and may always decline.
    """
    if welcome or old in {"GOING", "WAITLISTED", "PENDING"}:
        return True
    return answer == "NOT_GOING" and old is not None


def takes_answers(*, status: str, end: datetime, deadline: datetime | None, now: datetime) -> bool:
    """Whether an event takes answers (behaviours: RSVP)."""
    return status == "PUBLISHED" and now < end and (deadline is None or now <= deadline)
