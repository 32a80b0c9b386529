"""The events of the demo: the same ones for the same seed, members and day."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ijaa.events.catalogue.domain import place_key, search_key, search_words
from ijaa.events.demo_names import KINDS, PLACES, Kind, Place
from ijaa.events.demo_repository import DemoEvent, DemoRepository, EventRow, InvitationRow, ParticipationRow
from ijaa.events.demo_talk import talk
from ijaa.shared.database import Database

_DAYS = range(-330, 180)
"""How far back and ahead events lie."""
_BATCHES = range(1991, 2021)


async def seed(
    database: Database,
    usernames: Sequence[str],
    *,
    seed: int,
    now: datetime,
    count: int = 60,
    participations: int = 3000,
) -> int:
    """Make `count` events with up to `participations` answers, unless there is any event; return how many were made."""
    rng = random.Random(seed)  # noqa: S311 - events that do not happen
    members = sorted(usernames)
    kinds = [KINDS[number % len(KINDS)] for number in range(count)]
    crowds = _crowds(rng, count, participations, len(members) - 1)
    planned = [_planned(rng, kind, members, crowd, now) for kind, crowd in zip(kinds, crowds, strict=True)]
    return await DemoRepository(database).copy(sorted(planned, key=lambda one: one.event.created_at))


def _crowds(rng: random.Random, count: int, total: int, most: int) -> list[int]:
    """Split the answers over the events: a few are loved, most are small."""
    weights = [rng.paretovariate(1.6) for _ in range(count)]
    crowds = [min(most, int(total * weight / sum(weights))) for weight in weights]
    while (missing := min(total, most * count) - sum(crowds)) > 0:
        for number in rng.sample(range(count), min(missing, count)):
            crowds[number] = min(most, crowds[number] + 1)
    return crowds


def _planned(rng: random.Random, kind: Kind, members: Sequence[str], crowd: int, now: datetime) -> DemoEvent:
    organiser, *others = rng.sample(members, crowd + 1)
    place = rng.choice(PLACES)
    start, end = _times(rng, kind, place, now)
    created_at = min(start - timedelta(days=rng.randint(15, 70)), now - timedelta(days=rng.randint(2, 30)))
    status = _status(rng, start, end, now)
    people = [] if status == "DRAFT" else others
    capacity = _capacity(rng, kind, len(people))
    requires_approval = kind.event_type == "WORKSHOP" and start > now
    deadline = start - timedelta(days=1) if kind.guests else None
    closed = min(now, deadline or start)
    answers = _answers(rng, people, capacity, kind.guests, (created_at, closed), requires_approval=requires_approval)
    title, description = _texts(rng, kind, place, start)
    location = None if kind.where == "online" else f"{rng.choice(place.venues)}, {place.city}"
    found_by: dict[str, Any] = {
        "title": title, "event_type": kind.event_type, "tags": [*kind.tags, place.city], "description": description,
    }  # fmt: skip
    event = EventRow(
        title=title,
        description=description,
        start_date=start,
        end_date=end,
        timezone=place.zone,
        location=location,
        event_type=kind.event_type,
        privacy=kind.privacy,
        is_online=kind.where == "online",
        meeting_link=f"https://meet.example/{rng.randrange(10**9):09d}" if kind.where == "online" else None,
        capacity=capacity,
        going=sum(1 + one.guests for one in answers if one.status == "GOING"),
        waiting=sum(one.status == "WAITLISTED" for one in answers),
        waitlist_seq=max((one.seq or 0 for one in answers), default=0),
        rsvp_deadline=deadline,
        requires_approval=requires_approval,
        waitlist_mode="auto",
        max_guests=kind.guests,
        created_by_username=organiser,
        tags=[*kind.tags, place.city],
        status=status,
        search_key=search_key(**found_by),
        search_words=search_words(**found_by),
        location_key=place_key(location),
        created_at=created_at,
        updated_at=closed if status == "CANCELLED" else created_at,
        cancelled_at=closed if status == "CANCELLED" else None,
    )
    said = talk(random.Random(title + organiser), event, answers, closed)  # noqa: S311 - as above
    return DemoEvent(event, answers, _invitations(rng, event, answers, members), said)


def _times(rng: random.Random, kind: Kind, place: Place, now: datetime) -> tuple[datetime, datetime]:
    """Choose start and end in UTC from a local wall time."""
    day = now.date() + timedelta(days=rng.choice(_DAYS))
    if kind.season is not None:
        near = [date(now.year + step, *kind.season) for step in (-1, 0, 1)]
        day = rng.choice(sorted(near, key=lambda one: abs(one - now.date()))[:2])
    local = datetime.combine(day, time.fromisoformat(rng.choice(kind.begins)), ZoneInfo(place.zone))
    start = local.astimezone(UTC)
    return start, start + timedelta(hours=kind.hours)


def _status(rng: random.Random, start: datetime, end: datetime, now: datetime) -> str:
    if rng.random() < 0.06:  # noqa: PLR2004
        return "CANCELLED"
    if end < now:
        return "COMPLETED"
    return "DRAFT" if start > now and rng.random() < 0.08 else "PUBLISHED"  # noqa: PLR2004


def _capacity(rng: random.Random, kind: Kind, crowd: int) -> int | None:
    """Choose a capacity; a third of the limited ones is too small for its crowd."""
    chosen = rng.choice(kind.capacities)
    if chosen is None:
        return None
    return max(chosen, crowd) if rng.random() > 1 / 3 else max(5, min(chosen, crowd * 2 // 3))


def _answers(
    rng: random.Random,
    people: Sequence[str],
    capacity: int | None,
    most_guests: int,
    window: tuple[datetime, datetime],
    *,
    requires_approval: bool,
) -> list[ParticipationRow]:
    """Let people answer one after the other, under the rules of seats: who does not fit waits."""
    opened, closed = window
    moments = sorted(opened + (closed - opened) * rng.random() for _ in people)
    rows, going, seq = [], 0, 0
    for username, at in zip(people, moments, strict=True):
        status = rng.choices(("GOING", "MAYBE", "NOT_GOING"), (80, 11, 9))[0]
        guests = rng.choice((0, 0, 0, *range(most_guests + 1))) if status == "GOING" else 0
        place = None
        if status == "GOING" and requires_approval and rng.random() < 0.2:  # noqa: PLR2004
            status = "PENDING"
        elif status == "GOING" and capacity is not None and going + 1 + guests > capacity:
            seq += 1
            status, place = "WAITLISTED", seq
        elif status == "GOING":
            going += 1 + guests
        rows.append(ParticipationRow(username, status, guests, place, at))
    return rows


def _invitations(
    rng: random.Random, event: EventRow, answers: Sequence[ParticipationRow], members: Sequence[str]
) -> list[InvitationRow]:
    """Invite to a closed event everybody who answered, and a few who have not."""
    if event.privacy == "PUBLIC":
        return []
    answered = {one.participant_username for one in answers}
    silent = set(rng.sample(members, min(5, len(members)))) - answered - {event.created_by_username}
    return [
        InvitationRow(
            invited_username=username,
            invited_by_username=event.created_by_username,
            is_read=username in answered,
            is_responded=username in answered,
            created_at=event.created_at,
        )
        for username in sorted(answered | silent)
    ]


def _texts(rng: random.Random, kind: Kind, place: Place, start: datetime) -> tuple[str, str]:
    filled = {
        "topic": rng.choice(kind.topics),
        "city": place.city,
        "batch": rng.choice(_BATCHES),
        "year": start.year,
    }
    return kind.title.format(**filled), kind.description.format(**filled)
