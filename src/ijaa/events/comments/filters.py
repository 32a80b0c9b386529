"""Which comments a viewer sees, and their orders: the SQL every reader of comments uses.

Over `e` (the event, with `organises`: whether the viewer is on duty there), `$1::text` (the viewer, NULL is the public)
and `$3::text[]` (whom blocks hide from him). Of whoever is hidden from the viewer, or suspended, nothing is there: not
his comments, not what hangs on them, and no tombstone that only they keep.
"""

from dataclasses import dataclass

from ijaa.events.comments.domain import Sort
from ijaa.events.visibility import HELPS, INVITED, MINE, ORGANISES, VISIBLE
from ijaa.shared.schema import MAX_ID, MAX_INT

EVENT = f"""
SELECT e.id, e.title, e.status, e.privacy, coalesce({ORGANISES}, false) AS organises,
       coalesce({HELPS} OR {INVITED}, false) AS belongs, my.status AS answer
FROM events e {MINE} WHERE {VISIBLE}
"""
"""The events the viewer sees; to be narrowed with AND."""


def by_seen(alias: str) -> str:
    """Return whether somebody wrote a comment whom the viewer sees; `OFFSET 0` keeps it one look into an index."""
    return (
        f"({alias}.username IS NOT NULL AND (e.organises OR {alias}.username <> ALL ($3::text[])) AND NOT EXISTS"
        f" (SELECT FROM members m WHERE m.username = {alias}.username AND m.standing <> 'active' OFFSET 0))"
    )


def kept(alias: str, levels: int) -> str:
    """Return whether a comment is there for the viewer: itself, or as a tombstone of what he sees below it."""
    if not levels:
        return by_seen(alias)
    below = f"{alias}r"
    return (
        f"({by_seen(alias)} OR {alias}.deleted_at IS NOT NULL AND EXISTS (SELECT FROM event_comments {below}"
        f" WHERE {below}.parent_id = {alias}.id AND {kept(below, levels - 1)} OFFSET 0))"
    )


def _open(alias: str) -> str:
    return f"({alias}.id IS NULL OR {alias}.deleted_at IS NOT NULL OR {by_seen(alias)})"


ABOVE = "LEFT JOIN event_comments p ON p.id = c.parent_id LEFT JOIN event_comments g ON g.id = p.parent_id"
"""Joins what a comment `c` answers, and what that answers."""
REACHED = f"{_open('p')} AND {_open('g')}"
"""Whether the viewer sees what is above a comment."""
ONE = f"""
event_comments c JOIN ({EVENT}) e ON e.id = c.event_id {ABOVE}
WHERE c.id = $2 AND {kept("c", 2)} AND {REACHED}
"""
"""The comment `c` with the id `$2`, if the viewer sees it."""


@dataclass(frozen=True)
class Order:
    """One keyset order of comments `c` after the position of `$5` likes and the id `$6`."""

    clause: str
    after: str
    first: tuple[int, int]
    """The position before everything."""


ORDERS: dict[Sort, Order] = {
    "newest": Order("c.id DESC", "$5::int IS NOT NULL AND c.id < $6", (0, MAX_ID)),
    "oldest": Order("c.id", "$5::int IS NOT NULL AND c.id > $6", (0, 0)),
    "popular": Order("c.likes DESC, c.id DESC", "(c.likes, c.id) < ($5, $6)", (MAX_INT, MAX_ID)),
}
