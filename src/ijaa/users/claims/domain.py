"""When a claim speaks for itself."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

State = Literal["WAITING", "ACCEPTED", "REJECTED"]
FACTS = ("email", "phone", "birth_date", "student_number")
"""The private facts of a record."""
ENOUGH = 2
"""How many of them have to be given, and to agree."""
MOST = 5
PERIOD = timedelta(days=30)
"""Within it a member may claim so many times, whatever became of them: what he may not do must tell nothing."""


class Claimed(msgspec.Struct, frozen=True):
    """What a member says of himself, in the form it is compared in."""

    email: str | None
    phone_key: str | None
    birth_date: date | None
    student_key: str | None


class Candidate(msgspec.Struct, frozen=True):
    """A record nobody has claimed that agrees in a fact."""

    record_id: int
    agree: int
    differ: int


def settled_by_itself(candidates: Sequence[Candidate]) -> int | None:
    """Return the record a claim is to, if two facts agree, none differs, and it is the only one of which that is so."""
    sure = [one.record_id for one in candidates if one.agree >= ENOUGH]
    return sure[0] if len(sure) == 1 and all(one.differ == 0 for one in candidates if one.agree >= ENOUGH) else None
