"""Shapes of what goes in and out: strict structs and the violations of them, all at once."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import Meta

from ijaa.shared.errors import Violation

MAX_ID = 2**63 - 1
MAX_INT = 2**31 - 1
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)

Id = Annotated[int, Meta(ge=1, le=MAX_ID)]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client sends: every field declared, nothing else taken."""


class Patch(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A JSON merge patch (RFC 7396): UNSET is unchanged, None clears."""

    def changes(self) -> dict[str, Any]:
        """Return the fields the client sent."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not msgspec.UNSET}


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What a client gets."""


def columns(struct: type[msgspec.Struct], alias: str = "", **expressions: str) -> str:
    """Return the SELECT list that fills a struct by position; `expressions` replace single columns."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(
        f"{expressions[field]} AS {field}" if field in expressions else f"{prefix}{field}"
        for field in struct.__struct_fields__
    )


def violations(value: Any, kind: Any, pointer: str = "") -> Iterator[Violation]:
    """Yield everything that keeps a decoded JSON value from being `kind`, not only the first.

    msgspec stops at the first fault; this walks on and is only called once it has found one.
    """
    struct, item = _struct_of(kind), _item_of(kind)
    if item is not None and isinstance(value, list):
        inside = [v for index, one in enumerate(value) for v in violations(one, item, f"{pointer}/{index}")]
        if inside:
            yield from inside
            return
    if struct is None or not isinstance(value, dict):
        try:
            msgspec.convert(value, kind, strict=True)
        except msgspec.ValidationError as error:
            text, _, path = str(error).partition(" - at `$")
            yield Violation(pointer + _as_pointer(path.rstrip("`")), _sentence(text))
        return
    known = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for name in value.keys() - known.keys():
        yield Violation(f"{pointer}/{_escape(name)}", "is not a field of this request")
    for name, field in known.items():
        if name in value:
            yield from violations(value[name], field.type, f"{pointer}/{_escape(name)}")
        elif field.required:
            yield Violation(f"{pointer}/{_escape(name)}", "is required")


def range_violations(moments: Mapping[str, datetime | None]) -> Iterator[Violation]:
    """Yield the moments that an offset might carry out of what a calendar, and the database, can hold."""
    for name, moment in moments.items():
        if moment is not None and not _EARLIEST <= moment < _LATEST:
            yield Violation(f"/{name}", "must be between the years 1900 and 9998")


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    for candidate in (kind, *get_args(kind)):
        if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct):
            return candidate
    return None


def _item_of(kind: Any) -> Any:
    """Return what a list or tuple type holds, or None for any other type."""
    for candidate in (kind, *get_args(kind), *(inner for arg in get_args(kind) for inner in get_args(arg))):
        if get_origin(candidate) in {list, tuple, set}:
            return get_args(candidate)[0]
    return None


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")  # RFC 6901 §3


def _as_pointer(path: str) -> str:
    return path.replace("[", "/").replace("]", "").replace(".", "/")


def _sentence(text: str) -> str:
    return text.replace("`", "").replace("Object missing required field", "is missing the field")
