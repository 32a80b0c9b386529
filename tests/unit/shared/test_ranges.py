"""Ranges of files, as players ask for them (RFC 9110 §14)."""

import pytest

from ijaa.shared.http.ranges import RangeNotSatisfiable, range_of

SIZE = 1000


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, None),
        ("bytes=0-", (0, SIZE)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=990-2000", (990, SIZE)),
        ("bytes=-10", (990, SIZE)),
        ("bytes=-5000", (0, SIZE)),
        (" bytes=5-6 ", (5, 7)),
        ("bytes=-", None),
        ("bytes=20-10", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=" + "9" * 400 + "-", None),
    ],
)
def test_a_range_is_read_or_counts_for_nothing(asked: str | None, expected: tuple[int, int] | None) -> None:
    # mutants: an end that is not included; a suffix read as a beginning; several ranges answered by the first
    assert range_of(asked, SIZE) == expected


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=99999-100000", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_length(asked: str) -> None:
    # mutant: an empty answer, or the whole file
    with pytest.raises(RangeNotSatisfiable) as caught:
        range_of(asked, SIZE)
    assert caught.value.headers == {"Content-Range": "bytes */1000"}
