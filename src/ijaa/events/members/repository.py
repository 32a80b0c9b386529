"""SQL of members who are known from messages."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

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
ORDER BY lower(username), seq DESC
ON CONFLICT (username) DO UPDATE SET
    standing = CASE WHEN EXCLUDED.standing_seq > members.standing_seq THEN EXCLUDED.standing ELSE members.standing END,
    standing_seq = greatest(members.standing_seq, EXCLUDED.standing_seq),
    changed_at = greatest(members.changed_at, EXCLUDED.changed_at)
""")
_TELL = text("""
SELECT pg_notify(:channel, json_build_array(username, CAST(:at AS text))::text)
FROM unnest(CAST(:usernames AS text[])) AS username
""")


class MemberRepository:
    """Notes what messages tell of members, and tells every process of it."""

    async def note(self, session: AsyncSession, usernames: Sequence[str], now: datetime) -> None:
        """Note that something about these members changed."""
        await session.execute(_NOTE, {"usernames": list(usernames), "now": now})
        await self._tell(session, usernames, now)

    async def stand(self, session: AsyncSession, told: Sequence[tuple[str, str, int]], now: datetime) -> None:
        """Note where members stand: of what is told of one, the highest number counts, now and later."""
        names, standings, seqs = ([*column] for column in zip(*told, strict=True))
        await session.execute(_STAND, {"usernames": names, "standings": standings, "seqs": seqs, "now": now})
        await self._tell(session, [one[0] for one in told], now)

    async def _tell(self, session: AsyncSession, usernames: Sequence[str], now: datetime) -> None:
        given = {"channel": CHANNEL, "usernames": sorted({one.lower() for one in usernames}), "at": now.isoformat()}
        await session.execute(_TELL, given)
