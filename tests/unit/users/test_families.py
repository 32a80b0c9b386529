"""Families of refresh tokens, as a machine of states (RFC 9700 §4.14.2)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ijaa.users.sessions.domain import FAMILY_LIFETIME, GRACE, TOKEN_LIFETIME, Family, Verdict, judge

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def a_family(**given: object) -> Family:
    """Return a family in its third generation, seen from its live token."""
    sensible = {
        "id": UUID(int=1),
        "kind": "member",
        "principal_id": "USER_1",
        "username": "asha",
        "rotated_at": NOW,
        "expires_at": NOW + FAMILY_LIFETIME,
        "revoked_at": None,
        "current_seq": 2,
        "seq": 2,
        "issued_at": NOW,
        "authenticated_at": NOW,
        "role": "member",
    }
    return Family(**sensible | given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("family", "after", "verdict"),
    [
        (a_family(), timedelta(), Verdict.ROTATE),
        (a_family(), TOKEN_LIFETIME - TICK, Verdict.ROTATE),
        (a_family(), TOKEN_LIFETIME, Verdict.ENDED),
        (a_family(expires_at=NOW), timedelta(), Verdict.ENDED),
        (a_family(revoked_at=NOW), timedelta(), Verdict.ENDED),
        (a_family(role=None), timedelta(), Verdict.ENDED),
        (a_family(seq=1), GRACE, Verdict.REPEAT),
        (a_family(seq=1), GRACE + TICK, Verdict.REUSED),
        (a_family(seq=0), timedelta(), Verdict.REUSED),
        (a_family(seq=0, revoked_at=NOW), timedelta(), Verdict.ENDED),
    ],
)
def test_a_token_is_judged(family: Family, after: timedelta, verdict: Verdict) -> None:
    """Kills: every comparison of the rule turned by one."""
    assert judge(family, NOW + after) is verdict


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_family_never_has_two_live_leaves(steps: list[tuple[int, int]]) -> None:
    """Kills: a verdict that gives out a generation other than the newest."""
    now = rotated_at = NOW
    current, revoked = 0, None
    for back, seconds in steps:
        now += timedelta(seconds=seconds)
        seq = max(0, current - back)
        family = a_family(current_seq=current, seq=seq, rotated_at=rotated_at, issued_at=now, revoked_at=revoked)
        match judge(family, now):
            case Verdict.ROTATE:
                assert seq == current
                current, rotated_at = current + 1, now
            case Verdict.REPEAT:
                assert seq + 1 == current
                assert now - rotated_at <= GRACE
            case Verdict.REUSED:
                assert seq < current
                revoked = now
            case Verdict.ENDED:
                assert revoked is not None or now >= family.expires_at
