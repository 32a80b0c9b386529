"""Who sees whom, and which fields: one rule as SQL for every reader (behaviours: Field audiences, Blocks).

The fragments are SQL over `u` (`users`) and `p` (`profiles`). `{viewer}` is the parameter with the viewer's username,
NULL for the public; `{now}` the one with the instant. `profiles.domain` holds the same rule for values in hand.
"""

from ijaa.users.standing import MAY_ACT

# the pair is matched as idx uq_connections_pair has it, whoever asked whom
CONNECTED = (
    "EXISTS (SELECT FROM connections c WHERE c.status = 'ACCEPTED'"
    " AND least(c.requester_username, c.receiver_username) = least({viewer}, p.username)"
    " AND greatest(c.requester_username, c.receiver_username) = greatest({viewer}, p.username))"
)
ACCEPTED_OF = (
    "(SELECT receiver_username AS username FROM connections WHERE requester_username = {member}"
    " AND status = 'ACCEPTED' UNION ALL"
    " SELECT requester_username FROM connections WHERE receiver_username = {member} AND status = 'ACCEPTED')"
)
"""The usernames a member is connected with, to be counted or joined; each is there once."""
BLOCKED = (
    "EXISTS (SELECT FROM blocks b WHERE b.blocker_username = {viewer} AND b.blocked_username = p.username"
    " OR b.blocker_username = p.username AND b.blocked_username = {viewer})"
)
"""Whichever of the two blocked the other."""
SHOWN_CONNECTIONS = (
    f"(SELECT count(*) FROM {ACCEPTED_OF} c WHERE EXISTS"
    f" (SELECT FROM users u WHERE u.username = c.username AND {MAY_ACT} OFFSET 0))"
)
"""How many of those `{member}` is connected with somebody could see whom nobody of them blocks, or is blocked by.

`OFFSET 0` keeps it one look into an index for each, whatever the planner knows of a table just filled.
"""
SEEN = f"{MAY_ACT} AND NOT {BLOCKED}"
"""The member exists for the viewer at all."""
RELATION = f"CASE WHEN {{viewer}} IS NULL THEN 0 WHEN {{viewer}} = p.username THEN 3 WHEN {CONNECTED} THEN 2 ELSE 1 END"
"""`profiles.domain.Relation` of the viewer to the member."""
SHOWN = (
    "CASE coalesce(p.visibility->>'{field}', '{default}') WHEN 'public' THEN true"
    " WHEN 'members' THEN {viewer} IS NOT NULL"
    f" WHEN 'connections' THEN {{viewer}} IS NOT NULL AND ({{viewer}} = p.username OR {CONNECTED})"
    " ELSE {viewer} IS NOT DISTINCT FROM p.username END"
)
"""`profiles.domain.shown` of the field named `{field}`, with its `{default}` audience; `SEEN` is asked besides."""
CONNECTIONS = (
    f"(SELECT count(*) FROM {ACCEPTED_OF} c JOIN profiles p ON p.username = c.username"
    f" JOIN users u ON u.id = p.user_id WHERE {SEEN})"
)
"""How many of those `{member}` is connected with the viewer could see: whom he cannot see does not count either."""
