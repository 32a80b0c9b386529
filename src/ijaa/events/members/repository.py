"""SQL of members who are known from messages."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.personal import PERSONAL
from ijaa.shared.personal import erasures

CHANNEL = "ijaa_members"

CHANGED_SINCE = "SELECT username, changed_at FROM members WHERE changed_at > $1"

# in the order of the names: two receivers with the same members wait for each other instead of dying in a deadlock
_NOTE = text("""
INSERT INTO members (username, changed_at)
SELECT DISTINCT lower(username), CAST(:now AS timestamptz) FROM unnest(CAST(:usernames AS text[])) AS username
ORDER BY 1
ON CONFLICT (username) DO UPDATE SET changed_at = greatest(members.changed_at, EXCLUDED.changed_at)
""")
_STAND = text("""
INSERT INTO members (username, standing, standing_seq, changed_at)
SELECT DISTINCT ON (lower(username)) lower(username), standing, seq, CAST(:now AS timestamptz)
FROM unnest(CAST(:usernames AS text[]), CAST(:standings AS text[]), CAST(:seqs AS bigint[]))
    AS told(username, standing, seq)
ORDER BY lower(username), standing = 'erased' DESC, seq DESC
ON CONFLICT (username) DO UPDATE SET
    standing = CASE
        WHEN members.standing = 'erased' THEN 'erased'
        WHEN EXCLUDED.standing = 'erased' OR EXCLUDED.standing_seq > members.standing_seq THEN EXCLUDED.standing
        ELSE members.standing END,
    standing_seq = greatest(members.standing_seq, EXCLUDED.standing_seq),
    changed_at = greatest(members.changed_at, EXCLUDED.changed_at)
""")
_HAND_OVER = text("""
WITH heir AS (
    SELECT DISTINCT ON (o.event_id) o.event_id, o.username FROM event_organisers o
    WHERE o.event_id = ANY (:ids) AND o.role = 'CO_ORGANISER' AND o.username <> ALL (:usernames)
      AND NOT EXISTS (SELECT FROM members m WHERE m.username = o.username AND m.standing <> 'active')
    ORDER BY o.event_id, o.created_at, o.id
), handed AS (
    UPDATE events e SET created_by_username = h.username, organizer_name = NULL, organizer_email = NULL,
        invite_message = NULL, updated_at = :now, version = version + 1
    FROM heir h
    WHERE e.id = h.event_id AND e.created_by_username = ANY (:usernames)
      AND (e.status = 'DRAFT' OR e.status = 'PUBLISHED' AND e.end_date > :now)
    RETURNING e.id, h.username
)
DELETE FROM event_organisers o USING handed h WHERE o.event_id = h.id AND o.username = h.username RETURNING h.id
""")
_NEEDS_ORGANISER = text("""
UPDATE events SET created_by_username = NULL, organizer_name = NULL, organizer_email = NULL, invite_message = NULL,
    status = CASE WHEN status = 'PUBLISHED' AND end_date > :now THEN 'NEEDS_ORGANISER' ELSE status END,
    updated_at = :now, version = version + 1
WHERE id = ANY (:ids) AND created_by_username = ANY (:usernames)
RETURNING id, status
""")
_OF_NOBODY = text("DELETE FROM events WHERE created_by_username = ANY (:usernames) AND status = 'DRAFT'")
_ERASURE = [text(statement) for statement in erasures(PERSONAL)]
_NAMED = """(
    EXISTS (SELECT FROM event_participations p WHERE p.participant_username = m.username)
    OR EXISTS (SELECT FROM event_participations p WHERE p.checked_in_by = m.username)
    OR EXISTS (SELECT FROM events e WHERE e.created_by_username = m.username)
    OR EXISTS (SELECT FROM event_organisers o WHERE o.username = m.username)
    OR EXISTS (SELECT FROM event_organisers o WHERE o.added_by = m.username)
    OR EXISTS (SELECT FROM event_invitations i WHERE i.invited_username = m.username)
    OR EXISTS (SELECT FROM event_invitations i WHERE i.invited_by_username = m.username)
    OR EXISTS (SELECT FROM seat_ledger s WHERE s.username = m.username)
    OR EXISTS (SELECT FROM event_comments c WHERE c.username = m.username)
    OR EXISTS (SELECT FROM event_comment_likes l WHERE l.username = m.username)
    OR EXISTS (SELECT FROM event_media f WHERE f.uploaded_by_username = m.username)
    OR EXISTS (SELECT FROM event_media_likes l WHERE l.username = m.username)
    OR EXISTS (SELECT FROM event_email_invitations i WHERE i.invited_by_username = m.username)
)"""
_LEFT_OVER = text(f"""
SELECT m.username FROM members m
WHERE m.standing = 'erased' AND m.username > :after AND {_NAMED} ORDER BY m.username LIMIT 1
""")
_THERE_AGAIN = text(f"""
SELECT m.username FROM unnest(CAST(:usernames AS text[])) AS m (username)
WHERE {_NAMED} OR NOT EXISTS (SELECT FROM members k WHERE k.username = m.username AND k.standing = 'erased')
ORDER BY m.username
""")
_TELL = text("""
SELECT pg_notify(:channel, json_build_array(username, CAST(:at AS text))::text)
FROM unnest(CAST(:usernames AS text[])) AS username
""")


class Parted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the events whose organisers were erased."""

    unled: list[int]
    """Need one."""
    others: list[int]
    """Are over, or were called off."""


class MemberRepository:
    """Notes what messages tell of members, and tells every process of it."""

    async def note(self, session: AsyncSession, usernames: Sequence[str], now: datetime) -> None:
        """Note that something about these members changed."""
        await session.execute(_NOTE, {"usernames": list(usernames), "now": now})
        await self._tell(session, usernames, now)

    async def stand(self, session: AsyncSession, told: Sequence[tuple[str, str, int]], now: datetime) -> None:
        """Note where members stand: of what is told of one, the highest number counts, now and later.

        Erased is for good, whatever the numbers: they begin anew where a database was restored, and no name is given
        again.
        """
        names, standings, seqs = ([*column] for column in zip(*told, strict=True))
        await session.execute(_STAND, {"usernames": names, "standings": standings, "seqs": seqs, "now": now})
        await self._tell(session, [one[0] for one in told], now)

    async def hand_over(
        self, session: AsyncSession, usernames: Sequence[str], event_ids: Sequence[int], now: datetime
    ) -> Sequence[int]:
        """Give what these members organise, locked and still to come or a draft, to who is beside them longest.

        He is active; where there is nobody like that, nothing happens. Return what was handed over.
        """
        bound = {"usernames": list(usernames), "ids": list(event_ids), "now": now}
        return (await session.scalars(_HAND_OVER, bound)).all()

    async def part_from_organisers(
        self, session: AsyncSession, usernames: Sequence[str], event_ids: Sequence[int], now: datetime
    ) -> Parted:
        """Take these members off the events they still organise, whose rows are locked; say what became of each.

        What is still to come needs an organiser; a draft was nobody else's and goes.
        """
        await session.execute(_OF_NOBODY, {"usernames": list(usernames)})
        bound = {"usernames": list(usernames), "ids": list(event_ids), "now": now}
        rows = [(row[0], row[1]) for row in await session.execute(_NEEDS_ORGANISER, bound)]
        unled = [event_id for event_id, status in rows if status == "NEEDS_ORGANISER"]
        return Parted(unled=unled, others=[one for one, _ in rows if one not in unled])

    async def erase(self, session: AsyncSession, usernames: Sequence[str]) -> None:
        """Erase what hangs on no event's lock, as the registry says."""
        for username in sorted(usernames):
            for statement in _ERASURE:
                await session.execute(statement, {"username": username})

    async def left_over(self, session: AsyncSession, after: str) -> str | None:
        """Return the next who was erased and of whom there is something still: written while he was being erased."""
        found: str | None = await session.scalar(_LEFT_OVER, {"after": after})
        return found

    async def there_again(self, session: AsyncSession, usernames: Sequence[str]) -> Sequence[str]:
        """Return which of these members, who were erased, are there all the same."""
        return (await session.scalars(_THERE_AGAIN, {"usernames": list(usernames)})).all()

    async def _tell(self, session: AsyncSession, usernames: Sequence[str], now: datetime) -> None:
        given = {"channel": CHANNEL, "usernames": sorted({one.lower() for one in usernames}), "at": now.isoformat()}
        await session.execute(_TELL, given)
