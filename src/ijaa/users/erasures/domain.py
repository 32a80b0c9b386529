"""What the ledger says of somebody who was erased."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta


class Erased(msgspec.Struct, frozen=True):
    """Somebody who was erased; his username is what other databases know him by, and is never given again."""

    username: Annotated[str, Meta(min_length=1, max_length=100)]
    user_id: Annotated[str, Meta(max_length=50)] | None
    """None where it was not kept, or for an old spelling: the name is given to nobody, and whoever has it stays."""
    erased_at: datetime


class Replayed(msgspec.Struct, frozen=True):
    """What a replay did in one database, or would do."""

    erased: int
    """Members who were there again."""
    reserved: int
    """Names that somebody could have been given."""
    untouched: int
    """What was as it has to be."""
    others: list[str]
    """Names of somebody who is not known to be whom the ledger means: nothing was done about them."""


def key_of(entry: Erased) -> tuple[str, str | None]:
    """Return what makes an entry the same as another."""
    return entry.username, entry.user_id
