"""One scan of the raw JSON body before anything else reads it.

msgspec is strict about types but takes duplicate keys, NUL and any depth; a body that means two things to two readers
is refused here (RFC 8259 §4, §8.1; I-JSON, RFC 7493 §2).
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from ijaa.shared.errors import Invalid, Malformed, Violation

MAX_DEPTH = 32
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def scan(raw: bytes) -> Any:
    """Return the decoded body; raise `Malformed` (400), or `Invalid` (422) for NUL and lone surrogates in strings."""
    _refuse_depth(raw)
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite
        )
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except ValueError as error:  # json.JSONDecodeError, or an int of thousands of digits
        raise Malformed(f"The body is not JSON: {_where(error)}") from None
    if b"\\u" in raw and (found := list(_unstorable(value, ""))):
        raise Invalid(found)
    return value


def _refuse_depth(raw: bytes) -> None:
    depth = 0
    for token in _STRUCTURE.findall(raw):
        if token in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")
        elif token in b"]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"The key {twice[:100]!r} stands twice in one object.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a JSON number.")


def _finite(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise Malformed("A number is out of range.")
    return value


def _unstorable(value: Any, pointer: str) -> Iterator[Violation]:
    """Yield the strings PostgreSQL cannot store: those with NUL or half a surrogate pair."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
            yield Violation(pointer, "holds a character that cannot be stored (NUL or half a surrogate pair)")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unstorable(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _unstorable(name, pointer)
            yield from _unstorable(item, f"{pointer}/{name.encode(errors='replace').decode()}")


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno} column {error.colno}."
    return "a number is too long."
