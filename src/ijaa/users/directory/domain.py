"""What of a member can be found by whom, as entries of the directory.

A member has one entry for members and, where his connections see more, one for them. What an audience does not see is
not in its entry, so it can neither match nor filter, sort or be counted (behaviours: Field audiences).
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from ijaa.shared.search import lexemes
from ijaa.shared.text import fold
from ijaa.users.profiles.domain import Relation, visible_fields, visible_lists

Sort = Literal["relevance", "name", "batch", "connections"]
MEMBERS, CONNECTIONS = 1, 2
"""Levels of entries: `Relation` of those who find by them."""
FACET_VALUES, FACET_PEOPLE = 50, 3
"""How many values a facet shows, and how many people have to be behind each: fewer would point at persons."""
SUGGESTED = 8
KEY_LENGTH = 200
_WORDS = 400
_NAMES = ("name", "former_name", "nickname")


class Source(msgspec.Struct, frozen=True):
    """What the entries of a member are made of."""

    user_id: int
    username: str
    name: str
    former_name: str | None
    nickname: str | None
    profession: str | None
    location: str | None
    batch: str | None
    visibility: str
    """JSON."""
    titles: list[str]
    companies: list[str]
    interests: list[str]
    connections: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the directory."""

    user_id: int
    level: int
    personal: bool
    """Whether connections have an entry of their own instead."""
    sort_key: str
    """The name, folded; of a hidden name the username, which everybody sees."""
    batch: str
    """'' without one."""
    profession_key: str | None
    location_key: str | None
    company_keys: list[str]
    interest_keys: list[str]
    names: str
    """Folded, for names that are misspelt."""
    words: list[str]
    """As `shared.search` asks for them, those of names first."""
    connections: int


def entries(source: Source) -> Iterator[Entry]:
    """Yield the entries of a member."""
    wide, near = _entry(source, MEMBERS), _entry(source, CONNECTIONS)
    if msgspec.structs.replace(near, level=MEMBERS) == wide:
        yield wide
    else:
        yield msgspec.structs.replace(wide, personal=True)
        yield near


def key(text: str) -> str:
    """Return what a text is compared and sorted by, cut to its column: folding can make it longer."""
    return fold(text)[:KEY_LENGTH]


def _entry(source: Source, level: int) -> Entry:
    relation = Relation(level)
    shown, lists = visible_fields(source.visibility, relation), visible_lists(source.visibility, relation)
    seen = {name: getattr(source, name) for name in (*_NAMES, "profession", "location", "batch") if name in shown}
    jobs, companies = (source.titles, source.companies) if "experiences" in lists else ([], [])
    interests = source.interests if "interests" in lists else []
    names = [seen[name] for name in _NAMES if seen.get(name)]
    profession, location = seen.get("profession"), seen.get("location")
    others = [text for text in (profession, location, *jobs, *companies, *interests) if text]
    return Entry(
        user_id=source.user_id,
        level=level,
        personal=False,
        sort_key=key(seen["name"]) if "name" in seen else source.username,
        batch=seen.get("batch") or "",
        profession_key=key(profession) if profession else None,
        location_key=key(location) if location else None,
        company_keys=_distinct(key(one) for one in companies),
        interest_keys=_distinct(key(one) for one in interests),
        names=" ".join(fold(name) for name in names),
        words=lexemes((source.username, *names), others, _WORDS),
        connections=source.connections,
    )


def _distinct(values: "Iterator[str] | Sequence[str]") -> list[str]:
    return sorted(set(values))
