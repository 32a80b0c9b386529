"""What a signing key is good for."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ijaa.users.sessions.key_states import KEPT, State, state_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


class Key(msgspec.Struct, frozen=True):
    kid: str
    active_from: datetime
    revoked_at: datetime | None = None


OLD = Key("old", NOW - timedelta(days=9))


@pytest.mark.parametrize(
    ("newer", "after", "states"),
    [
        (None, timedelta(), ("signing", None)),
        (Key("new", NOW + TICK), timedelta(), ("signing", "next")),
        (Key("new", NOW), timedelta(), ("retiring", "signing")),
        (Key("new", NOW), KEPT - TICK, ("retiring", "signing")),
        (Key("new", NOW), KEPT, ("retired", "signing")),
        (Key("new", NOW, NOW), KEPT, ("signing", "revoked")),
        (Key("zoe", OLD.active_from), timedelta(), ("retired", "signing")),
    ],
)
def test_a_key_is_good_for_what_its_time_says(
    newer: Key | None, after: timedelta, states: tuple[State, State | None]
) -> None:
    # mutants: `<` for `<=`; a revoked key that still retires the one before it
    keys = [key for key in (newer, OLD) if key]
    found = {key.kid: state_of(key, keys, NOW + after) for key in keys}
    assert (found["old"], found.get(newer.kid) if newer else None) == states
