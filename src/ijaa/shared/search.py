"""Texts found by the words in them: one way to cut a text into words, for what is kept and for what is asked."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from ijaa.shared.text import fold

MOST_WORDS = 8
"""Of a query; more of them narrow nothing any more."""
_WORD = re.compile(r"\w+")
_LONGEST_WORD = 50


class Query(msgspec.Struct, frozen=True):
    """What somebody looks for, as PostgreSQL's `tsquery` takes it; a word may go on."""

    whole: str
    """All of it, folded."""
    first: str
    """Every word is one of those that `lexemes` marks."""
    anywhere: str
    words: list[str]


class Bound:
    """Collects the arguments of a statement, and gives each its place."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments: list[Any] = [*arguments]

    def __call__(self, value: Any) -> str:
        """Return the parameter that holds a value."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"


def query(text: str) -> Query | None:
    """Return what a text asks for, or None when there is no word in it."""
    words = words_of(text)[:MOST_WORDS]
    if not words:
        return None
    # a word is letters, digits and underscores alone, so nothing in it can mean something to PostgreSQL
    first, anywhere = (" & ".join(f"'{mark}{word}':*" for word in words) for mark in ("^", ""))
    return Query(fold(text), first, anywhere, words)


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded, in their order; what is longer than any word is cut."""
    return [word[:_LONGEST_WORD] for word in _WORD.findall(fold(text))]


def lexemes(first: Iterable[str], others: Iterable[str], most: int) -> list[str]:
    """Return the words something is found by, at most so many; those of the `first` texts a second time, marked."""
    leading = [word for text in first for word in words_of(text)]
    following = [word for text in others for word in words_of(text)]
    return sorted({*(f"^{word}" for word in leading), *leading, *following})[:most]
