"""The code of a ticket, and when a door is open: rules that need nothing but their input."""

from base64 import b32decode, b32encode
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ijaa.events.checkins.domain import AFTER, BEFORE, lets_in, no_shows, rate
from ijaa.events.tickets.domain import Ticket, Tickets
from ijaa.shared.schema import MAX_ID, MAX_INT

tickets = Tickets(b"k" * 32)
IDS, ROTATIONS = st.integers(1, MAX_ID), st.integers(1, MAX_INT)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = START + timedelta(hours=2)
TICK = timedelta(microseconds=1)


@given(IDS, IDS, ROTATIONS)
def test_a_code_gives_back_whose_it_is(event: int, answer: int, rotation: int) -> None:
    code = tickets.write(event, Ticket(answer, rotation))
    assert tickets.read(event, code) == Ticket(answer, rotation)
    assert code.isascii()
    assert code.isalnum()
    assert len(code) <= 48


@given(IDS, IDS, IDS, ROTATIONS)
def test_a_code_is_good_for_its_event_and_its_installation_alone(
    event: int, other: int, answer: int, rotation: int
) -> None:
    # mutants: a MAC without the event; a key that is the same everywhere
    code = tickets.write(event, Ticket(answer, rotation))
    if event != other:
        assert tickets.read(other, code) is None
    assert Tickets(b"j" * 32).read(event, code) is None


@given(st.data())
def test_an_altered_code_is_refused(data: st.DataObject) -> None:
    # mutants: compare a part of the tag; let the last letter's spare bits be anything
    code = tickets.write(7, Ticket(data.draw(IDS), data.draw(ROTATIONS)))
    position = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.characters().filter(lambda c: c != code[position]))
    assert tickets.read(7, code[:position] + other + code[position + 1 :]) is None


@given(st.text(max_size=70) | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=", max_size=70))
def test_what_nobody_wrote_is_refused_and_nothing_breaks(code: str) -> None:
    assert tickets.read(7, code) is None


@given(st.binary(max_size=30))
def test_a_tag_of_anything_else_than_a_ticket_is_refused(body: bytes) -> None:
    """Kills: bytes that are decoded before it is known that they are ours, and break."""
    code = b32encode(b"t" * 12 + body).rstrip(b"=").decode()
    assert tickets.read(7, code) is None


@pytest.mark.parametrize("said", [(0, 1), (1, 0), (-1, 1), (2**63, 1), (1, 2**31), ("1", 1), (1.0, 1), (1,), (1, 1, 1)])
def test_a_signed_code_of_no_possible_answer_is_refused(said: tuple[object, ...]) -> None:
    # mutant: trust whatever is in a code, because it is signed
    code = tickets.write(7, msgspec.convert((1, 1), Ticket))
    tag = b32decode(code + "=" * (-len(code) % 8))[:12]
    assert tickets.read(7, b32encode(tag + msgspec.msgpack.encode(said)).rstrip(b"=").decode()) is None


def test_the_edges_of_a_door() -> None:
    # mutants: any comparison with or without equality; an event that was cancelled or never announced
    def opened(at: datetime, status: str = "PUBLISHED") -> bool:
        return lets_in(status=status, start=START, end=END, at=at)

    assert [opened(START - BEFORE - TICK), opened(START - BEFORE)] == [False, True]
    assert [opened(END + AFTER), opened(END + AFTER + TICK)] == [True, False]
    assert [opened(START, one) for one in ("COMPLETED", "NEEDS_ORGANISER", "CANCELLED", "DRAFT")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_nobody_failed_to_come_before_the_end() -> None:
    def missing(now: datetime, status: str = "PUBLISHED") -> int | None:
        return no_shows(status=status, end=END, confirmed=5, attended=2, now=now)

    assert [missing(END - TICK), missing(END), missing(END, "CANCELLED")] == [None, 3, None]


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_rate_is_a_share_and_of_nothing_there_is_none(one: int, other: int) -> None:
    part, whole = sorted((one, other))
    found = rate(part, whole)
    assert found is None if whole == 0 else found is not None and 0 <= found <= 1
