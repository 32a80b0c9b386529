"""Clocks of two machines differ; what a token is good for does not."""

from datetime import UTC, datetime, timedelta

import pytest

from ijaa.shared import jwt
from ijaa.shared.principals import InvalidTokenError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = jwt.key_from_seed(b"s" * 32, "k")


def _read(issued: datetime, expires: datetime) -> object:
    claims = {"iss": "i", "aud": "a", "sub": "s", "iat": int(issued.timestamp()), "exp": int(expires.timestamp())}
    token = jwt.sign(claims, KEY, typ="at+jwt")
    return jwt.read(token, lambda _: KEY, typ="at+jwt", issuer="i", audience="a", now=NOW)


def test_a_signer_whose_clock_is_a_little_ahead_is_believed() -> None:
    # mutants: refuse what another host issued this very second; believe any time to come
    late = NOW + timedelta(minutes=15)
    assert _read(NOW + timedelta(seconds=jwt.SKEW), late)
    with pytest.raises(InvalidTokenError):
        _read(NOW + timedelta(seconds=jwt.SKEW + 1), late)


def test_a_token_lives_no_longer_for_it() -> None:
    # mutant: a leeway for both ends
    assert _read(NOW, NOW + timedelta(seconds=1))
    with pytest.raises(InvalidTokenError):
        _read(NOW, NOW)
