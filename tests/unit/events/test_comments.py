"""What a comment may say, and whom it names."""

import pytest

from ijaa.events.comments.domain import (
    LONGEST,
    MOST_MENTIONS,
    content_violations,
    may_comment,
    mentions,
    newly_mentioned,
)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("@asha come!", ["asha"]),
        ("thanks @Asha, @ben and @asha", ["asha", "ben"]),
        ("(@b.en-2_x)", ["b.en-2_x"]),
        ("ask @asha.", ["asha.", "asha"]),
        ("write to asha@mail.example", []),
        ("asha@@ben or a.@ben or x-@ben", []),
        ("@asha@mail.example is no handle", []),
        ("see https://x.example/@asha", []),
        ("@ab is too short, @ too", []),
        (f"@{'a' * 101} is too long", []),
        (f"@{'a' * 100}", ["a" * 100]),
        ("@\u0430sha", []),
        ("@@asha", []),
    ],
)
def test_a_name_is_what_stands_behind_an_at_sign(content: str, named: list[str]) -> None:
    # mutants: half of an address taken for a name; cases told apart; a name cut in the middle
    assert mentions(content) == named


def test_one_comment_names_no_more_than_twenty() -> None:
    # mutant: a comment that rings at everybody's door
    names = [f"member{number:02}" for number in range(MOST_MENTIONS + 5)]
    assert mentions(" ".join(f"@{name}" for name in [*names, names[0]])) == names[:MOST_MENTIONS]


def test_who_was_named_before_is_not_named_anew() -> None:
    # mutant: compare with the latest text alone, so that taking a name out and in again tells him each time
    assert newly_mentioned("@asha @ben @chen", ["@ben", "nobody", "@CHEN!"]) == ["asha"]
    assert newly_mentioned("@asha", []) == ["asha"]


def test_a_text_has_a_length() -> None:
    assert [*content_violations("x" * LONGEST)] == [*content_violations("x")] == []
    assert [one.pointer for one in (*content_violations(""), *content_violations("x" * (LONGEST + 1)))] == [
        "/content", "/content",
    ]  # fmt: skip


@pytest.mark.parametrize("privacy", ["PUBLIC", "PRIVATE"])
def test_whoever_sees_an_event_talks_about_it(privacy: str) -> None:
    assert may_comment(privacy=privacy, answer=None, belongs=False)
    assert may_comment(privacy=privacy, answer="NOT_GOING", belongs=False)


@pytest.mark.parametrize(
    ("answer", "belongs", "may"),
    [
        (None, False, False), ("NOT_GOING", False, False), ("NOT_GOING", True, True), ("GOING", False, True),
        ("WAITLISTED", False, True), (None, True, True),
    ],
)  # fmt: skip
def test_a_closed_event_is_talked_about_by_those_who_belong_to_it(
    answer: str | None, *, belongs: bool, may: bool
) -> None:
    # mutants: an old refusal that lets in; a participant whose invitation was revoked kept out
    assert may_comment(privacy="INVITE_ONLY", answer=answer, belongs=belongs) is may
