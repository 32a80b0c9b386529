"""Who is next, and what the ledger of seats adds up to (behaviours: waitlist)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec

OFFER_MINUTES = 1440
"""How long an offer stands where the event does not say."""

What = Literal[
    "carried-over", "answered", "claimed", "waitlisted", "asked-approval", "approved", "rejected", "resized",
    "promoted", "offered", "offer-accepted", "offer-declined", "offer-expired", "offer-withdrawn", "gave-up",
    "withdrawn", "moved", "erased", "capacity-changed",
]  # fmt: skip
WHATS: tuple[What, ...] = get_args(What)
Status = Literal["GOING", "MAYBE", "NOT_GOING", "PENDING", "WAITLISTED"]
STATUSES: tuple[Status, ...] = get_args(Status)
Actor = Literal["self", "organiser", "system"]
ACTORS: tuple[Actor, ...] = get_args(Actor)
Why = Literal["seat-freed", "seats-added", "seats-removed", "offer-expired"]
WHYS: tuple[Why, ...] = get_args(Why)


class Waiter(msgspec.Struct, frozen=True):
    """One entry of a waitlist: a member and his guests."""

    id: int
    seats: int
    place: int = 0
    """1-based, among all who wait."""


def next_in(waiters: Sequence[Waiter], free: int | None) -> list[Waiter]:
    """Return those who get a seat now, in the order of the list; None is no limit.

    Who fits is taken in order, so a single may pass a group that does not fit; the group keeps its place.
    """
    chosen = []
    for waiter in waiters:
        if free is None:
            chosen.append(waiter)
        elif waiter.seats <= free:
            chosen.append(waiter)
            free -= waiter.seats
    return chosen


def unheld(offered: Sequence[Waiter], free: int) -> list[Waiter]:
    """Return whose offers have to go so that the rest fit into what is free: the last ones in the order first."""
    gone, held = [], sum(one.seats for one in offered)
    for one in reversed(offered):
        if held <= free:
            break
        gone.append(one)
        held -= one.seats
    return gone


def offer_ends(now: datetime, minutes: int | None, deadline: datetime | None, start: datetime) -> datetime | None:
    """Return until when an offer made now stands, never past the deadline or the start; None when it is too late."""
    until = min(now + timedelta(minutes=minutes or OFFER_MINUTES), start, *filter(None, [deadline]))
    return until if until > now else None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the ledger, as far as it changes anything."""

    entry: int
    what: What
    participation_id: int | None
    status_before: str | None
    status: str | None
    """None once the answer is gone."""
    guests: int
    seats: int
    """How many more are taken now."""
    waiting: int
    """How many entries more the waitlist has now."""
    seq: int | None = None
    """The new place in the order; None where it stays as it was."""
    priority: int | None = None
    offered_until: datetime | None = None


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody answered; `seq`, `priority` and the offer are of those who wait."""

    status: str
    guests: int
    seq: int | None = None
    priority: int = 0
    offered_until: datetime | None = None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The seats of an event: by the rows, or by what the ledger adds up to."""

    going: int = 0
    waiting: int = 0
    entries: int = 0
    seats: Mapping[int, Seat] = {}
    """By the id of the participation."""


def fold(entries: Iterable[Entry]) -> Tally:
    """Return what entries, in their order, add up to: the ledger's word on the seats of an event.

    What does not follow from the entries before it is taken as it is said: `breaks` tells of it.
    """
    going, waiting, number = 0, 0, 0
    seats = dict[int, Seat]()
    for one in entries:
        going, waiting, number = going + one.seats, waiting + one.waiting, one.entry
        if one.participation_id is None:
            continue
        old = seats.pop(one.participation_id, None)
        if one.status is None:
            continue
        if one.what == "moved" and one.status == "WAITLISTED" and one.seq is not None:
            seats = {key: _behind(seat, one.seq) for key, seat in seats.items()}
        seats[one.participation_id] = _after(one, old)
    return Tally(going=going, waiting=waiting, entries=number, seats=seats)


def breaks(entries: Iterable[Entry]) -> list[str]:
    """Return where entries do not follow from those before them, as sentences: one missing, one too many."""
    found, last, statuses = [], 0, dict[int, str | None]()
    for one in entries:
        if one.entry != last + 1:
            found.append(f"entry {one.entry} follows entry {last}")
        last = one.entry
        if (key := one.participation_id) is not None:
            if (before := statuses.get(key)) != one.status_before:
                found.append(f"entry {last} finds answer {key} {one.status_before}, which was {before}")
            statuses[key] = one.status
    return found


def differences(told: Tally, found: Tally) -> list[str]:
    """Return in what the rows of an event differ from what its ledger adds up to, as sentences."""
    counted = [
        f"{name} is {getattr(found, name)}, by the ledger {getattr(told, name)}"
        for name in ("going", "waiting", "entries")
        if getattr(found, name) != getattr(told, name)
    ]
    return counted + [
        f"answer {key} is {_said(found.seats.get(key))}, by the ledger {_said(told.seats.get(key))}"
        for key in sorted(told.seats.keys() | found.seats.keys())
        if told.seats.get(key) != found.seats.get(key)
    ]


def carried(told: Tally, found: Tally) -> list[Entry]:
    """Return the entries a ledger lacks of the answers that are found; it then adds up to them."""
    entries = list[Entry]()
    for key in sorted(told.seats.keys() | found.seats.keys()):
        old, new = told.seats.get(key), found.seats.get(key)
        if old == new:
            continue
        entries.append(
            Entry(
                entry=found.entries + len(entries) + 1,
                what="carried-over",
                participation_id=key,
                status_before=old.status if old else None,
                status=new.status if new else None,
                guests=new.guests if new else 0,
                seats=_held(new) - _held(old),
                waiting=_waits(new) - _waits(old),
                seq=new.seq if new else None,
                priority=new.priority if new and _waits(new) else None,
                offered_until=new.offered_until if new else None,
            )
        )
    return entries


def _held(seat: Seat | None) -> int:
    return 1 + seat.guests if seat and seat.status == "GOING" else 0


def _waits(seat: Seat | None) -> int:
    return int(seat is not None and seat.status == "WAITLISTED")


def _after(entry: Entry, old: Seat | None) -> Seat:
    assert entry.status is not None  # noqa: S101 - such an entry leaves no seat
    if entry.status != "WAITLISTED":
        return Seat(status=entry.status, guests=entry.guests)
    return Seat(
        status=entry.status,
        guests=entry.guests,
        seq=entry.seq if entry.seq is not None or old is None else old.seq,
        priority=entry.priority if entry.priority is not None else old.priority if old else 0,
        offered_until=entry.offered_until,
    )


def _behind(seat: Seat, seq: int) -> Seat:
    """Return a seat one place back where somebody was put in front of it."""
    return seat if seat.seq is None or seat.seq < seq else msgspec.structs.replace(seat, seq=seat.seq + 1)


def _said(seat: Seat | None) -> str:
    if seat is None:
        return "not there"
    kept = {name: value for name, value in msgspec.structs.asdict(seat).items() if value}
    return " ".join(f"{name}={value}" for name, value in kept.items())


_SAID: Mapping[What, str] = {
    "carried-over": "Carried over from before the ledger was kept",
    "answered": "Answered without asking for a seat",
    "claimed": "Took a seat",
    "waitlisted": "Joined the waitlist",
    "asked-approval": "Asked the organisers for a seat",
    "approved": "Approved by an organiser",
    "rejected": "Turned down by an organiser",
    "resized": "Changed the number of guests",
    "promoted": "Came from the waitlist to a seat",
    "offered": "Was offered a seat",
    "offer-accepted": "Accepted the seat that was offered",
    "offer-declined": "Declined the seat that was offered",
    "offer-expired": "Let the offer of a seat pass, and went to the end of the waitlist",
    "offer-withdrawn": "The offer of a seat was taken back; the place on the waitlist was kept",
    "gave-up": "Gave the seat, or the place, up",
    "withdrawn": "Took the answer back",
    "moved": "Moved by an organiser",
    "erased": "The account was erased",
    "capacity-changed": "The number of seats was changed",
}
_WHY: Mapping[Why, str] = {
    "seat-freed": "a seat was freed",
    "seats-added": "seats were added",
    "seats-removed": "there are fewer seats",
    "offer-expired": "an offer expired",
}
_FROM = {"promoted", "offered"}
_STATUS: Mapping[Status, str] = {
    "GOING": "with a seat",
    "MAYBE": "undecided",
    "NOT_GOING": "without a seat",
    "PENDING": "asking",
    "WAITLISTED": "waiting",
}


class Past(msgspec.Struct, frozen=True):
    """What happened to one seat, as it is told."""

    at: datetime
    what: What
    status: Status | None
    guests: int
    position: int | None
    reason: Why | None


def said(one: Past) -> str:
    """Return it as an English sentence; whose seat it was is never in it."""
    words = _SAID[one.what]
    if one.what in {"approved", "moved"} and one.status is not None:
        words += f", {_STATUS[one.status]}"
    if one.position is not None:
        words += f", from place {one.position}" if one.what in _FROM else f", place {one.position}"
    if one.guests and one.status != "NOT_GOING":
        words += f", with {one.guests} guest{'s' * (one.guests > 1)}"
    return f"{words}: {_WHY[one.reason]}." if one.reason else f"{words}."
