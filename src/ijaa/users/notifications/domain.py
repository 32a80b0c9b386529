"""What there is to be told, how it is said, and who wants it how."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

Kind = Literal[
    "seat_promoted", "ticket_issued", "event_cancelled", "event_moved", "answer_given", "connection_requested",
    "connection_accepted", "announcement", "urgent_announcement", "report_resolved", "export_ended",
    "event_needs_organiser", "organiser_appointed", "seat_offered", "seat_moved", "comment_replied", "mentioned",
    "invitation",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)


class Channels(msgspec.Struct, frozen=True):
    """By which ways a member is told of one kind of thing."""

    in_app: bool = True
    email: bool = True


DEFAULTS: Mapping[Kind, Channels] = {
    "seat_promoted": Channels(),
    "seat_offered": Channels(),
    "seat_moved": Channels(),
    "ticket_issued": Channels(),
    "event_cancelled": Channels(),
    "event_moved": Channels(),
    "answer_given": Channels(email=False),
    "connection_requested": Channels(),
    "connection_accepted": Channels(email=False),
    "announcement": Channels(email=False),
    "urgent_announcement": Channels(),
    "report_resolved": Channels(),
    "export_ended": Channels(),
    "event_needs_organiser": Channels(),
    "organiser_appointed": Channels(),
    "comment_replied": Channels(email=False),
    "mentioned": Channels(email=False),
    "invitation": Channels(),
}
"""What holds for a member who never chose."""
_ANNOUNCED = {
    "announcement": ("Announcement", "There is an announcement for you."),
    "urgent_announcement": ("Urgent", "There is an urgent announcement for you."),
}
_ENDS = {"RESOLVED": "Your report was resolved", "CLOSED": "Your report was closed"}


_SEATS = {
    "seat-freed": "A seat came free, and it is yours.",
    "seats-added": "There are more seats now, and one is yours.",
}


_ROLES = {
    "ORGANISER": ("It is yours", "You are the organiser of this event now."),
    "CO_ORGANISER": ("You organise", "You were asked to organise this event with others; you may resign at any time."),
    "CHECK_IN": ("You help", "You were asked to check people in at this event; you may resign at any time."),
}
_MOVED = {
    "GOING": ("You have a seat", "An organiser gave you a seat."),
    "WAITLISTED": ("You are on the waitlist", "An organiser put you on the waitlist."),
    "NOT_GOING": ("You have no seat", "An organiser took you off the event."),
}


class Said(msgspec.Struct, frozen=True):
    """A notification in words."""

    title: str
    text: str
    path: str
    """Of what it is about, below `/api/v1`."""


def said(kind: Kind, facts: Mapping[str, Any], count: int) -> Said:
    """Put a notification into words; `count` is how many things it stands for."""
    match kind:
        case "connection_requested" | "connection_accepted":
            return _said_of_connection(kind, facts)
        case "announcement" | "urgent_announcement" | "report_resolved" | "export_ended":
            return _said_of_house(kind, facts)
        case "seat_promoted" | "seat_offered" | "seat_moved" | "ticket_issued":
            return _said_of_seat(kind, facts)
        case "comment_replied" | "mentioned":
            return _said_of_comment(kind, facts, count)
        case _:
            return _said_of_event(kind, facts, count)


def _said_of_house(
    kind: Literal["announcement", "urgent_announcement", "report_resolved", "export_ended"], facts: Mapping[str, Any]
) -> Said:
    if kind == "export_ended":
        return _said_of_export(facts)
    if kind == "report_resolved":
        outcome, path = facts["outcome"] or "Thank you for telling us.", f"/me/reports/{facts['report_id']}"
        return Said(f"{_ENDS[facts['status']]}: {facts['title']}", outcome, path)
    what, text = _ANNOUNCED[kind]
    return Said(f"{what}: {facts['title']}", text, f"/announcements/{facts['announcement_id']}")


def _said_of_connection(kind: Literal["connection_requested", "connection_accepted"], facts: Mapping[str, Any]) -> Said:
    who, path = facts["username"], f"/connections/{facts['connection_id']}"
    if kind == "connection_requested":
        return Said(f"{who} asks to connect", f"{who} would like to be connected with you. It is up to you.", path)
    return Said(f"Connected: {who}", f"{who} accepted: you are connected.", path)


def _said_of_comment(kind: Literal["comment_replied", "mentioned"], facts: Mapping[str, Any], count: int) -> Said:
    # who it was is not kept here: he may be erased, or blocked, and the comment itself says it
    title, path = facts["title"], f"/comments/{facts['comment_id']}"
    if kind == "comment_replied":
        what = "A reply" if count == 1 else f"{count} replies"
        return Said(f"{what} to your comment: {title}", "Somebody answered what you said about the event.", path)
    times = "" if count == 1 else f" in {count} comments"
    return Said(f"You were mentioned{times}: {title}", "Somebody named you in a comment on the event.", path)


def _said_of_export(facts: Mapping[str, Any]) -> Said:
    path = f"/me/exports/{facts['export_id']}"
    if facts["state"] == "FAILED":
        text = "We could not put together what we keep about you. Nothing is lost: ask for it again."
        return Said("Your export did not succeed", text, path)
    until = datetime.fromisoformat(facts["expires_at"])
    text = (
        "Everything we keep about you is in one archive. Sign in to get a link, which gives it once,"
        f" until {until.astimezone(UTC):%d %B %Y, %H:%M} UTC. Did you not ask for it? Change your password."
    )
    return Said("Your export is ready", text, path)


def _said_of_seat(
    kind: Literal["seat_promoted", "seat_offered", "seat_moved", "ticket_issued"], facts: Mapping[str, Any]
) -> Said:
    title, path = facts["title"], f"/events/{facts['event_id']}"
    if kind == "seat_promoted":
        seat = _SEATS[facts.get("reason", "seat-freed")]
        return Said(f"You have a seat: {title}", f"{seat} {_when(facts)}", path)
    if kind == "seat_moved":
        what, text = _MOVED[facts["status"]]
        return Said(f"{what}: {title}", f"{text} {_when(facts)}", path)
    if kind == "ticket_issued":
        text = f"You have a seat. {_when(facts)}{_where(facts['location'])} Your ticket is scanned when you arrive."
        return Said(f"Your ticket: {title}", text, f"{path}/rsvp/ticket")
    until = datetime.fromisoformat(facts["offered_until"]).astimezone(ZoneInfo(facts["timezone"]))
    text = (
        f"A seat is kept for you until {until:%A, %d %B %Y, %H:%M} ({facts['timezone']}): answer GOING to take it."
        f" After that it is offered to the next one. {_when(facts)}"
    )
    return Said(f"A seat for you: {title}", text, path)


def _said_of_event(kind: Kind, facts: Mapping[str, Any], count: int) -> Said:
    title, path = facts["title"], f"/events/{facts['event_id']}"
    match kind:
        case "event_cancelled":
            words = f" The organiser says: {facts['message']}" if facts.get("message") else ""
            text = f"The event was cancelled. It would have begun: {_when(facts)}{words}"
            return Said(f"Cancelled: {title}", text, path)
        case "event_moved":
            return Said(f"Moved: {title}", f"The event has another time or place. {_moved(facts)}", path)
        case "event_needs_organiser":
            text = f"Whoever organised it has left. It takes no answers until somebody takes it over. {_when(facts)}"
            return Said(f"Without an organiser: {title}", text, path)
        case "organiser_appointed":
            what, text = _ROLES[facts["role"]]
            return Said(f"{what}: {title}", f"{text} {_when(facts)}", path)
        case "invitation":
            return _said_of_invitation(facts)
        case _:
            return Said(f"{_answers(count)}: {title}", "Look at the participants to see who comes.", path)


def _said_of_invitation(facts: Mapping[str, Any]) -> Said:
    who, title, path = facts["username"], facts["title"], f"/events/{facts['event_id']}"
    if facts["occasion"] == "reminder":
        text = f"You have not answered the invitation of {who} yet. {_when(facts)} Will you come?"
        return Said(f"Will you come? {title}", text, path)
    return Said(f"You are invited: {title}", f"{who} invites you. {_when(facts)} Will you come?", path)


def _moved(facts: Mapping[str, Any]) -> str:
    now = f"{_when(facts)}{_where(facts['location'])}"
    if facts.get("was_start_date"):
        before = {"start_date": facts["was_start_date"], "timezone": facts["was_timezone"]}
        now = f"{now} It was: {_when(before)}{_where(facts.get('was_location'))}"
    return f"{now} Is your answer still right?" if facts.get("asked_again", True) else now


def _where(location: str | None) -> str:
    return f" Place: {location}." if location else ""


def _answers(count: int) -> str:
    return "A new answer" if count == 1 else f"{count} new answers"


def _when(facts: Mapping[str, Any]) -> str:
    start = datetime.fromisoformat(facts["start_date"]).astimezone(ZoneInfo(facts["timezone"]))
    return f"{start:%A, %d %B %Y, %H:%M} ({facts['timezone']})."
