"""Who may see an event: the one predicate every reader of events uses (behaviours: visibility).

SQL over `e` (events), `my` (the viewer's participation, joined by `MINE`) and the parameter `$1::text`, the viewer's
username or NULL for the public.
"""

MINE = "LEFT JOIN event_participations my ON my.event_id = e.id AND my.participant_username = $1::text"
"""Joins the viewer's own participation, at most one row."""

ORGANISES = "e.created_by_username = $1::text"

INVITED = "EXISTS (SELECT FROM event_invitations i WHERE i.event_id = e.id AND i.invited_username = $1::text)"

VISIBLE = f"""(
    e.status <> 'DRAFT' AND (
        e.privacy = 'PUBLIC' AND (e.status <> 'NEEDS_ORGANISER' OR $1::text IS NOT NULL)
        OR e.privacy = 'INVITE_ONLY' AND $1::text IS NOT NULL
        OR my.id IS NOT NULL
        OR {INVITED}
    )
    OR {ORGANISES}
)"""

INSIDER = f"coalesce(my.status = 'GOING' OR {ORGANISES}, false)"
"""Who may know how to get in: the meeting link, and the exact place of a closed event."""

PLACE_SHOWN = f"(e.privacy <> 'INVITE_ONLY' OR {INSIDER})"
"""Whether the viewer may know the place; where not, no filter may find the event by it."""
