"""Search keys: what people mean, not how they type it."""

import pytest

from ijaa.shared.text import fold, like_pattern


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("José  ÁLVAREZ", "jose alvarez"),
        ("STRAẞE", "strasse"),
        ("ﬁne\tday", "fine day"),
        ("  ", ""),
        ("রহমান", fold("রহমান")),
    ],
)
def test_case_accents_and_space_do_not_matter(typed: str, key: str) -> None:
    assert fold(typed) == key


def test_wildcards_mean_themselves() -> None:
    assert like_pattern("50%_off\\") == r"%50\%\_off\\%"
