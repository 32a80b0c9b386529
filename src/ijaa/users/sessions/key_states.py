"""What a signing key is good for, and when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from ijaa.shared.access_tokens import LIFETIME

LEAD = timedelta(seconds=60)
"""How long a key is published before it signs, so that nobody meets a token of a key he never heard of."""
KEPT = LIFETIME + timedelta(minutes=5)
"""How long a key is accepted after another one signs: until the last of its tokens has expired, and some slack."""

State = Literal["next", "signing", "retiring", "retired", "revoked"]


class KeyTimes(Protocol):
    """When a key does what."""

    @property
    def kid(self) -> str: ...  # noqa: D102
    @property
    def active_from(self) -> datetime: ...  # noqa: D102
    @property
    def revoked_at(self) -> datetime | None: ...  # noqa: D102


def state_of(key: KeyTimes, keys: Sequence[KeyTimes], now: datetime) -> State:
    """Return what a key is good for now: `next` and `retiring` are published too, `retired` is of no use to anybody."""
    if key.revoked_at is not None:
        return "revoked"
    if key.active_from > now:
        return "next"
    newer = [(one.active_from, one.kid) for one in keys if one.revoked_at is None and one.active_from <= now]
    newer = [place for place in newer if place > (key.active_from, key.kid)]
    if not newer:
        return "signing"
    return "retiring" if now < min(newer)[0] + KEPT else "retired"
