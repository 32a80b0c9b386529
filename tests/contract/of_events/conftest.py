"""What events offers, reached in the ways users can reach it: in process, over HTTP, and a double of it."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import make_url, text

from ijaa.app import create_app
from ijaa.events.media import upload_repository
from ijaa.events.personal import PERSONAL
from ijaa.events.public import EventsPublic
from ijaa.settings import read_settings
from ijaa.shared import records as reading
from ijaa.shared import storage as storage_module
from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.http.peer import Peer
from ijaa.shared.http.services import ServiceTokens
from ijaa.shared.personal import Rows
from ijaa.shared.storage import Storage
from ijaa.shared.storage_files import key_of
from ijaa.users.adapters.http_event_companions import HttpEventCompanions
from ijaa.users.adapters.http_event_content import HttpEventContent
from ijaa.users.adapters.http_event_figures import HttpEventFigures
from ijaa.users.adapters.http_member_records import HttpMemberRecords
from ijaa.users.ports import EventCompanions, EventContent, EventFigures, MemberRecords
from ijaa.wiring import (
    LocalEventCompanions,
    LocalEventContent,
    LocalEventFigures,
    LocalMemberRecords,
)
from tests.asgi import client_of
from tests.contract.peers import PEER, refused
from tests.fakes import (
    FakeEventCompanions,
    FakeEventContent,
    FakeEventFigures,
    FakeMemberRecords,
)

_EVENT = text("""
INSERT INTO events (title, start_date, end_date, timezone, privacy, is_online, going, waiting, requires_approval,
                    waitlist_mode, max_guests, created_by_username, tags, status, search_key, created_at, updated_at,
                    cancelled_at, version)
SELECT 'Tea', at, at + interval '1 hour', 'UTC', 'PUBLIC', false, :going, :waiting, false, 'auto', 0, 'olu', '{}',
       CAST(:status AS text), 'tea', now(), now(), CASE WHEN CAST(:status AS text) = 'CANCELLED' THEN now() END, 1
FROM (SELECT now() + :days * interval '1 day' AS at) moment
""")


_TITLED = text("""
INSERT INTO events (title, description, start_date, end_date, timezone, privacy, is_online, going, waiting,
                    requires_approval, waitlist_mode, max_guests, created_by_username, tags, status, search_key,
                    created_at, updated_at, version)
VALUES (:title, :text, now(), now() + interval '1 hour', 'UTC', :privacy, false, 0, 0, false, 'auto', 0, :by, '{}',
        'PUBLISHED', 'x', now(), now(), 1)
RETURNING id
""")


_UPLOADED = text("""
INSERT INTO event_media (event_id, uploaded_by_username, media_type, file_id, file_type, file_size, sha256, is_approved,
                         created_at, updated_at)
VALUES (:event_id, :by, 'DOCUMENT', :file_id, 'application/pdf', 1, sha256('x'), false, now(), now()) RETURNING id
""")


_ANSWERED = text("""
INSERT INTO event_participations (event_id, participant_username, status, responded_at)
SELECT :event_id, username, :status, now() FROM unnest(CAST(:usernames AS text[])) AS given (username)
""")


_COMMENTED = text("""
INSERT INTO event_comments (event_id, depth, username, content, created_at)
VALUES (:event_id, 1, :by, :text, now()) RETURNING id
""")


_CANCEL = text("UPDATE events SET status = 'CANCELLED', cancelled_at = now() WHERE id = :event_id")


P = TypeVar("P")


@dataclass
class Offered(Generic[P]):
    """A port of events under test, how what it tells of comes to be, and how it comes to be out of reach."""

    port: P
    add: Callable[..., Awaitable[Any]]
    stop: Callable[[], Awaitable[None]]


Figures = Offered[EventFigures]


Companions = Offered[EventCompanions]


@dataclass
class Content(Offered[EventContent]):
    """Content under test, and how a comment on an event comes to be as well."""

    say: Callable[..., Awaitable[int]]


@dataclass
class Records(Offered[MemberRecords]):
    """Records of members under test, and how a file of one comes to be."""

    add_file: Callable[[str, bytes | None], Awaitable[str]]
    """Takes whose it is and what is in it, None for an object that is gone; returns its name."""


@asynccontextmanager
async def _offered(
    shape: str, servers: dict[str, str], events_dsn: str, database: Database,
    over_http: Callable[[Peer], P], local: Callable[[EventsPublic], P], files: str = "file:///nowhere",
) -> AsyncIterator[tuple[P, Callable[[], Awaitable[None]]]]:  # fmt: skip
    """Give a port of what events offers, over HTTP or in process, and what puts it out of reach."""
    if shape == "HTTP":
        only = {"IJAA_MODULES": "events", "IJAA_EVENTS_DATABASE_URL": events_dsn, "IJAA_USERS_PEER": PEER,
                "IJAA_EVENTS_FILES_URL": files}  # fmt: skip
        settings = read_settings(servers | only)
        app = create_app(settings)
        async with client_of(app):
            calling = ServiceTokens(settings.service_key, caller="users", clock=SystemClock())
            peer = Peer(PEER, "events", calling, httpx.ASGITransport(app, raise_app_exceptions=False))

            async def end() -> None:
                peer._client = httpx.AsyncClient(transport=httpx.MockTransport(refused), base_url=PEER)

            yield over_http(peer), end
            await peer.close()
        return
    down = Database("events", make_url(events_dsn).set(port=1).render_as_string(hide_password=False))
    port = local(EventsPublic(database, SystemClock(), Storage(files, "events")))

    async def end_database() -> None:
        port._public = EventsPublic(down, SystemClock(), Storage(files, "events"))  # type: ignore[attr-defined]

    yield port, end_database
    await down.dispose()


@pytest.fixture(params=["in process", "HTTP", "fake"])
async def figures(
    request: pytest.FixtureRequest, servers: dict[str, str], events_dsn: str, events_database: Database
) -> AsyncIterator[Figures]:
    """Give the same figures in each of their shapes."""
    if request.param == "fake":
        fake = FakeEventFigures()
        yield Figures(fake, fake.add, fake.stop)
        return

    async def add(status: str, *, days: int, going: int = 0, waiting: int = 0) -> None:
        row = {"status": status, "days": days, "going": going, "waiting": waiting}
        async with events_database.transaction() as session:
            await session.execute(_EVENT, row)

    offer = _offered(request.param, servers, events_dsn, events_database, HttpEventFigures, LocalEventFigures)
    async with offer as (port, stop):
        yield Figures(port, add, stop)


@pytest.fixture(params=["in process", "HTTP", "fake"])
async def content(
    request: pytest.FixtureRequest, servers: dict[str, str], events_dsn: str, events_database: Database
) -> AsyncIterator[Content]:
    """Give the same content in each of its shapes."""
    if request.param == "fake":
        fake = FakeEventContent()
        yield Content(fake, fake.add, fake.stop, fake.say)
        return

    async def add(title: str, *, by: str, private: bool = False, text: str | None = None) -> int:
        row = {"title": title, "by": by, "privacy": "PRIVATE" if private else "PUBLIC", "text": text}
        async with events_database.transaction() as session:
            return int((await session.execute(_TITLED, row)).scalar_one())

    async def say(event_id: int, *, by: str, text: str) -> int:
        async with events_database.transaction() as session:
            return int((await session.execute(_COMMENTED, {"event_id": event_id, "by": by, "text": text})).scalar_one())

    offer = _offered(request.param, servers, events_dsn, events_database, HttpEventContent, LocalEventContent)
    async with offer as (port, stop):
        yield Content(port, add, stop, say)


@pytest.fixture(params=["in process", "HTTP", "fake"])
async def records(
    request: pytest.FixtureRequest, servers: dict[str, str], events_dsn: str, events_database: Database,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> AsyncIterator[Records]:  # fmt: skip
    """Give the same records in each of their shapes, two rows a page."""
    if request.param == "fake":
        fake = FakeMemberRecords(*(one.table for one in PERSONAL if isinstance(one.export, Rows)))
        names = (f"medium-{number}.pdf" for number in itertools.count(1))

        async def add_to_fake(title: str, *, by: str) -> None:
            await fake.add("events", by, title=title, created_by_username=by, created_at="2026-01-01T00:00:00+00:00")

        async def add_file_to_fake(by: str, content: bytes | None) -> str:
            await fake.add_file(by, name := next(names), "application/pdf", content)
            return name

        yield Records(fake, add_to_fake, fake.stop, add_file_to_fake)
        return
    monkeypatch.setattr(reading, "PAGE", 2)

    async def add(title: str, *, by: str) -> None:
        async with events_database.transaction() as session:
            await session.execute(_TITLED, {"title": title, "by": by, "privacy": "PRIVATE", "text": None})

    monkeypatch.setattr(upload_repository, "_OF", upload_repository._OF.replace("LIMIT 100", "LIMIT 2"))
    monkeypatch.setattr(storage_module, "SOME", 1000)
    files = tmp_path.as_uri()

    async def add_file(by: str, content: bytes | None) -> str:
        file_id = uuid4()
        async with events_database.transaction() as session:
            titled = {"title": "Tea", "by": "omar", "privacy": "PRIVATE", "text": None}
            event_id = (await session.execute(_TITLED, titled)).scalar_one()
            uploaded = {"event_id": event_id, "by": by, "file_id": file_id}
            media_id = (await session.execute(_UPLOADED, uploaded)).scalar_one()
        if content is not None:
            await Storage(files, "events").put({key_of(file_id): content}, "application/pdf")
        return f"medium-{media_id}.pdf"

    offer = _offered(request.param, servers, events_dsn, events_database, HttpMemberRecords, LocalMemberRecords, files)
    async with offer as (port, stop):
        yield Records(port, add, stop, add_file)


@pytest.fixture(params=["in process", "HTTP", "fake"])
async def companions(
    request: pytest.FixtureRequest, servers: dict[str, str], events_dsn: str, events_database: Database
) -> AsyncIterator[Companions]:
    """Give the same companions in each of their shapes."""
    if request.param == "fake":
        fake = FakeEventCompanions()
        yield Companions(fake, fake.add, fake.stop)
        return

    async def add(*going: str, others: Collection[str] = (), cancelled: bool = False) -> None:
        row = {"title": "Tea", "by": "olu", "privacy": "PRIVATE", "text": None}
        async with events_database.transaction() as session:
            event_id = (await session.execute(_TITLED, row)).scalar_one()
            for status, names in (("GOING", going), ("MAYBE", others)):
                answers = {"event_id": event_id, "status": status, "usernames": [*names]}
                await session.execute(_ANSWERED, answers)
            if cancelled:
                await session.execute(_CANCEL, {"event_id": event_id})

    offer = _offered(request.param, servers, events_dsn, events_database, HttpEventCompanions, LocalEventCompanions)
    async with offer as (port, stop):
        yield Companions(port, add, stop)
