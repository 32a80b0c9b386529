"""The numbers of an event as one would count them by hand."""

from collections import Counter
from datetime import datetime
from typing import Any

from ijaa.shared.database import Database

_STATUSES = {
    "confirmed": "GOING", "maybe": "MAYBE", "declined": "NOT_GOING", "pending": "PENDING", "waitlisted": "WAITLISTED",
}  # fmt: skip


async def by_hand(database: Database, event: int) -> dict[str, Any]:
    """Read every row there is of an event, and count."""

    async def rows(columns: str, table: str) -> list[tuple[Any, ...]]:
        return await database.fetch(lambda *row: row, f"SELECT {columns} FROM {table} WHERE event_id = $1", event)

    answers = await rows("id, participant_username, status, checked_in_at", "event_participations")
    erased = await rows("status, answers, attended", "erased_answers")
    ledger = await rows("at, participation_id, actor, status", "seat_ledger")
    comments = [row[0] for row in await rows("username", "event_comments") if row[0] is not None]
    media = [row[0] for row in await rows("uploaded_by_username", "event_media")]
    invited = await rows("invited_username, created_at", "event_invitations")

    counts = Counter(row[2] for row in answers)
    for status, number, _ in erased:
        counts[status] += number
    own = sorted((at, id_) for at, id_, actor, status in ledger if actor == "self" and status is not None)
    first: dict[int, datetime] = {}
    for at, id_ in own:
        first.setdefault(id_, at)
    ids = {row[1]: row[0] for row in answers}
    waits = [
        (first[ids[name]] - asked).total_seconds() / 3600
        for name, asked in invited
        if name in ids and ids[name] in first and first[ids[name]] >= asked
    ]
    return {
        **{name: counts[status] for name, status in _STATUSES.items()},
        "total_invitations": len(invited),
        "responded": sum(row[0] in ids for row in invited),
        "attended": sum(row[3] is not None for row in answers) + sum(row[2] for row in erased),
        "comments": len(comments),
        "media": len(media),
        "reminders": 0,
        "engaged": sum(row[2] in {"GOING", "MAYBE"} and row[1] in {*comments, *media} for row in answers),
        "first_rsvp_at": own[0][0] if own else None,
        "last_rsvp_at": own[-1][0] if own else None,
        "average_response_hours": round(sum(waits) / len(waits), 6) if waits else None,
    }
