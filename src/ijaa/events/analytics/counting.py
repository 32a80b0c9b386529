"""SQL that counts an event from its rows, and that tells whether a count still holds.

All of it is over `e` (events) and `a` (the last count, if any). Nobody who answers, writes or uploads has anything to
do for it: what changed is found by comparing marks.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from ijaa.events.checkins.domain import AFTER, BEFORE


class Numbers(msgspec.Struct, frozen=True):
    """What is counted of an event."""

    total_invitations: int
    confirmed: int
    maybe: int
    declined: int
    pending: int
    waitlisted: int
    attended: int
    comments: int
    media: int
    reminders: int
    responded: int
    engaged: int
    first_rsvp_at: datetime | None
    last_rsvp_at: datetime | None
    average_response_hours: float | None


NAMES = Numbers.__struct_fields__
MOMENTS = ("first_rsvp_at", "last_rsvp_at", "average_response_hours")
COUNTS = tuple(name for name in NAMES if name not in MOMENTS)

MARK = """concat_ws('/', e.version, e.seat_entries,
    coalesce((SELECT d.version FROM event_discussions d WHERE d.event_id = e.id), 0),
    (SELECT concat_ws('+', count(*), sum(m.id)) FROM event_media m WHERE m.event_id = e.id),
    (SELECT concat_ws('+', count(*), sum(i.id), max(extract(epoch FROM i.created_at)))
     FROM event_invitations i WHERE i.event_id = e.id)
)"""
"""Differs once anything that is counted does, but for who is let in."""
_MARGIN = "interval '1 hour'"


def dirty(now: str) -> str:
    """Return the condition under which a count holds no more; `now` is SQL.

    The door leaves no mark: until some time after it closed every count is taken for an old one.
    """
    opens = f"e.start_date - interval '{BEFORE.total_seconds():.0f} seconds'"
    closed = f"e.end_date + interval '{AFTER.total_seconds():.0f} seconds' + {_MARGIN}"
    return f"(a.mark IS DISTINCT FROM {MARK} OR {now} >= {opens} AND a.computed_at < {closed})"


_STATUSES = {
    "confirmed": "going", "maybe": "maybe", "declined": "not_going", "pending": "pending", "waitlisted": "waitlisted",
}  # fmt: skip
_HOURS = "extract(epoch FROM l.first - i.created_at) / 3600"


def _erased(what: str, status: str) -> str:
    found = f"SELECT x.{what} FROM erased_answers x WHERE x.event_id = e.id AND x.status = '{status.upper()}'"
    return f"coalesce(({found}), 0)"


_COUNTED: dict[str, str] = {
    "total_invitations": "i.number",
    **{name: f"p.{status} + {_erased('answers', status)}" for name, status in _STATUSES.items()},
    "attended": f"p.attended + {_erased('attended', 'going')}",
    "comments": "(SELECT count(*) FROM event_comments c WHERE c.event_id = e.id AND c.deleted_at IS NULL)",
    "media": "(SELECT count(*) FROM event_media m WHERE m.event_id = e.id)",
    "reminders": "0",
    "responded": "i.responded",
    "engaged": "p.engaged",
    "first_rsvp_at": "r.first",
    "last_rsvp_at": "r.last",
    "average_response_hours": "i.hours",
}
_KINDS = ", ".join(
    f"count(*) FILTER (WHERE p.status = '{status.upper()}') AS {status}" for status in _STATUSES.values()
)
_SELF = "l.event_id = e.id AND l.actor = 'self' AND l.status IS NOT NULL"
_FROM = f"""
(
    SELECT {_KINDS}, count(p.checked_in_at) FILTER (WHERE p.status = 'GOING') AS attended,
           count(*) FILTER (WHERE p.status IN ('GOING', 'MAYBE') AND s.username IS NOT NULL) AS engaged
    FROM event_participations p LEFT JOIN (
        SELECT c.username FROM event_comments c WHERE c.event_id = e.id
        UNION SELECT m.uploaded_by_username FROM event_media m WHERE m.event_id = e.id
    ) s ON s.username = p.participant_username
    WHERE p.event_id = e.id
) p, (
    SELECT min(l.at) AS first, max(l.at) AS last FROM seat_ledger l WHERE {_SELF}
) r, (
    SELECT count(*) AS number, count(p.id) AS responded, avg({_HOURS}) FILTER (WHERE {_HOURS} >= 0)::float8 AS hours
    FROM event_invitations i
    LEFT JOIN event_participations p ON p.event_id = i.event_id AND p.participant_username = i.invited_username
    LEFT JOIN (
        SELECT l.participation_id, min(l.at) AS first FROM seat_ledger l WHERE {_SELF} GROUP BY l.participation_id
    ) l ON l.participation_id = p.id
    WHERE i.event_id = e.id
) i
"""
_SELECTED = ", ".join(f"{_COUNTED[name]} AS {name}" for name in NAMES)


def counted(where: str) -> str:
    """Return a subquery of the numbers of `e`, with one row where `where` holds and none, nor any work, elsewhere."""
    return f"(SELECT {_SELECTED} FROM {_FROM} WHERE {where} LIMIT 1)"  # LIMIT keeps the condition in front of the work


def fresh(now: str) -> str:
    """Return joins to `e` after which `number(name)` is what it is at this moment; what holds still is not counted."""
    return f"""LEFT JOIN event_analytics a ON a.event_id = e.id
        LEFT JOIN LATERAL {counted(dirty(now))} c ON true"""


def number(name: str) -> str:
    """Return the SQL of one number behind `fresh`."""
    return f"CASE WHEN c.confirmed IS NULL THEN a.{name} ELSE c.{name} END"


def computed(now: str) -> str:
    """Return the SQL of when the numbers behind `fresh` were counted."""
    return f"CASE WHEN c.confirmed IS NULL THEN a.computed_at ELSE {now} END"


_COLUMNS = ", ".join(NAMES)
_NEW = ", ".join(f"{name} = EXCLUDED.{name}" for name in (*NAMES, "mark", "computed_at"))


def _put(condition: str) -> Any:
    return text(f"""
    WITH portion AS MATERIALIZED (
        SELECT * FROM events WHERE id > :after AND (CAST(:only AS bigint) IS NULL OR id = CAST(:only AS bigint))
        ORDER BY id LIMIT :size
    ), put AS (
        INSERT INTO event_analytics (event_id, {_COLUMNS}, mark, computed_at)
        SELECT e.id, {", ".join(f"c.{name}" for name in NAMES)}, {MARK}, CAST(:now AS timestamptz)
        FROM portion e LEFT JOIN event_analytics a ON a.event_id = e.id CROSS JOIN LATERAL {counted(condition)} c
        ORDER BY e.id
        ON CONFLICT (event_id) DO UPDATE SET {_NEW}
        RETURNING 1
    )
    SELECT (SELECT max(id) FROM portion), (SELECT count(*) FROM portion), (SELECT count(*) FROM put)
    """)


PUT_DIRTY = _put(dirty("CAST(:now AS timestamptz)"))
PUT_ALL = _put("true")
FORGET = text("DELETE FROM event_analytics a WHERE NOT EXISTS (SELECT FROM events e WHERE e.id = a.event_id)")
