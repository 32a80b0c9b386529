"""Cursors are opaque, bound to their list, and cannot be made up."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ijaa.shared.errors import Malformed
from ijaa.shared.pages import Cursors

cursors = Cursors(b"k" * 32)


@given(st.integers(-(2**63), 2**63 - 1), st.text(max_size=50))
def test_a_cursor_gives_back_its_keys(number: int, text: str) -> None:
    assert cursors.read("list", cursors.write("list", number, text), tuple[int, str]) == (number, text)


@given(st.data())
def test_an_altered_cursor_is_refused(data: st.DataObject) -> None:
    # mutant: compare only a part of the tag
    cursor = cursors.write("list", 7, "x" * data.draw(st.integers(0, 2)))
    position = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != cursor[position]))
    with pytest.raises(Malformed):
        cursors.read("list", cursor[:position] + other + cursor[position + 1 :], tuple[int, str])


@pytest.mark.parametrize("length", range(3))
def test_a_cursor_has_one_spelling(length: int) -> None:
    # mutant: take whatever decodes to the same bytes: the last letter carries bits that mean nothing
    cursor = cursors.write("list", "x" * length)
    for other in set(string.ascii_letters + string.digits + "-_") - {cursor[-1]}:
        with pytest.raises(Malformed):
            cursors.read("list", cursor[:-1] + other, tuple[str])


@pytest.mark.parametrize("cursor", ["", "x", "=", "%%%", "é", "A" * 5000])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Malformed):
        cursors.read("list", cursor, tuple[int, str])


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(Malformed):
        cursors.read("other", cursors.write("list", 7), tuple[int])


def test_a_page_has_a_cursor_only_when_there_is_more() -> None:
    assert cursors.page("list", [1, 2], 2, lambda n: (n,)) == ([1, 2], None)
    kept, cursor = cursors.page("list", [1, 2, 3], 2, lambda n: (n,))
    assert kept == [1, 2]
    assert cursor is not None
    assert cursors.read("list", cursor, tuple[int]) == (2,)
