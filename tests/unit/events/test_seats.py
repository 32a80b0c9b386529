"""Who is next, how long an offer stands, and what a ledger of seats adds up to."""

from datetime import UTC, datetime, timedelta

from ijaa.events.seats.domain import (
    Entry,
    Past,
    Seat,
    Waiter,
    What,
    breaks,
    differences,
    fold,
    next_in,
    offer_ends,
    said,
    unheld,
)

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _entry(number: int, what: What, key: int | None, before: str | None, after: str | None, **given: int) -> Entry:
    held = {"guests": 0, "seats": 0, "waiting": 0, **given}
    return Entry(entry=number, what=what, participation_id=key, status_before=before, status=after, **held)


STORY = [
    _entry(1, "claimed", 1, None, "GOING", guests=1, seats=2),
    _entry(2, "waitlisted", 2, None, "WAITLISTED", waiting=1, seq=1, priority=0),
    _entry(3, "waitlisted", 3, None, "WAITLISTED", waiting=1, seq=2, priority=0),
    _entry(4, "waitlisted", 4, None, "WAITLISTED", waiting=1, seq=3, priority=0),
    _entry(5, "moved", 4, "WAITLISTED", "WAITLISTED", seq=2, priority=0),
    _entry(6, "gave-up", 1, "GOING", "NOT_GOING", seats=-2),
    _entry(7, "promoted", 2, "WAITLISTED", "GOING", seats=1, waiting=-1),
    _entry(8, "capacity-changed", None, None, None),
    _entry(9, "withdrawn", 2, "GOING", None, seats=-1),
    _entry(10, "resized", 3, "WAITLISTED", "WAITLISTED", guests=2),
]


def test_a_ledger_adds_up_to_the_seats() -> None:
    # mutants: keep the place of whom somebody was put in front of; forget the place of who only brings more guests
    told = fold(STORY)
    assert (told.going, told.waiting, told.entries) == (0, 2, 10)
    assert told.seats == {
        1: Seat(status="NOT_GOING", guests=0),
        3: Seat(status="WAITLISTED", guests=2, seq=3),
        4: Seat(status="WAITLISTED", guests=0, seq=2),
    }
    assert breaks(STORY) == []


def test_an_entry_that_is_missing_or_too_much_is_found() -> None:
    # mutant: look at the numbers alone, or at the statuses alone
    for gone in range(len(STORY) - 1):
        assert breaks([*STORY[:gone], *STORY[gone + 1 :]]), gone
    forged = _entry(11, "claimed", 4, "NOT_GOING", "GOING", seats=1)
    assert breaks([*STORY, forged]) == ["entry 11 finds answer 4 NOT_GOING, which was WAITLISTED"]


def test_differences_are_said_for_people() -> None:
    told, found = fold(STORY), fold(STORY[:-1])
    assert differences(told, told) == []
    assert differences(told, found) == [
        "entries is 9, by the ledger 10",
        "answer 3 is status=WAITLISTED seq=3, by the ledger status=WAITLISTED guests=2 seq=3",
    ]


def test_an_offer_stands_no_longer_than_the_deadline_and_the_start() -> None:
    # mutants: a day whatever comes; an offer that ends before it is made
    day = timedelta(days=1)
    assert offer_ends(NOW, None, None, NOW + 9 * day) == NOW + day
    assert offer_ends(NOW, 30, None, NOW + day) == NOW + HOUR / 2
    assert offer_ends(NOW, 600, NOW + HOUR, NOW + day) == NOW + HOUR
    assert offer_ends(NOW, 600, NOW + 9 * HOUR, NOW + HOUR) == NOW + HOUR
    assert offer_ends(NOW, 600, NOW, NOW + day) is None
    assert offer_ends(NOW, 600, None, NOW - HOUR) is None


def test_the_last_offers_go_first_where_seats_are_taken_away() -> None:
    three = [Waiter(1, 2), Waiter(2, 1), Waiter(3, 2)]
    assert unheld(three, 5) == []
    assert [one.id for one in unheld(three, 4)] == [3]
    assert [one.id for one in unheld(three, 2)] == [3, 2]
    assert [one.id for one in next_in(three, 3)] == [1, 2]


def test_a_history_is_told_in_sentences() -> None:
    promoted = Past(NOW, "promoted", "GOING", 2, 4, "seat-freed")
    assert said(promoted) == "Came from the waitlist to a seat, from place 4, with 2 guests: a seat was freed."
    assert said(Past(NOW, "waitlisted", "WAITLISTED", 1, 3, None)) == "Joined the waitlist, place 3, with 1 guest."
    assert said(Past(NOW, "moved", "NOT_GOING", 0, None, None)) == "Moved by an organiser, without a seat."
