"""SQL of one answer as it changes: its row, the counters of its event and the entry of the ledger in one statement."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.seats.domain import Actor, What, Why
from ijaa.events.tickets.domain import Ticket
from ijaa.shared.database import Statement


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it was read; `id` is None where there is none yet."""

    event_id: int
    username: str
    id: int | None
    version: int | None
    status: str | None
    guests: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of an answer; `status` None takes it away."""

    what: What
    status: str | None
    actor: Actor = "self"
    guests: int = 0
    message: str | None = None
    seq: int | None = None
    priority: int = 0
    position: int | None = None
    reason: Why | None = None

    @property
    def seats(self) -> int:
        """Seats held after it."""
        return 1 + self.guests if self.status == "GOING" else 0


class Raced(Exception):  # noqa: N818 - an answer to try again, not a failure
    """The answer changed between reading and writing it: roll back and try again."""


_INSERT = """
INSERT INTO event_participations (event_id, participant_username, status, guests, message, seq, priority, responded_at)
VALUES (:event_id, :username, :status, :guests, :message, :seq, :priority, :now)
ON CONFLICT (event_id, participant_username) DO NOTHING
RETURNING id, ticket
"""
_UPDATE = """
UPDATE event_participations
SET status = :status, guests = :guests, message = :message, seq = :seq, priority = :priority, offered_until = NULL,
    responded_at = CASE WHEN CAST(:actor AS varchar) = 'self' THEN :now ELSE responded_at END,
    asked_again_at = CASE WHEN CAST(:actor AS varchar) = 'self' THEN NULL ELSE asked_again_at END,
    promoted_at = coalesce(:promoted_at, promoted_at),
    version = version + 1, ticket = ticket + 1, checked_in_at = NULL, checked_in_by = NULL, arrived_guests = NULL
WHERE id = :id AND version = :version
RETURNING id, ticket
"""
_RESIZE = """
UPDATE event_participations
SET guests = :guests, message = :message, asked_again_at = NULL, version = version + 1,
    arrived_guests = CASE WHEN arrived_guests > :guests THEN :guests ELSE arrived_guests END
WHERE id = :id AND version = :version
RETURNING id, ticket
"""
_DELETE = "DELETE FROM event_participations WHERE id = :id AND version = :version RETURNING id, ticket"

_COUNT = """
UPDATE events SET going = going + :seats, waiting = waiting + :waiting, seat_entries = seat_entries + 1,
    waitlist_seq = greatest(waitlist_seq, coalesce(CAST(:seq AS bigint), 0))
WHERE id = :event_id AND EXISTS (SELECT FROM changed)
  AND (:seats <= 0 OR (capacity IS NULL OR going + :seats + :held <= capacity)
       AND (CAST(:most_waiting AS int) IS NULL OR waiting <= CAST(:most_waiting AS int)))
RETURNING seat_entries AS entry
"""
_COUNTED = "SELECT CAST(:entry AS bigint) AS entry"
_NOTED = """
WITH changed AS ({changed}), numbered AS ({numbered}), noted AS (
    INSERT INTO seat_ledger (event_id, entry, at, what, actor, participation_id, username, status_before, status,
        guests_before, guests, seats, waiting, seq, priority, position, reason)
    SELECT CAST(:event_id AS bigint), numbered.entry, CAST(:now AS timestamptz), CAST(:what AS varchar),
        CAST(:actor AS varchar), changed.id, CAST(:username AS varchar), CAST(:status_before AS varchar),
        CAST(:status AS varchar), CAST(:guests_before AS int), CAST(:guests AS int), CAST(:seats AS int),
        CAST(:waiting AS int), CAST(:seq AS bigint), CAST(:noted_priority AS int), CAST(:position AS int),
        CAST(:reason AS varchar)
    FROM changed, numbered
)
SELECT numbered.entry, changed.id, changed.ticket FROM changed LEFT JOIN numbered ON true
"""


def _noted(changed: str, numbered: str) -> Statement:
    return Statement(_NOTED.format(changed=changed, numbered=numbered))


INSERT_COUNTED, _UPDATE_COUNTED = _noted(_INSERT, _COUNTED), _noted(_UPDATE, _COUNTED)
_INSERT_NOW, _UPDATE_NOW = _noted(_INSERT, _COUNT), _noted(_UPDATE, _COUNT)
_RESIZE_NOW, _DELETE_NOW = _noted(_RESIZE, _COUNT), _noted(_DELETE, _COUNT)
_REWORD = Statement("""
UPDATE event_participations SET message = :message, asked_again_at = NULL, version = version + 1
WHERE id = :id AND version = :version
RETURNING id
""")
_CONFIRM = Statement("""
UPDATE event_participations SET responded_at = :now, asked_again_at = NULL, version = version + 1
WHERE id = :id AND version = :version
RETURNING id
""")


class AnswerRepository:
    """Writes answers; each re-checks what was read, and the caller holds the lock of the event's row."""

    async def put(self, session: AsyncSession, answer: Answer, step: Step, now: datetime, *, entry: int) -> Ticket:
        """Write an answer whose seats are counted already, as entry number `entry`; raise `Raced`.

        Returns its ticket, which is another one than before.
        """
        statement = INSERT_COUNTED if answer.id is None else _UPDATE_COUNTED
        _, ticket = await self._written(session, statement, answer, step, now, entry=entry)
        return ticket

    async def change(
        self, session: AsyncSession, answer: Answer, step: Step, now: datetime, *, held: int = 0,
        most_waiting: int | None = None,
    ) -> Ticket | None:  # fmt: skip
        """Write an answer, or take it away, and count its seats; return None, and write nothing, where they lack.

        Returns its ticket otherwise, which is another one than before unless it was resized.

        More seats are taken where they are free but for `held`, and no more than `most_waiting` wait, if that is given.
        """
        if step.status is None:
            statement = _DELETE_NOW
        elif step.what == "resized":
            statement = _RESIZE_NOW
        else:
            statement = _INSERT_NOW if answer.id is None else _UPDATE_NOW
        room = {"held": held, "most_waiting": most_waiting}
        entry, ticket = await self._written(session, statement, answer, step, now, **room)
        return None if entry is None else ticket

    async def reword(self, session: AsyncSession, answer: Answer, message: str | None) -> None:
        """Change what somebody says with an answer, which is nothing to its seat; raise `Raced`."""
        given = {"message": message, "id": answer.id, "version": answer.version}
        if not await _REWORD.run(session, given):
            raise Raced

    async def confirm(self, session: AsyncSession, answer: Answer, now: datetime) -> None:
        """Note that an answer still holds though the event moved; raise `Raced`."""
        if not await _CONFIRM.run(session, {"id": answer.id, "version": answer.version, "now": now}):
            raise Raced

    async def _written(
        self, session: AsyncSession, statement: Statement, answer: Answer, step: Step, now: datetime, **given: Any
    ) -> tuple[int | None, Ticket]:
        written = await statement.run(session, _values(answer, step, now) | given)
        if not written:
            raise Raced
        entry, *ticket = written[0]
        return entry, Ticket(*ticket)


def _values(answer: Answer, step: Step, now: datetime) -> dict[str, Any]:
    queued = step.status == "WAITLISTED"
    held = 1 + answer.guests if answer.status == "GOING" else 0
    return {
        "event_id": answer.event_id,
        "username": answer.username,
        "id": answer.id,
        "version": answer.version,
        "status_before": answer.status,
        "guests_before": answer.guests,
        "what": step.what,
        "actor": step.actor,
        "status": step.status,
        "guests": step.guests,
        "message": step.message,
        "seats": step.seats - held,
        "waiting": queued - (answer.status == "WAITLISTED"),
        "seq": step.seq,
        "priority": step.priority if queued else 0,
        "noted_priority": step.priority if queued and step.seq is not None else None,
        "position": step.position,
        "reason": step.reason,
        "promoted_at": now if answer.status == "WAITLISTED" and step.status == "GOING" else None,
        "now": now,
    }
