"""Keyset pages: a list of items and an opaque cursor to the next ones."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from ijaa.shared.errors import Malformed

T = TypeVar("T")
R = TypeVar("R")
_TAG = 12
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")
"""RFC 4648 §5, without padding."""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True, omit_defaults=True):
    """One page of a list; `total` is there only when asked for."""

    items: list[T]
    next_cursor: str | None
    total: int | msgspec.UnsetType = msgspec.UNSET


class Cursors:
    """Writes and reads cursors: the sort keys of the last item, signed so that nobody can make one up."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, scope: str, *keys: Any) -> str:
        """Return the cursor after an item with these sort keys; it is good for `scope` alone."""
        body = msgspec.msgpack.encode(keys)
        return _spelt(self._tag(scope, body) + body)

    def read(self, scope: str, cursor: str, kind: type[R]) -> R:
        """Return the sort keys as the tuple type `kind`; raise `Malformed` for an altered or foreign cursor."""
        if not _ALPHABET.fullmatch(cursor):  # b64decode would take + for - and / for _ as well
            raise Malformed("This cursor cannot be read: start again without it.")
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            if _spelt(raw) != cursor:  # the last letter may carry bits that mean nothing
                raise Malformed("This cursor cannot be read: start again without it.")
            if not hmac.compare_digest(raw[:_TAG], self._tag(scope, raw[_TAG:])):
                raise Malformed("This cursor does not belong to this list: start again without it.")
            return msgspec.msgpack.decode(raw[_TAG:], type=kind)
        except (ValueError, binascii.Error, msgspec.MsgspecError):
            raise Malformed("This cursor cannot be read: start again without it.") from None

    def _tag(self, scope: str, body: bytes) -> bytes:
        return hmac.digest(self._key, scope.encode() + b"\0" + body, "sha256")[:_TAG]

    def page(
        self, scope: str, rows: Sequence[T], limit: int, keys: Callable[[T], tuple[Any, ...]]
    ) -> tuple[Sequence[T], str | None]:
        """Cut `limit + 1` rows to a page and its next cursor."""
        if len(rows) <= limit:
            return rows, None
        kept = rows[:limit]
        return kept, self.write(scope, *keys(kept[-1]))


def _spelt(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
