"""Who is next (behaviours: waitlist)."""

from collections.abc import Sequence

import msgspec


class Waiter(msgspec.Struct, frozen=True):
    """One entry of a waitlist: a member and his guests."""

    id: int
    seats: int


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
