"""SQL that changes threads. The lock of an event's row comes first, then its discussion's, then comments by id."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.visibility import MINE, VISIBLE
from ijaa.shared.live import Tell

# the event cannot go meanwhile; an answer to it is not kept waiting by more than its own lock
_OPEN = text("""
WITH e AS MATERIALIZED (SELECT id FROM events WHERE id = :event_id AND status <> 'DRAFT' FOR KEY SHARE)
INSERT INTO event_discussions (event_id, comments, version) SELECT id, 1, 1 FROM e
ON CONFLICT (event_id) DO UPDATE SET
    comments = event_discussions.comments + 1, version = event_discussions.version + 1
RETURNING event_id
""")
_ADD = text("""
INSERT INTO event_comments (event_id, parent_id, depth, username, content, created_at)
SELECT CAST(:event_id AS bigint), p.id, coalesce(p.depth, 0) + 1, CAST(:username AS varchar),
       CAST(:content AS varchar), CAST(:now AS timestamptz)
FROM (VALUES (CAST(:parent_id AS bigint))) AS v (answered) LEFT JOIN event_comments p
    ON p.id = v.answered AND p.event_id = CAST(:event_id AS bigint) AND p.deleted_at IS NULL
WHERE v.answered IS NULL OR p.id IS NOT NULL
RETURNING id
""")
_CHANGE = text("UPDATE event_discussions SET version = version + 1 WHERE event_id = :event_id")
_EDIT = text("""
WITH old AS (
    SELECT id, content FROM event_comments
    WHERE id = :id AND username = CAST(:username AS varchar) AND deleted_at IS NULL FOR NO KEY UPDATE
), kept AS (
    INSERT INTO event_comment_edits (comment_id, content, replaced_at)
    SELECT id, content, CAST(:now AS timestamptz) FROM old WHERE content <> CAST(:content AS varchar)
), changed AS (
    UPDATE event_comments c SET content = CAST(:content AS varchar), edited_at = CAST(:now AS timestamptz)
    FROM old WHERE c.id = old.id AND old.content <> CAST(:content AS varchar)
)
SELECT id FROM old
""")
_SAID = text("SELECT content FROM event_comment_edits WHERE comment_id = :id ORDER BY id")
_LIKE = text("""
WITH c AS (
    SELECT id, likes FROM event_comments WHERE id = :id AND deleted_at IS NULL FOR NO KEY UPDATE
), liked AS (
    INSERT INTO event_comment_likes (comment_id, username, liked_at)
    SELECT id, CAST(:username AS varchar), CAST(:now AS timestamptz) FROM c ON CONFLICT DO NOTHING
    RETURNING comment_id
), counted AS (
    UPDATE event_comments SET likes = event_comments.likes + 1 FROM liked WHERE id = liked.comment_id
    RETURNING event_comments.likes
)
SELECT coalesce((SELECT likes FROM counted), (SELECT likes FROM c))
""")
_UNLIKE = text("""
WITH c AS (
    SELECT id FROM event_comments WHERE id = :id FOR NO KEY UPDATE
), gone AS (
    DELETE FROM event_comment_likes l USING c WHERE l.comment_id = c.id AND l.username = :username
    RETURNING comment_id
)
UPDATE event_comments SET likes = event_comments.likes - 1 FROM gone WHERE id = gone.comment_id
""")
_LOCK = text("SELECT event_id FROM event_discussions WHERE event_id = :event_id FOR UPDATE")
_DEEPEST_GO = text("""
DELETE FROM event_comments WHERE id = ANY (:ids) AND depth = 3 AND deleted_at IS NULL RETURNING event_id
""")
_HOLLOW = text("""
UPDATE event_comments SET username = NULL, content = '', edited_at = NULL, likes = 0, deleted_at = :now
WHERE id = ANY (:ids) AND deleted_at IS NULL RETURNING event_id
""")
_STRIP = (
    text("DELETE FROM event_comment_likes WHERE comment_id = ANY (:ids)"),
    text("DELETE FROM event_comment_edits WHERE comment_id = ANY (:ids)"),
)
_SWEEP = text("""
DELETE FROM event_comments c
WHERE c.event_id = ANY (:event_ids) AND c.deleted_at IS NOT NULL AND c.depth = :depth
  AND NOT EXISTS (SELECT FROM event_comments r WHERE r.parent_id = c.id)
""")
_COUNT_OFF = text("""
UPDATE event_discussions d SET comments = d.comments - gone.number, version = d.version + 1
FROM unnest(CAST(:event_ids AS bigint[]), CAST(:numbers AS int[])) AS gone (event_id, number)
WHERE d.event_id = gone.event_id
""")
_LOCK_CONCERNED = text("""
SELECT event_id FROM event_discussions WHERE event_id IN (
    SELECT event_id FROM event_comments WHERE username = ANY (:usernames)
    UNION SELECT c.event_id FROM event_comment_likes l JOIN event_comments c ON c.id = l.comment_id
        WHERE l.username = ANY (:usernames)
) ORDER BY event_id FOR UPDATE
""")
_OF = text("SELECT id FROM event_comments WHERE username = ANY (:usernames) ORDER BY id")
_UNLIKE_ALL = text("""
WITH c AS (
    SELECT id FROM event_comments
    WHERE id IN (SELECT comment_id FROM event_comment_likes WHERE username = ANY (:usernames))
    ORDER BY id FOR NO KEY UPDATE
), gone AS (
    DELETE FROM event_comment_likes l USING c WHERE l.comment_id = c.id AND l.username = ANY (:usernames)
    RETURNING comment_id
)
UPDATE event_comments SET likes = event_comments.likes - n.number
FROM (SELECT comment_id, count(*) AS number FROM gone GROUP BY comment_id) n WHERE id = n.comment_id
""")
_HIS = "v.name"
_SEE = text(f"""
SELECT v.name FROM unnest(CAST(:usernames AS text[])) WITH ORDINALITY AS v (name, place)
WHERE EXISTS (
    SELECT FROM events e {MINE.replace("$1::text", _HIS)} WHERE e.id = :event_id AND {VISIBLE.replace("$1::text", _HIS)}
) ORDER BY v.place
""")


class ThreadRepository:
    """Adds to threads, changes what was said, and takes it away; counts are kept with it."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    async def open(self, session: AsyncSession, event_id: int) -> bool:
        """Take the lock under which a comment may come, and count it; return whether the event takes comments."""
        self._tell(session, str(event_id))
        return (await session.execute(_OPEN, {"event_id": event_id})).first() is not None

    async def add(
        self, session: AsyncSession, event_id: int, parent_id: int | None, username: str, content: str, now: datetime
    ) -> int | None:
        """Write a comment in an open discussion; return its id, None where what it answers is gone."""
        given = {"event_id": event_id, "parent_id": parent_id, "username": username, "content": content, "now": now}
        added: int | None = await session.scalar(_ADD, given)
        return added

    async def edit(
        self, session: AsyncSession, event_id: int, comment_id: int, username: str, content: str, now: datetime
    ) -> bool:
        """Change what somebody said, and keep what he said before; return whether his comment is still there."""
        await session.execute(_CHANGE, {"event_id": event_id})
        self._tell(session, str(event_id))
        given = {"id": comment_id, "username": username, "content": content, "now": now}
        return (await session.execute(_EDIT, given)).first() is not None

    async def said(self, session: AsyncSession, comment_id: int) -> Sequence[str]:
        """Return everything a comment said before."""
        return (await session.execute(_SAID, {"id": comment_id})).scalars().all()

    async def like(self, session: AsyncSession, comment_id: int, username: str, now: datetime) -> int | None:
        """Note that somebody likes a comment, once; return how many do, None where it is gone."""
        likes: int | None = await session.scalar(_LIKE, {"id": comment_id, "username": username, "now": now})
        return likes

    async def unlike(self, session: AsyncSession, comment_id: int, username: str) -> None:
        """Forget that somebody likes a comment."""
        await session.execute(_UNLIKE, {"id": comment_id, "username": username})

    async def remove(self, session: AsyncSession, event_id: int, comment_id: int, now: datetime) -> bool:
        """Delete a comment; return whether it was there.

        One that was answered stays as a tombstone; a tombstone nothing hangs on any more goes as well.
        """
        await session.execute(_LOCK, {"event_id": event_id})
        return await self._take_away(session, [comment_id], now) > 0

    async def forget(self, session: AsyncSession, usernames: Sequence[str], now: datetime) -> None:
        """Take away everything members said who were erased, and what they liked; others' replies stay."""
        given = {"usernames": list(usernames)}
        await session.execute(_LOCK_CONCERNED, given)
        await session.execute(_UNLIKE_ALL, given)
        await self._take_away(session, (await session.execute(_OF, given)).scalars().all(), now)

    async def who_see(self, session: AsyncSession, event_id: int, usernames: Sequence[str]) -> list[str]:
        """Return which of these may see an event; of names nobody has, the receiver knows."""
        found = await session.execute(_SEE, {"event_id": event_id, "usernames": list(usernames)})
        return [*found.scalars()]

    async def _take_away(self, session: AsyncSession, ids: Sequence[int], now: datetime) -> int:
        """Take comments out of discussions that are locked; return how many there were."""
        if not ids:
            return 0
        given = {"ids": list(ids)}
        gone = Counter((await session.execute(_DEEPEST_GO, given)).scalars())
        gone += Counter((await session.execute(_HOLLOW, given | {"now": now})).scalars())
        for statement in _STRIP:
            await session.execute(statement, given)
        events = sorted(gone)
        for depth in (2, 1):
            await session.execute(_SWEEP, {"event_ids": events, "depth": depth})
        await session.execute(_COUNT_OFF, {"event_ids": events, "numbers": [gone[one] for one in events]})
        for event_id in events:
            self._tell(session, str(event_id))
        return gone.total()
