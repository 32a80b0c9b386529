"""The flags as this process knows them: loaded once, then pushed, so that a check costs nothing."""

import msgspec

from ijaa.shared.changes import Changes
from ijaa.shared.flags import FlagsOn
from ijaa.shared.listener import Connection
from ijaa.users.flags.domain import Flag, by_name, switched_on
from ijaa.users.flags.repository import CHANNEL, TREE


class FlagFeed:
    """`FeatureFlags` of the process that serves users, and what other services follow.

    While nothing could be loaded yet every flag counts as on: a flag is no access control, and an installation that
    starts while its database is away must not switch everything off.
    """

    channel = CHANNEL

    def __init__(self) -> None:
        self.flags: dict[str, Flag] | None = None
        self._on: frozenset[str] = frozenset()
        self._changes = Changes()

    def enabled(self, name: str) -> bool:
        """Whether a flag is on; an unknown one is off."""
        return self.flags is None or name in self._on

    async def since(self, cursor: str | None, seconds: float) -> FlagsOn:
        """Return what is on as soon as it differs from the state a cursor names, or after this long."""
        await self._changes.after(cursor, seconds)
        return FlagsOn(self._changes.cursor, sorted(self._on), known=self.flags is not None)

    def take(self, name: str, flag: Flag | None) -> None:
        """Take in one flag as it is now; None is one that is gone."""
        flags = dict(self.flags or {})
        flags.pop(name, None)
        if flag is not None:
            flags[name] = flag
        self._set(flags)

    async def load(self, connection: Connection) -> None:
        """Take in the whole tree."""
        self._set(by_name(Flag(*row) for row in await connection.fetch(TREE)))

    def told(self, payload: str) -> None:
        """Take in a change made elsewhere."""
        said = msgspec.json.decode(payload)
        self.take(said["name"], msgspec.convert(said, Flag) if "enabled" in said else None)

    def lost(self) -> None:
        """Go on with what is known: while the database is away nobody can change a flag either."""

    async def tend(self, connection: Connection) -> None:
        """Do nothing: there is nothing to tend."""

    def _set(self, flags: dict[str, Flag]) -> None:
        if flags == self.flags:
            return  # this process has made the change itself and is only told of it
        self.flags, self._on = flags, switched_on(flags)
        self._changes.note()
