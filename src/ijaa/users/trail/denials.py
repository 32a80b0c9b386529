"""Who tried what is not for him: one entry a minute for each, so that trying again fills no log."""

import time

import structlog

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.principals import Principal
from ijaa.users.tables import AUDIT_LOG

log = structlog.get_logger("ijaa.users.denials")

_QUIET = 60.0
_REMEMBERED = 10_000


class Denials:
    """Notes refusals of administration in the audit log."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._noted: dict[tuple[str, str], float] = {}

    async def note(self, denied: Principal, operation: str) -> None:
        """Note one refusal; a database that is away only costs the note."""
        now, what = time.monotonic(), (denied.user_id, operation)
        if now - self._noted.get(what, -_QUIET) < _QUIET:
            return
        if len(self._noted) >= _REMEMBERED:
            self._noted.clear()
        self._noted[what] = now
        try:
            async with self._database.transaction() as session:
                await audit.record(
                    session, AUDIT_LOG, at=self._clock.now(), action="access-denied", actor=denied.user_id,
                    subject=operation, details={"role": denied.role},
                )  # fmt: skip
        except Unavailable as error:
            log.warning("a refusal could not be noted", operation=operation, detail=error.detail)
