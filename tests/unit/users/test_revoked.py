"""The set of revoked sessions and its history."""

from datetime import UTC, datetime, timedelta

import pytest

from ijaa.users.sessions import revoked as module
from ijaa.users.sessions.revoked import Revoked, RevokedSessions

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_what_has_expired_is_forgotten() -> None:
    """Kills: a set that grows for ever; an entry dropped too early."""
    sessions = RevokedSessions()
    sessions.add(Revoked("a", NOW))
    sessions.add(Revoked("b", NOW + timedelta(seconds=1)))
    sessions.prune(NOW)
    assert ("a" in sessions, "b" in sessions) == (False, True)


async def test_a_cursor_that_fell_behind_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a gap in the history answered as if there were none."""
    monkeypatch.setattr(module, "_LOG_SIZE", 3)
    sessions = RevokedSessions()
    start = sessions.since(None).cursor
    for name in "abc":
        sessions.add(Revoked(name, NOW))
    sessions.add(Revoked("a", NOW))
    behind = sessions.since(start)
    assert (behind.snapshot, [e.session_id for e in behind.revoked]) == (False, ["a", "b", "c"])
    sessions.add(Revoked("d", NOW))
    assert sessions.since(start).snapshot
    assert len(sessions.since(start).revoked) == 4
    for place in ("99", "-1", "²", "x", ""):
        assert sessions.since(start.rpartition(":")[0] + ":" + place).snapshot
