"""Who may see an event: the one predicate every reader of events uses (behaviours: visibility).

SQL over `e` (events), `my` (the viewer's participation) and `duty` (his role), both joined by `MINE`, and the parameter
`$1::text`, the viewer's username or NULL for the public.
"""

ON_DUTY = "LEFT JOIN event_organisers duty ON duty.event_id = e.id AND duty.username = $1::text"
"""Joins the role the viewer was given, at most one row."""

MINE = f"LEFT JOIN event_participations my ON my.event_id = e.id AND my.participant_username = $1::text {ON_DUTY}"
"""Joins what the viewer himself is to an event: his participation and his role, at most one row of each."""

ORGANISES = "(e.created_by_username = $1::text OR duty.role = 'CO_ORGANISER')"
"""Whether he runs the event: its organiser, or one beside him."""

HELPS = "(e.created_by_username = $1::text OR duty.id IS NOT NULL)"
"""Whether he has any role at the event."""

MY_ROLE = "CASE WHEN e.created_by_username = $1::text THEN 'ORGANISER' ELSE duty.role END"

ORGANISED = """e.id IN (
    SELECT id FROM events WHERE created_by_username = $1::text
    UNION ALL SELECT event_id FROM event_organisers WHERE username = $1::text AND role = 'CO_ORGANISER'
)"""
"""`ORGANISES` from the side of the viewer: finds his few among all events by index."""

_INVITED = (
    "EXISTS (SELECT FROM event_invitations i WHERE i.event_id = e.id AND i.invited_username = {} AND NOT i.is_void"
    " AND (i.is_responded OR i.expires_at IS NULL OR i.expires_at > now()))"
)
INVITED = _INVITED.format("$1::text")
"""An invitation that holds: one that was answered does not expire any more, a void one never held.

The clock is the database's: no reader has to hand in the time.
"""

INVITED_WAITER = _INVITED.format("w.participant_username")
"""The same of whoever waits: `w` is his answer."""

VISIBLE = f"""(
    e.status <> 'DRAFT' AND (
        e.privacy = 'PUBLIC' AND (e.status <> 'NEEDS_ORGANISER' OR $1::text IS NOT NULL)
        OR e.privacy = 'INVITE_ONLY' AND $1::text IS NOT NULL
        OR my.id IS NOT NULL
        OR {INVITED}
    )
    OR {HELPS}
)"""

INSIDER = f"coalesce(my.status = 'GOING' OR {ORGANISES}, false)"
"""Who may know how to get in: the meeting link, and the exact place of a closed event."""

PLACE_SHOWN = f"(e.privacy <> 'INVITE_ONLY' OR {INSIDER} OR {HELPS})"
"""Whether the viewer may know the place: who stands at a door has to find it; no filter finds by it for others."""
