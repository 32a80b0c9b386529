"""SQL of invitations."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.invitations.domain import Invitee, Outcome, Status
from ijaa.events.invitations.schemas import InvitationSummary
from ijaa.events.visibility import MINE, ORGANISES, VISIBLE
from ijaa.shared.database import Database
from ijaa.shared.schema import columns

_STATUS = """(CASE
    WHEN {p}.status IN ('GOING', 'WAITLISTED', 'PENDING') THEN 'accepted' WHEN {p}.status = 'MAYBE' THEN 'maybe'
    WHEN i.is_responded THEN 'declined' WHEN i.expires_at <= {now} THEN 'expired' ELSE 'open'
END)"""
"""What became of an invitation `i` at {now}; {p} is the answer of whoever is invited."""


class Asking(msgspec.Struct, frozen=True):
    """An event somebody sees, and what of it is told to whom he invites."""

    event_id: int
    title: str
    start_date: datetime
    end_date: datetime
    timezone: str
    location: str | None
    """None where it is told to those who come alone."""
    privacy: str
    organises: bool


class Invited(msgspec.Struct, frozen=True):
    """What became of a name, and whether its invitation is a new one."""

    username: str
    outcome: Outcome


class InvitationRow(msgspec.Struct, frozen=True):
    """One invitation of an event."""

    id: int
    username: str
    invited_by: str | None
    message: str | None
    status: Status
    is_read: bool
    created_at: datetime
    expires_at: datetime | None
    reminded_at: datetime | None


class OwnRow(msgspec.Struct, frozen=True):
    """One of a member's own invitations, with the answer he gave."""

    id: int
    event_id: int
    invited_by: str | None
    message: str | None
    status: Status
    is_read: bool
    created_at: datetime
    expires_at: datetime | None
    guests: int
    note: str | None


class Revoked(msgspec.Struct, frozen=True):
    """An invitation that is gone."""

    privacy: str
    is_void: bool


_SHOWN_PLACE = "CASE WHEN e.privacy <> 'INVITE_ONLY' THEN e.location END"
_ASKING = f"""
SELECT {
    columns(Asking, "e", event_id="e.id", location=_SHOWN_PLACE, organises=f"coalesce({ORGANISES}, false)")
} FROM events e {MINE} WHERE e.id = $2 AND {VISIBLE}
"""
_ASKING_AGAIN = text(_ASKING.replace("$1::text", "CAST(:viewer AS text)").replace("$2", ":event_id"))

# whoever waits for what was closed to the uninvited is let in by it; one that expired unanswered is sent anew;
# in the order of the names, as every statement here that locks many rows
_INVITE = text(f"""
WITH given AS (
    SELECT name, lower(name) AS username, is_void
    FROM unnest(CAST(:names AS text[]), CAST(:voids AS boolean[])) AS one (name, is_void)
), asked AS (
    SELECT DISTINCT ON (username) username, is_void FROM given ORDER BY username, name
), taking AS (
    SELECT a.username FROM asked a JOIN events e ON e.id = :event_id {MINE.replace("$1::text", "a.username")}
    WHERE {ORGANISES.replace("$1::text", "a.username")} OR my.status = 'GOING' OR my.status <> 'NOT_GOING' AND (
        e.privacy = 'PUBLIC' OR EXISTS (
            SELECT FROM event_invitations i WHERE i.event_id = e.id AND i.invited_username = a.username))
), created AS (
    INSERT INTO event_invitations AS i
        (event_id, invited_username, invited_by_username, personal_message, is_void, expires_at, created_at)
    SELECT :event_id, a.username, :invited_by, CAST(:message AS text), a.is_void,
           CAST(:expires_at AS timestamptz), CAST(:now AS timestamptz)
    FROM asked a WHERE NOT EXISTS (SELECT FROM taking t WHERE t.username = a.username) ORDER BY a.username
    ON CONFLICT (event_id, invited_username) DO UPDATE SET
        invited_by_username = EXCLUDED.invited_by_username, personal_message = EXCLUDED.personal_message,
        is_void = EXCLUDED.is_void, expires_at = EXCLUDED.expires_at, created_at = EXCLUDED.created_at,
        is_read = false, reminded_at = NULL
    WHERE NOT i.is_responded AND i.expires_at <= CAST(:now AS timestamptz)
    RETURNING i.invited_username
)
SELECT g.name, CASE WHEN t.username IS NOT NULL THEN 'already-participating'
                    WHEN c.invited_username IS NOT NULL THEN 'invited' ELSE 'already-invited' END
FROM given g LEFT JOIN taking t ON t.username = g.username LEFT JOIN created c ON c.invited_username = g.username
""")
_OPEN = text("""
SELECT (SELECT count(*) FROM event_invitations WHERE event_id = :event_id AND NOT is_responded)
     + (SELECT count(*) FROM event_email_invitations WHERE event_id = :event_id AND token_hash IS NOT NULL)
""")
_GIVE = text("""
INSERT INTO event_invitations AS i
    (event_id, invited_username, invited_by_username, personal_message, expires_at, created_at)
VALUES (:event_id, :username, :invited_by, :message, :expires_at, :now)
ON CONFLICT (event_id, invited_username) DO UPDATE SET
    is_void = false, expires_at = EXCLUDED.expires_at, invited_by_username = EXCLUDED.invited_by_username,
    personal_message = EXCLUDED.personal_message
WHERE i.is_void OR (NOT i.is_responded AND i.expires_at <= EXCLUDED.created_at)
""")
_REVOKE = text("""
DELETE FROM event_invitations i USING events e
WHERE i.event_id = :event_id AND i.invited_username = :username AND e.id = i.event_id
RETURNING e.privacy, i.is_void
""")
_REMIND = text("""
UPDATE event_invitations SET reminded_at = :now
WHERE id = ANY (ARRAY(
    SELECT i.id FROM event_invitations i
    LEFT JOIN event_participations p ON p.event_id = i.event_id AND p.participant_username = i.invited_username
    WHERE i.event_id = :event_id AND NOT i.is_responded AND (p.id IS NULL OR p.status = 'NOT_GOING')
      AND (i.expires_at IS NULL OR i.expires_at > :now) AND (i.reminded_at IS NULL OR i.reminded_at <= :before)
    ORDER BY i.invited_username FOR UPDATE OF i
)) RETURNING invited_username, is_void
""")

_ANSWERS = """
LEFT JOIN event_participations p ON p.event_id = i.event_id AND p.participant_username = i.invited_username
"""
_OF_EVENT = f"""
SELECT i.id, i.invited_username AS username, i.invited_by_username AS invited_by, i.personal_message AS message,
       {_STATUS.format(p="p", now="$2")} AS status, i.is_read, i.created_at, i.expires_at, i.reminded_at
FROM event_invitations i {_ANSWERS} WHERE i.event_id = $1
"""
_PAGE = f"""
SELECT * FROM ({_OF_EVENT}) one WHERE id > $3 AND ($4::text IS NULL OR status = $4) ORDER BY id LIMIT $5
"""
_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE status = '{name}') AS {name}"
    for name in InvitationSummary.__struct_fields__
    if name not in {"invited", "read"}
)
# who answered has read it
_SUMMARY = f"""
SELECT count(*), count(*) FILTER (WHERE is_read OR status NOT IN ('open', 'expired')), {_COUNTS}
FROM ({_OF_EVENT}) one
"""

_TAKES = "e.status = 'PUBLISHED' AND e.end_date > $2"
_WANTED = """($3::text IS NULL OR CASE WHEN $3 = 'open' THEN status = 'open' AND takes
    ELSE status NOT IN ('open', 'expired') END)"""
_OWN = f"""
SELECT {
    columns(
        OwnRow,
        "i",
        invited_by="i.invited_by_username",
        message="i.personal_message",
        status=_STATUS.format(p="my", now="$2"),
        guests="coalesce(my.guests, 0)",
        note="my.message",
    )
}, {_TAKES} AS takes
FROM event_invitations i JOIN events e ON e.id = i.event_id {MINE}
WHERE i.invited_username = $1::text AND NOT i.is_void AND {VISIBLE}
"""
_OWN_COLUMNS = columns(OwnRow)
# what somebody sent whom a block hides now is not shown, unless it was answered
_OWN_LIST = f"""
FROM ({_OWN}) one WHERE {_WANTED}
  AND (status NOT IN ('open', 'expired') OR invited_by IS NULL OR invited_by <> ALL ($4::text[]))
"""
_OWN_PAGE = f"SELECT {_OWN_COLUMNS} {_OWN_LIST} AND id < $5 ORDER BY id DESC LIMIT $6"
_OWN_COUNT = f"SELECT count(*) {_OWN_LIST}"
_OWN_ONE = f"SELECT {_OWN_COLUMNS} FROM ({_OWN}) one WHERE id = $3"
_OWN_AT = f"SELECT {_OWN_COLUMNS} FROM ({_OWN}) one WHERE event_id = $3"
_READ = text("UPDATE event_invitations SET is_read = true WHERE id = :id AND invited_username = :username")


class InvitationRepository:
    """Invitations, to read and to write; what is written is under the lock of the event."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def asking(self, event_id: int, viewer: str) -> Asking | None:
        """Return an event the viewer may see, or None."""
        return await self._database.fetch_one(Asking, _ASKING, viewer, event_id)

    async def asking_within(self, session: AsyncSession, event_id: int, viewer: str) -> Asking | None:
        """Return the same as the transaction has it."""
        row = (await session.execute(_ASKING_AGAIN, {"event_id": event_id, "viewer": viewer})).first()
        return None if row is None else Asking(*row)

    async def invite(
        self, session: AsyncSession, event_id: int, invitees: Sequence[Invitee], *, invited_by: str,
        message: str | None, expires_at: datetime | None, now: datetime,
    ) -> dict[str, Outcome]:  # fmt: skip
        """Invite all of them in one statement; return what became of each name."""
        given = {
            "event_id": event_id, "names": [one.username for one in invitees],
            "voids": [one.is_void for one in invitees], "invited_by": invited_by, "message": message,
            "expires_at": expires_at, "now": now,
        }  # fmt: skip
        return {row[0]: row[1] for row in await session.execute(_INVITE, given)}

    async def open(self, session: AsyncSession, event_id: int) -> int:
        """Return how many invitations, to members and to addresses, wait for an answer."""
        return int(await session.scalar(_OPEN, {"event_id": event_id}) or 0)

    async def give(
        self, session: AsyncSession, event_id: int, username: str, *, invited_by: str, message: str | None,
        expires_at: datetime | None, now: datetime,
    ) -> None:  # fmt: skip
        """Invite one who proved that he was meant; one who is invited already stays so."""
        given = {
            "event_id": event_id, "username": username, "invited_by": invited_by, "message": message,
            "expires_at": expires_at, "now": now,
        }  # fmt: skip
        await session.execute(_GIVE, given)

    async def revoke(self, session: AsyncSession, event_id: int, username: str) -> Revoked | None:
        """Take an invitation back; return None without one."""
        row = (await session.execute(_REVOKE, {"event_id": event_id, "username": username})).first()
        return None if row is None else Revoked(*row)

    async def remind(
        self, session: AsyncSession, event_id: int, now: datetime, before: datetime
    ) -> list[tuple[str, bool]]:
        """Note a reminder for all who are asked and were not reminded since `before`; return names and whether void."""
        rows = await session.execute(_REMIND, {"event_id": event_id, "now": now, "before": before})
        return sorted((row[0], row[1]) for row in rows)

    async def page(
        self, event_id: int, now: datetime, status: Status | None, after: int, limit: int
    ) -> list[InvitationRow]:
        """Return invitations of an event, the oldest first."""
        return await self._database.fetch(InvitationRow, _PAGE, event_id, now, after, status, limit)

    async def summary(self, event_id: int, now: datetime) -> InvitationSummary:
        """Return the invitations of an event in numbers."""
        found = await self._database.fetch_one(_summary, _SUMMARY, event_id, now)
        assert found is not None  # noqa: S101 - aggregates always give a row
        return found

    async def own_page(
        self, username: str, now: datetime, status: str | None, hidden: Collection[str], before: int, limit: int
    ) -> list[OwnRow]:
        """Return a member's own invitations, the latest first."""
        return await self._database.fetch(OwnRow, _OWN_PAGE, username, now, status, [*hidden], before, limit)

    async def own_count(self, username: str, now: datetime, status: str | None, hidden: Collection[str]) -> int:
        """Return how many there are."""
        return int(await self._database.fetch_value(_OWN_COUNT, username, now, status, [*hidden]))

    async def own(self, username: str, now: datetime, invitation_id: int) -> OwnRow | None:
        """Return one of them, or None."""
        return await self._database.fetch_one(OwnRow, _OWN_ONE, username, now, invitation_id)

    async def own_at(self, username: str, now: datetime, event_id: int) -> OwnRow | None:
        """Return the one to an event, or None."""
        return await self._database.fetch_one(OwnRow, _OWN_AT, username, now, event_id)

    async def mark_read(self, session: AsyncSession, username: str, invitation_id: int) -> None:
        """Note that it was read."""
        await session.execute(_READ, {"id": invitation_id, "username": username})


def _summary(*counts: int) -> InvitationSummary:
    return InvitationSummary(**dict(zip(InvitationSummary.__struct_fields__, counts, strict=True)))
