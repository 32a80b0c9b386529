"""Clients that write until they know, what they were told, and whether the database agrees.

A request without an answer, or with a 503, is *unknown*: it may have had its effect. So it is sent again with the same
Idempotency-Key until something else is answered. What was answered is answered again to whoever sends the key again.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import httpx

from ijaa.shared.database import Database

Answer = tuple[int, bytes, dict[str, str]]
"""Status, body, and the headers that belong to what was done."""
_KEPT = ("content-type", "etag", "location")


@dataclass
class Written:
    """One write, as its client knows it."""

    title: str
    key: str
    tries: int = 0
    unknown: int = 0
    event_id: int | None = None
    """Once it is acknowledged."""
    answer: "Answer | None" = None
    """The first one that told."""


@dataclass
class History:
    """What clients wrote, and how they were answered."""

    url: str
    headers: dict[str, str]
    written: list[Written] = field(default_factory=list)
    met: Counter[int] = field(default_factory=Counter)
    unannounced: int = 0
    going: bool = True

    async def write(self, client: httpx.AsyncClient, numbers: "count[int]") -> None:
        """Create events, one after the other, each until it is known."""
        while self.going:
            one = Written(f"event {next(numbers)}", uuid4().hex)
            self.written.append(one)
            while one.event_id is None and (self.going or one.tries == 0):
                await self._try(client, one)

    async def _send(self, client: httpx.AsyncClient, one: Written) -> httpx.Response:
        starts = datetime(2030, 1, 1, tzinfo=UTC)
        ends = starts + timedelta(hours=1)
        body = {"title": one.title, "timezone": "UTC", "start_date": starts.isoformat(), "end_date": ends.isoformat()}
        return await client.post(
            f"{self.url}/api/v1/events", json=body, headers={**self.headers, "Idempotency-Key": one.key}
        )

    async def _try(self, client: httpx.AsyncClient, one: Written) -> None:
        one.tries += 1
        try:
            answer = await self._send(client, one)
        except httpx.TransportError:
            one.unknown += 1
            await asyncio.sleep(0.05)
            return
        self.met[answer.status_code] += 1
        if answer.status_code == 201:
            one.event_id, one.answer = answer.json()["id"], _told(answer)
        else:
            one.unknown += 1
            self.unannounced += answer.status_code == 503 and "retry-after" not in answer.headers
            await asyncio.sleep(0.05)

    async def writing(self, clients: int) -> None:
        """Write until `going` is over."""
        numbers = count()
        async with httpx.AsyncClient(timeout=10) as client:
            await asyncio.gather(*(self.write(client, numbers) for _ in range(clients)))

    async def replay(self) -> str:
        """Send every acknowledged write again, and hold the answer against the first one; `check` counts effects."""
        known = [one for one in self.written if one.answer is not None]
        async with httpx.AsyncClient(timeout=10) as client:
            for one in known:
                again = await self._send(client, one)
                assert _told(again) == one.answer, (
                    f"{one.title}: told {one.answer}, and {_told(again)} when asked again"
                )
                assert again.headers["idempotent-replayed"] == "true"
        return f"{len(known)} answered again as at first"

    async def check(self, database: Database) -> str:
        """Hold what was told against what there is, and return it in a sentence."""
        rows = await database.fetch(
            lambda title, ids: (title, ids), "SELECT title, array_agg(id) FROM events GROUP BY 1"
        )
        there = dict(rows)
        for one in self.written:
            found = there.pop(one.title, [])
            if one.event_id is None:
                assert len(found) <= 1, f"{one.title} was done {len(found)} times, and its client never knew"
            else:
                assert found == [one.event_id], f"{one.title}: acknowledged {one.event_id}, there is {found}"
        assert not there, f"nobody asked for {there}"
        known = [one for one in self.written if one.event_id is not None]
        again = sum(one.unknown > 0 for one in known)
        return f"{len(known)} acknowledged ({again} after something unknown), answers {dict(self.met)}"


def _told(answer: httpx.Response) -> Answer:
    return answer.status_code, answer.content, {name: answer.headers[name] for name in _KEPT if name in answer.headers}
