"""Rules of feature flags: a tree in which a flag is on only if it and every ancestor are on."""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ijaa.shared.errors import Violation

NAME = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
PROTECTED = frozenset({"admin.auth"})
"""Without these nobody could sign in to switch them on again; their ancestors are protected with them."""


class Flag(msgspec.Struct, frozen=True):
    """A flag as every process knows it."""

    name: str
    parent: str | None
    enabled: bool
    """Its own switch; whether it is on depends on its ancestors too."""


def lineage(flags: Mapping[str, Flag], name: str) -> Iterator[str]:
    """Yield a flag and its ancestors, upwards; stops where a parent is missing or the tree bites its tail."""
    seen: set[str] = set()
    current: str | None = name
    while current is not None and current in flags and current not in seen:
        seen.add(current)
        yield current
        current = flags[current].parent


def is_on(flags: Mapping[str, Flag], name: str) -> bool:
    """Whether a flag is on; an unknown one is off."""
    return name in flags and all(
        flags[one].enabled and (flags[one].parent is None or flags[one].parent in flags) for one in lineage(flags, name)
    )


def switched_on(flags: Mapping[str, Flag]) -> frozenset[str]:
    """Return every flag that is on."""
    return frozenset(name for name in flags if is_on(flags, name))


def by_name(flags: Iterable[Flag]) -> dict[str, Flag]:
    """Return flags by name."""
    return {flag.name: flag for flag in flags}


def is_protected(flags: Mapping[str, Flag], name: str) -> bool:
    """Whether switching it off would lock administrators out."""
    return any(name in lineage(flags, one) for one in PROTECTED)


def violations(flags: Mapping[str, Flag], flag: Flag) -> Iterator[Violation]:
    """Yield what keeps a flag from standing in this tree; `flags` holds it already as it is to be."""
    if not NAME.fullmatch(flag.name):
        yield Violation("/name", "takes words of a to z and 0 to 9, joined by single dots or hyphens")
    if flag.parent is not None and flag.parent not in flags:
        yield Violation("/parent", "is no flag")
    elif flag.parent is not None and flag.name in lineage(flags, flag.parent):
        yield Violation("/parent", "is the flag itself or hangs below it: a flag cannot be its own ancestor")
