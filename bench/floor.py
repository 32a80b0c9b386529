"""The floor: the same answers from a bare Litestar + asyncpg + msgspec application.

Its SQL is what our repositories hand to their database, taken from them when it starts, so it cannot drift. It has no
authentication (the viewer comes from the environment), no middleware, no log, no rules: what is measured against it is
the price of everything else. `python -m uvicorn --factory bench.floor:create` serves it.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import asyncpg
from litestar import Litestar, get
from litestar.params import PathParameter
from msgspec.structs import astuple

from ijaa.events.catalogue.filters import ORDERS, EventFilter, Tier
from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.catalogue.schemas import EventDetails, EventRead
from ijaa.events.ports import MemberCard
from ijaa.shared.database import Database
from ijaa.shared.pages import Page
from ijaa.users.profiles.repository import ProfileRepository
from ijaa.users.profiles.schemas import MemberRead

LIMIT = 20
WIDTH = len(EventRead.__struct_fields__) - 1
"""Columns of an event in a list; its organiser comes from elsewhere."""
POOL = 10


class Recorder:
    """Stands in for a `Database` and keeps what a repository asks of it."""

    def __init__(self) -> None:
        self.sql = ""
        self.arguments: tuple[Any, ...] = ()

    async def fetch(self, _: type[Any], sql: str, *arguments: Any) -> list[Any]:
        """Keep a statement of many rows."""
        self.sql, self.arguments = sql, arguments
        return []

    async def fetch_one(self, _: type[Any], sql: str, *arguments: Any) -> None:
        """Keep a statement of one row."""
        self.sql, self.arguments = sql, arguments


class Floor:
    """The three handlers' statements and the two pools they run on."""

    users: "asyncpg.Pool[asyncpg.Record]"
    events: "asyncpg.Pool[asyncpg.Record]"

    def __init__(self, viewer: str) -> None:
        self.viewer = viewer

    async def learn(self) -> None:
        """Take the statements from our repositories."""
        heard = Recorder()
        database = cast("Database", heard)
        profiles, events = ProfileRepository(database), EventRepository(database)
        await events.page(
            self.viewer, EventFilter(), None, datetime.now(UTC),
            tier=Tier.ALL, order=ORDERS["start_date"], after=None, limit=LIMIT + 1,
        )  # fmt: skip
        self.page_sql, self.page_arguments = heard.sql, heard.arguments
        await events.read(0, self.viewer)
        self.event_sql = heard.sql
        await profiles.cards([self.viewer], self.viewer, datetime.now(UTC))
        self.cards_sql = heard.sql
        await profiles.seen(self.viewer, self.viewer, datetime.now(UTC))
        self.member_sql = heard.sql

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """Open the pools, as large as ours."""
        await self.learn()
        async with (
            asyncpg.create_pool(os.environ["IJAA_USERS_DATABASE_URL"], min_size=POOL, max_size=POOL) as self.users,
            asyncpg.create_pool(os.environ["IJAA_EVENTS_DATABASE_URL"], min_size=POOL, max_size=POOL) as self.events,
        ):
            yield

    async def with_organizers(self, rows: "list[asyncpg.Record]") -> list[EventRead]:
        """Return events with the cards of their organisers, from the other database."""
        names = list({row["created_by_username"] for row in rows})
        found = await self.users.fetch(self.cards_sql, names, self.viewer, datetime.now(UTC))
        cards = {row[0]: MemberCard(username=row[0], name=row[1], photo=row[2]) for row in found}
        return [EventRead(*row[:WIDTH], cards.get(row["created_by_username"])) for row in rows]


def create() -> Litestar:
    """Return the application."""
    floor = Floor(os.environ["BENCH_VIEWER"])

    @get("/api/v1/events")
    async def page() -> Page[EventRead]:
        rows = await floor.events.fetch(floor.page_sql, *floor.page_arguments)
        following = str(rows[LIMIT - 1]["id"]) if len(rows) > LIMIT else None
        return Page(items=await floor.with_organizers(rows[:LIMIT]), next_cursor=following)

    @get("/api/v1/events/{event_id:int}")
    async def event(event_id: Annotated[int, PathParameter()]) -> EventDetails:
        row = await floor.events.fetchrow(floor.event_sql, floor.viewer, event_id)
        assert row is not None
        (found,) = await floor.with_organizers([row])
        return EventDetails(*astuple(found), row["comments"])

    @get("/api/v1/users/{username:str}")
    async def member(username: Annotated[str, PathParameter()]) -> MemberRead:
        row = await floor.users.fetchrow(floor.member_sql, username, floor.viewer, datetime.now(UTC))
        assert row is not None
        return MemberRead(*row[: len(MemberRead.__struct_fields__)])

    return Litestar([page, event, member], lifespan=[floor.running], openapi_config=None, logging_config=None)
