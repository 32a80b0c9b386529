"""Members who show some things to some, and who can be made to say something else wherever one viewer is blind."""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.text import fold
from ijaa.users.directory.repository import DirectoryRepository
from ijaa.users.profiles.domain import FIELDS, LISTS, Audience, relation, shown
from tests.surface.digests import Watched
from tests.surface.world import World

PEOPLE = [f"m{number:02}" for number in range(14)]
_KNOWN = ("asha", "ben")
"""Who looks: they have connections and blocks, too, and something in common with others."""
_POOLS: Mapping[str, Sequence[str]] = {
    "name": ("Asha Roy", "Ben Roy", "Chitra Sen"),
    "former_name": ("Dey", "Roy"),
    "nickname": ("Tuni", "Bapi"),
    "profession": ("Nurse", "Doctor"),
    "location": ("Dhaka", "Sylhet"),
    "batch": ("2009", "2010"),
    **{name: (f"{name} 1", f"{name} 2") for name in ("bio", "phone", "email", "linked_in", "website", "facebook")},
    **{name: [f"/api/v1/files/{UUID(int=number)}" for number in (1, 2)] for name in ("photo", "cover")},
}
"""Few values, so that counts and orders meet them."""
_COMPANIES, _INTERESTS = ("Acme", "Loom"), ("Chess", "Choir", "Chalk", "Chant", "Cheese")
"""An interest is suggested once three show it, so there are so many that some of them have about as many."""
_AUDIENCES: Sequence[Audience | None] = ("nobody", "connections", "members", "public", None)
_PART = """
DELETE FROM connections
WHERE $1 IN (requester_username, receiver_username) AND $2 IN (requester_username, receiver_username)
"""
_FORGET = "SELECT pg_notify('ijaa_members', json_build_array(name, now())::text) FROM unnest($1::text[]) name"
"""What events remembers of these is to be learned anew."""


class Lives:
    """Who shows what to whom, who knows whom, and who hides from whom."""

    def __init__(self, world: World, rng: random.Random, database: Database) -> None:
        self._users, self._events = world.databases["users"], world.databases["events"]
        self._rng, self._database = rng, database
        self._chosen = {name: self._audiences() for name in PEOPLE}
        self._barred = {*rng.sample(PEOPLE, 3)}
        self._blocks = [
            rng.choice(((viewer, name), (name, viewer))) for viewer in _KNOWN for name in rng.sample(PEOPLE, 3)
        ]
        states = (None, None, "PENDING", "ACCEPTED", "ACCEPTED", "REJECTED")
        self._pairs = {frozenset(pair): rng.choice(states) for pair in combinations([*PEOPLE, *_KNOWN], 2)}
        self._pairs |= {frozenset(pair): None for pair in self._blocks}

    async def write(self) -> None:
        """Make everybody, and what they have."""
        now = datetime.now(UTC)
        for name in PEOPLE:
            barred, leaving = name in self._barred, self._rng.random() < 0.5
            key = await self._users.put(
                "users", user_id=f"USER_{name}", username=name, email=f"{name}@mail.example", email_verified_at=now,
                active=not barred or leaving, erase_after=now + timedelta(days=9) if barred and leaving else None,
            )  # fmt: skip
            await self._users.put("profiles", user_id=key, username=name, name=name, name_key=name)
            chosen = json.dumps(self._chosen[name])
            await self._users.execute("UPDATE profiles SET visibility = $2 WHERE username = $1", name, chosen)
            await self._say(name, FIELDS, LISTS)
        for viewer in _KNOWN:
            await self._say(viewer, ("batch", "profession", "location"), LISTS)
        for blocker, blocked in self._blocks:
            await self._users.put("blocks", blocker_username=blocker, blocked_username=blocked)
        for pair, status in self._pairs.items():
            await self._join(pair, status)
        await self._known()

    async def rewrite(self, viewer: str | None) -> None:
        """Say something else wherever the viewer may not see it."""
        hidden = self.hidden(viewer)
        for name in PEOPLE:
            seen = {one for one in (*FIELDS, *LISTS) if name not in hidden and self._shown(one, name, viewer)}
            await self._say(name, [one for one in FIELDS if one not in seen], [one for one in LISTS if one not in seen])
        blocked = {frozenset(pair) for pair in self._blocks}
        for pair in self._pairs.keys() - blocked:
            if pair & hidden:
                await self._join(pair, self._rng.choice((None, "PENDING", "ACCEPTED")))
        await self._known()

    def blocked(self, viewer: str | None) -> set[str]:
        """Return whom blocks hide from the viewer."""
        return {name for pair in self._blocks if viewer in pair for name in pair if name != viewer}

    def hidden(self, viewer: str | None) -> set[str]:
        """Return whom the viewer does not see at all."""
        return self._barred | self.blocked(viewer)

    def _audiences(self) -> dict[str, Audience]:
        drawn = {one: self._rng.choice(_AUDIENCES) for one in (*FIELDS, *LISTS)}
        return {one: audience for one, audience in drawn.items() if audience}

    def _shown(self, field: str, name: str, viewer: str | None) -> bool:
        connected = viewer is not None and self._pairs.get(frozenset({name, viewer})) == "ACCEPTED"
        return shown(field, self._chosen[name], relation(viewer, name, connected=connected))

    async def _say(self, name: str, fields: Sequence[str], lists: Sequence[str]) -> None:
        for field in fields:
            value = self._rng.choice([*_POOLS[field], *([] if field == "name" else [None])])
            await self._users.execute(f"UPDATE profiles SET {field} = $2 WHERE username = $1", name, value)
            if field == "name":
                await self._users.execute("UPDATE profiles SET name_key = lower(name) WHERE username = $1", name)
        key = await self._users.id_of(name)
        for table in lists:
            await self._users.execute(f"DELETE FROM {table} WHERE user_id = $1", key)
            pool = _COMPANIES if table == "experiences" else _INTERESTS
            for one in self._rng.sample(pool, self._rng.randint(0, 2)):
                await self._users.put(table, user_id=key, **_row(table, one))

    async def _join(self, pair: frozenset[str], status: str | None) -> None:
        one, other = self._rng.sample(sorted(pair), 2)
        await self._users.execute(_PART, one, other)
        if status:
            await self._users.put("connections", requester_username=one, receiver_username=other, status=status)
        self._pairs[pair] = status

    async def _known(self) -> None:
        """Let the directory and the events module know how things are now."""
        async with self._database.transaction() as session:
            await DirectoryRepository(self._database, SystemClock()).renew_after(session, 0, 1_000)
        await self._events.execute(_FORGET, [*PEOPLE, *_KNOWN])
        await asyncio.sleep(0.5)


def _row(table: str, one: str) -> Mapping[str, str]:
    if table == "experiences":
        return {"title": "Clerk", "title_key": "clerk", "company": one, "company_key": fold(one)}
    return {"interest": one, "interest_key": fold(one)}


async def _talk(events: Any, rng: random.Random, event_id: Any) -> None:
    """Have people talk about an event, and answer each other."""
    said: list[tuple[Any, int]] = []
    for name in [*_KNOWN, *rng.choices(PEOPLE, k=20)]:
        parent, depth = (
            rng.choice([one for one in said if one[1] < 3] or [(None, 0)]) if rng.random() < 0.6 else (None, 0)
        )
        comment = await events.put(
            "event_comments", event_id=event_id, parent_id=parent, depth=depth + 1, username=name, content="Hello"
        )
        said.append((comment, depth + 1))


async def occasions(world: World, rng: random.Random) -> Mapping[str, Sequence[int]]:
    """Have everybody meet at two events, and others at a third; return the ids of all there is to be read.

    Nobody hides from the organiser: a block does not keep an event away from whoever wants to come.
    """
    users, events, start = world.databases["users"], world.databases["events"], datetime.now(UTC) + timedelta(days=1)
    found: dict[str, Sequence[int]] = {}
    for meeting in (_KNOWN, _KNOWN, ()):
        event_id = await events.put(
            "events", created_by_username="olu", waitlist_mode="auto", max_guests=0, is_online=False,
            requires_approval=False, start_date=start, end_date=start + timedelta(hours=2), title="Tea",
            timezone="UTC", privacy="PUBLIC", status="PUBLISHED", tags=["tea"],
        )  # fmt: skip
        await events.put("event_activity", event_id=event_id, score=1.0)
        helping = {name: rng.choice(("CO_ORGANISER", "CHECK_IN")) for name in rng.sample(PEOPLE, 3)}
        for name, role in {**helping, "cora": "CO_ORGANISER", "hal": "CHECK_IN"}.items():
            await events.put("event_organisers", event_id=event_id, username=name, role=role, added_by="olu")
        for name in [*meeting, *rng.sample(PEOPLE, 10)]:
            status = "GOING" if name in _KNOWN else rng.choice(("GOING", "MAYBE"))
            await events.put("event_participations", event_id=event_id, participant_username=name, status=status)
        await _talk(events, rng, event_id)
        for name in [*_KNOWN, *rng.sample(PEOPLE, 10)]:
            medium = await events.put(
                "event_media", event_id=event_id, uploaded_by_username=name, media_type="VIDEO", file_id=uuid4(),
                file_type="video/mp4", caption="Tea", is_approved=rng.random() < 0.8,
            )  # fmt: skip
            await events.put("event_media_likes", media_id=medium, username=rng.choice(PEOPLE))
    await _invitations(events, rng, start)
    kept = {
        "connections": users, "announcements": users, "reports": users,
        "events": events, "event_comments": events, "event_media": events,
    }  # fmt: skip
    for kind, database in kept.items():
        ids: Any = await database.value(f"SELECT array_agg(id ORDER BY id) FROM {kind}")
        found[kind] = ids
    own: Any = await events.value("SELECT array_agg(id ORDER BY id) FROM events WHERE created_by_username = 'asha'")
    return found | {"own events": own}


async def _invitations(events: Watched, rng: random.Random, start: datetime) -> None:
    """Have everybody invited by one who looks, to what nobody else sees; and those who look by everybody."""
    told = {
        "waitlist_mode": "auto", "max_guests": 0, "is_online": False, "requires_approval": False,
        "start_date": start, "end_date": start + timedelta(hours=2), "timezone": "UTC", "status": "PUBLISHED",
    }  # fmt: skip
    mine = await events.put("events", created_by_username="asha", title="Dinner", privacy="PRIVATE", **told)
    for name in PEOPLE:
        await events.put("event_invitations", event_id=mine, invited_username=name, invited_by_username="asha",
                         is_void=rng.random() < 0.3)  # fmt: skip
    for name in PEOPLE:
        event_id = await events.put("events", created_by_username="olu", title="Tea", privacy="INVITE_ONLY", **told)
        for viewer in _KNOWN:
            await events.put("event_invitations", event_id=event_id, invited_username=viewer, invited_by_username=name)
