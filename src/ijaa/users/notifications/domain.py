"""What there is to be told, how it is said, and who wants it how."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

Kind = Literal[
    "seat_promoted", "event_cancelled", "event_moved", "answer_given",
    "announcement", "urgent_announcement", "report_resolved",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)


class Channels(msgspec.Struct, frozen=True):
    """By which ways a member is told of one kind of thing."""

    in_app: bool = True
    email: bool = True


DEFAULTS: Mapping[Kind, Channels] = {
    "seat_promoted": Channels(),
    "event_cancelled": Channels(),
    "event_moved": Channels(),
    "answer_given": Channels(email=False),
    "announcement": Channels(email=False),
    "urgent_announcement": Channels(),
    "report_resolved": Channels(),
}
"""What holds for a member who never chose."""
_ENDS = {"RESOLVED": "Your report was resolved", "CLOSED": "Your report was closed"}


class Said(msgspec.Struct, frozen=True):
    """A notification in words."""

    title: str
    text: str
    path: str
    """Of what it is about, below `/api/v1`."""


def said(kind: Kind, facts: Mapping[str, Any], count: int) -> Said:
    """Put a notification into words; `count` is how many things it stands for."""
    title = facts["title"]
    match kind:
        case "announcement":
            path = f"/announcements/{facts['announcement_id']}"
            return Said(f"Announcement: {title}", "There is an announcement for you.", path)
        case "urgent_announcement":
            path = f"/announcements/{facts['announcement_id']}"
            return Said(f"Urgent: {title}", "There is an urgent announcement for you.", path)
        case "report_resolved":
            outcome = facts["outcome"] or "Thank you for telling us."
            return Said(f"{_ENDS[facts['status']]}: {title}", outcome, f"/me/reports/{facts['report_id']}")
        case _:
            return _said_of_event(kind, facts, count)


def _said_of_event(kind: Kind, facts: Mapping[str, Any], count: int) -> Said:
    title, path = facts["title"], f"/events/{facts['event_id']}"
    match kind:
        case "seat_promoted":
            return Said(f"You have a seat: {title}", f"A seat came free, and it is yours. {_when(facts)}", path)
        case "event_cancelled":
            return Said(f"Cancelled: {title}", f"The event was cancelled. It would have begun: {_when(facts)}", path)
        case "event_moved":
            where = f" Place: {facts['location']}." if facts.get("location") else ""
            text = f"The event has another time or place. {_when(facts)}{where} Is your answer still right?"
            return Said(f"Moved: {title}", text, path)
        case _:
            return Said(f"{_answers(count)}: {title}", "Look at the participants to see who comes.", path)


def _answers(count: int) -> str:
    return "A new answer" if count == 1 else f"{count} new answers"


def _when(facts: Mapping[str, Any]) -> str:
    start = datetime.fromisoformat(facts["start_date"]).astimezone(ZoneInfo(facts["timezone"]))
    return f"{start:%A, %d %B %Y, %H:%M} ({facts['timezone']})."
