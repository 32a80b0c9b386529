"""When members last changed, as this process knows it: loaded once, then pushed."""

from datetime import datetime, timedelta

import msgspec

from ijaa.events.members.repository import CHANGED_SINCE, CHANNEL
from ijaa.shared.clock import Clock
from ijaa.shared.listener import Connection

KEPT = timedelta(hours=2)
"""Longer than anything about a member is cached."""
SKEW = timedelta(seconds=5)
"""How far the clocks of two machines may be apart."""
_MANY = 10_000
"""Changes remembered before old ones are looked for."""
_ENTRY = msgspec.json.Decoder(tuple[str, datetime])


class MemberFeed:
    """Tells whether what was learned of a member at some moment may still be shown."""

    channel = CHANNEL

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed: dict[str, datetime] = {}
        self.complete = False
        """Whether every change of the last hours is known; while it is not, nothing remembered may be shown."""

    def holds(self, username: str, learned_at: datetime) -> bool:
        """Whether nothing about a member has changed since, as far as clocks can be told apart."""
        changed_at = self._changed.get(username)
        return self.complete and (changed_at is None or learned_at > changed_at + SKEW)

    async def load(self, connection: Connection) -> None:
        """Take in the changes of the last hours."""
        since = self._clock.now() - KEPT
        for username, changed_at in await connection.fetch(CHANGED_SINCE, since):
            self._take(username, changed_at)
        self._changed = {name: at for name, at in self._changed.items() if at > since}
        self.complete = True

    def told(self, payload: str) -> None:
        """Take in one change."""
        self._take(*_ENTRY.decode(payload))

    def lost(self) -> None:
        """Trust nothing that is remembered until everything is known again."""
        self.complete = False

    async def tend(self, connection: Connection) -> None:  # noqa: ARG002 - a Subscriber
        """Forget what is older than anything that is cached."""
        if len(self._changed) > _MANY:
            since = self._clock.now() - KEPT
            self._changed = {name: at for name, at in self._changed.items() if at > since}

    def _take(self, username: str, changed_at: datetime) -> None:
        self._changed[username] = max(changed_at, self._changed.get(username, changed_at))
