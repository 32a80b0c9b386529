"""Rules of events that need nothing but their input."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ijaa.events.catalogue.domain import SLACK, place_key, range_violations, schedule_violations, search_key
from ijaa.events.participations.domain import Move, may_answer, move, takes_answers
from ijaa.events.seats.domain import Waiter, next_in

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def pointers(start: datetime, end: datetime, deadline: datetime | None = None) -> set[str]:
    """Return what is wrong with a schedule in UTC."""
    found = schedule_violations(start=start, end=end, zone="UTC", deadline=deadline, now=NOW)
    return {violation.pointer for violation in found}


def test_the_edges_of_a_schedule() -> None:
    # mutant: any comparison with or without equality
    assert pointers(NOW - SLACK, NOW) == set()
    assert pointers(NOW - SLACK - timedelta(microseconds=1), NOW) == {"/start_date"}
    assert pointers(NOW, NOW) == {"/end_date"}
    assert pointers(NOW, NOW + HOUR, NOW + HOUR) == set()
    assert pointers(NOW, NOW + HOUR, NOW + HOUR + timedelta(microseconds=1)) == {"/rsvp_deadline"}


@given(st.datetimes(timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))))
def test_what_passes_the_range_can_be_written_in_any_zone(moment: datetime) -> None:
    # mutant: compare naive values, or a wider range
    if not list(range_violations({"at": moment})):
        moment.astimezone(timezone(timedelta(hours=23)))
        moment.astimezone(timezone(timedelta(hours=-23)))


def test_keys_are_folded_and_fit_their_columns() -> None:
    longest = search_key(title="ﷺ" * 200, event_type="ﷺ" * 50, tags=["ﷺ" * 50] * 20, description="ﷺ" * 10_000)
    assert len(longest) <= 25_000
    assert search_key(title="Élan", event_type=None, tags=["A  B"], description=None) == "elan a b"
    assert place_key(None) is None
    assert len(place_key("ﷺ" * 100) or "") <= 300


WAITERS = st.lists(st.integers(1, 6), max_size=30).map(
    lambda sizes: [Waiter(number, seats) for number, seats in enumerate(sizes)]
)


@given(WAITERS, st.none() | st.integers(0, 40))
def test_promotion_takes_in_order_whoever_fits(waiters: list[Waiter], free: int | None) -> None:
    # mutant: stop at the first who does not fit; `<` for `<=`; forget to count down
    chosen = next_in(waiters, free)
    assert chosen == [waiter for waiter in waiters if waiter in chosen]
    if free is None:
        assert chosen == waiters
        return
    left = free - sum(waiter.seats for waiter in chosen)
    assert left >= 0
    assert all(waiter.seats > left for waiter in waiters if waiter not in chosen)
    for waiter in waiters:
        before = sum(one.seats for one in chosen if one.id < waiter.id)
        assert (waiter in chosen) == (waiter.seats <= free - before)


@pytest.mark.parametrize(
    ("old", "answer", "needs_approval", "expected"),
    [
        (None, "GOING", False, Move.CLAIM),
        (None, "GOING", True, Move.ASK),
        ("MAYBE", "GOING", True, Move.ASK),
        ("PENDING", "GOING", True, Move.ASK),
        ("PENDING", "GOING", False, Move.CLAIM),
        ("GOING", "GOING", True, Move.RESIZE),
        ("WAITLISTED", "GOING", True, Move.KEEP_PLACE),
        ("GOING", "MAYBE", False, Move.LEAVE),
        ("WAITLISTED", "NOT_GOING", False, Move.LEAVE),
        (None, "NOT_GOING", True, Move.LEAVE),
    ],
)
def test_what_an_answer_does(old: str | None, answer: str, needs_approval: bool, expected: Move) -> None:  # noqa: FBT001
    assert move(old, answer, needs_approval=needs_approval) is expected


@pytest.mark.parametrize(
    ("old", "answer", "may"),
    [
        (None, "GOING", False),
        (None, "NOT_GOING", False),
        ("NOT_GOING", "GOING", False),
        ("MAYBE", "GOING", False),
        ("MAYBE", "NOT_GOING", True),
        ("GOING", "GOING", True),
        ("WAITLISTED", "GOING", True),
        ("PENDING", "MAYBE", True),
    ],
)
def test_what_the_uninvited_may_answer(old: str | None, answer: str, may: bool) -> None:  # noqa: FBT001
    assert may_answer(old, answer, welcome=False) == may
    assert may_answer(old, answer, welcome=True)


@pytest.mark.parametrize("status", ["DRAFT", "CANCELLED", "COMPLETED", "NEEDS_ORGANISER"])
def test_only_published_events_take_answers(status: str) -> None:
    assert not takes_answers(status=status, end=NOW + HOUR, deadline=None, now=NOW)


def test_answers_are_taken_up_to_the_deadline_and_before_the_end() -> None:
    assert takes_answers(status="PUBLISHED", end=NOW + HOUR, deadline=NOW, now=NOW)
    assert not takes_answers(status="PUBLISHED", end=NOW + HOUR, deadline=NOW - timedelta(microseconds=1), now=NOW)
    assert not takes_answers(status="PUBLISHED", end=NOW, deadline=None, now=NOW)
