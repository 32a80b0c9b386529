"""What asking and answering come to."""

from datetime import UTC, datetime, timedelta

import pytest

from ijaa.shared.errors import Forbidden
from ijaa.users.connections.domain import (
    REST,
    WEIGHTS,
    Ask,
    Pair,
    Status,
    answered,
    asked,
    refuse_removal,
)
from ijaa.users.connections.suggestion_repository import _REASONS
from ijaa.users.errors import ConnectionSettled

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LATER = NOW + timedelta(microseconds=1)


def _pair(status: Status, at: datetime = NOW) -> Pair:
    return Pair(1, "asha", "bina", status, at)


@pytest.mark.parametrize(
    ("status", "by_asha", "by_bina"),
    [("PENDING", Ask.EXISTS, Ask.ACCEPTS), ("ACCEPTED", Ask.EXISTS, Ask.EXISTS), ("REJECTED", Ask.EXISTS, Ask.AGAIN)],
)
def test_asking_depends_on_who_asked_before(status: Status, by_asha: Ask, by_bina: Ask) -> None:
    """Kills: a requester who accepts himself; a rejection that binds who rejected."""
    assert asked(_pair(status), "asha", NOW) is by_asha
    assert asked(_pair(status), "bina", NOW) is by_bina
    assert asked(None, "asha", NOW) is Ask.NEW


def test_a_rejection_rests_for_thirty_days() -> None:
    """Kills: 29 or 31 days; `>=` made `>`."""
    assert timedelta(days=30) == REST
    assert asked(_pair("REJECTED"), "asha", NOW + timedelta(days=30)) is Ask.AGAIN
    assert asked(_pair("REJECTED", LATER), "asha", NOW + timedelta(days=30)) is Ask.EXISTS


def test_only_who_was_asked_answers_and_only_once() -> None:
    """Kills: any condition of `answered`."""
    assert answered(_pair("PENDING"), "bina", "ACCEPTED")
    assert answered(_pair("PENDING"), "bina", "REJECTED")
    assert not answered(_pair("ACCEPTED"), "bina", "ACCEPTED")
    assert not answered(_pair("REJECTED"), "bina", "REJECTED")
    with pytest.raises(ConnectionSettled):
        answered(_pair("ACCEPTED"), "bina", "REJECTED")
    with pytest.raises(ConnectionSettled):
        answered(_pair("REJECTED"), "bina", "ACCEPTED")
    for status in ("PENDING", "ACCEPTED", "REJECTED"):
        with pytest.raises(Forbidden):
            answered(_pair(status), "asha", "ACCEPTED")


def test_a_requester_cannot_take_a_rejection_away() -> None:
    """Kills: a rejection that is withdrawn, and asked again at once."""
    for status in ("PENDING", "ACCEPTED"):
        for member in ("asha", "bina"):
            refuse_removal(_pair(status), member)  # type: ignore[arg-type]
    refuse_removal(_pair("REJECTED"), "bina")
    with pytest.raises(ConnectionSettled):
        refuse_removal(_pair("REJECTED"), "asha")


def test_every_reason_is_looked_for_and_outweighs_those_that_follow() -> None:
    """Kills: a reason without its SQL; two that together beat one of more weight."""
    assert list(WEIGHTS) == list(_REASONS)
    weights = list(WEIGHTS.values())
    assert all(weight > sum(weights[place + 1 :]) for place, weight in enumerate(weights))
