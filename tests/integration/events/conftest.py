"""The events module alone on the real floor, over its own fresh database and a fake directory of members."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from ijaa.events.invitations.models import EventInvitation
from ijaa.events.module import build
from ijaa.policies import POLICIES
from ijaa.settings import DatabaseSettings, Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.floor import HttpFloor, observed
from ijaa.shared.http.modules import Module, api_router
from ijaa.shared.http.requests import BODY_LIMIT
from ijaa.shared.principals import Principal
from ijaa.shared.redis import connect
from tests.asgi import client_of
from tests.fakes import FakeFeatureFlags, FakeMemberInterests, FakeTokenVerifier, FakeUserDirectory

AnEvent = Callable[..., Awaitable[dict[str, Any]]]
Invite = Callable[..., Awaitable[None]]
Appoint = Callable[..., Awaitable[dict[str, Any]]]
InviteTo = Callable[..., Awaitable[list[str]]]
Told = Callable[[str], Awaitable[list[dict[str, Any]]]]
Start = Callable[[], AbstractAsyncContextManager["Api"]]


class Api:
    """What a client does, by whom: `None` is the public."""

    def __init__(self, client: httpx.AsyncClient, tokens: FakeTokenVerifier) -> None:
        self._client, self._tokens = client, tokens

    async def __call__(
        self, who: str | None, method: str, path: str, body: object = None, **how: Any
    ) -> httpx.Response:
        """Send a request under `/api/v1`, signed in as `who`; `admin:NAME` is an admin."""
        headers = dict(how.pop("headers", {}))
        if who is not None:
            role, _, name = who.rpartition(":")
            principal = Principal(
                f"USER_{name}", name, f"session-{name}", "superadmin" if role == "admin" else "member"
            )
            self._tokens.principals[who] = principal
            headers["Authorization"] = f"Bearer {who}"
        if body is not None:
            how["content"] = msgspec.json.encode(body)
            headers.setdefault("Content-Type", "application/json")
        return await self._client.request(method, f"/api/v1{path}", headers=headers, **how)

    async def get(self, who: str | None, path: str, **params: Any) -> Any:
        """Read something that must be there."""
        answer = await self(who, "GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def rsvp(self, who: str, event: int, status: str = "GOING", **given: object) -> Any:
        """Put an answer that must be taken."""
        answer = await self(who, "PUT", f"/events/{event}/rsvp", {"status": status, **given})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def leave(self, who: str, event: int) -> None:
        """Take an answer back."""
        assert (await self(who, "DELETE", f"/events/{event}/rsvp")).status_code == 204

    async def say(self, who: str, event: int, content: str = "Hello", parent: int | None = None) -> int:
        """Write a comment that must be taken; return its id."""
        answer = await self(who, "POST", f"/events/{event}/comments", {"content": content, "parent_id": parent})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    async def unsay(self, who: str, comment: int) -> None:
        """Delete a comment that must be there."""
        answer = await self(who, "DELETE", f"/comments/{comment}")
        assert answer.status_code == 204, answer.text

    async def like(self, who: str, comment: int) -> int:
        """Like a comment; return how many do."""
        answer = await self(who, "PUT", f"/comments/{comment}/like")
        assert answer.status_code == 200, answer.text
        return int(answer.json()["likes"])


@pytest.fixture
def directory() -> FakeUserDirectory:
    """Return a directory that knows the usual people."""
    known = FakeUserDirectory()
    for username in ("olu", "asha", "ben", "chen", "dina", "emre", "fay", "gus"):
        known.add(username, username.title(), public=True)
    return known


@pytest.fixture
def interests() -> FakeMemberInterests:
    """Return what members care for: nothing yet."""
    return FakeMemberInterests()


@pytest.fixture
def settings(events_dsn: str, tmp_path: Path) -> Settings:
    """Return the settings of a process that serves events alone."""
    return Settings(
        modules=frozenset({"events"}),
        users_database=None,
        events_database=DatabaseSettings(url=events_dsn),
        redis_url="redis://127.0.0.1:1",
        secret_key="secret key of the tests, 0123456789",
        service_key="service key of the tests, 0123456789",
        mail_url=f"file://{tmp_path / 'mail'}",
        mail_from="IJAA <no-reply@alumni.example>",
        base_url="https://alumni.example",
        users_peer="http://127.0.0.1:1",
        cors_origins=(),
        log_format="json",
        log_level="error",
        demo=False,
        data=tmp_path,
    )


@pytest.fixture
async def module(
    settings: Settings, events_database: Database, directory: FakeUserDirectory, interests: FakeMemberInterests,
    clock: FrozenClock,
) -> AsyncIterator[Module]:  # fmt: skip
    """Give the module, wired; no Redis answers it."""
    assert settings.events_database
    redis = connect(settings.redis_url)
    yield build(settings, events_database, settings.events_database, directory, redis, clock, interests=interests)
    await redis.aclose()


@pytest.fixture
def flags() -> FakeFeatureFlags:
    """Return flags that are all on."""
    return FakeFeatureFlags()


@pytest.fixture
def start(module: Module, flags: FakeFeatureFlags) -> Start:
    """Return what starts the module on the floor."""

    @asynccontextmanager
    async def started() -> AsyncIterator[Api]:
        tokens = FakeTokenVerifier()
        app = Litestar(
            route_handlers=[api_router([module])],
            plugins=[
                HttpFloor(
                    tokens,
                    POLICIES,
                    flags,
                    idempotency={"events": module.idempotency},
                    title="t",
                    version="0",
                )
            ],
            lifespan=[lambda _: module.lifespan()],
            request_max_body_size=BODY_LIMIT,
        )
        async with client_of(observed(app, secure=True)) as client:
            yield Api(client, tokens)

    return started


@pytest.fixture
async def api(start: Start) -> AsyncIterator[Api]:
    """Give a client of the module."""
    async with start() as api:
        yield api


@pytest.fixture
def body(clock: FrozenClock) -> Callable[..., dict[str, Any]]:
    """Return what makes the body of a sensible event: tomorrow, two hours."""

    def made(**given: object) -> dict[str, Any]:
        return {
            "title": "Reunion",
            "start_date": clock.now() + timedelta(days=1),
            "end_date": clock.now() + timedelta(days=1, hours=2),
            "timezone": "Asia/Dhaka",
            **given,
        }

    return made


@pytest.fixture
def an_event(api: Api, body: Callable[..., dict[str, Any]]) -> AnEvent:
    """Return what creates an event; `by` is its organiser."""

    async def made(by: str = "olu", **given: object) -> dict[str, Any]:
        answer = await api(by, "POST", "/events", body(**given))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return made


@pytest.fixture
def invite(events_database: Database, clock: FrozenClock) -> Invite:
    """Return what invites members to an event, past the route."""

    async def invited(event: int, *usernames: str) -> None:
        async with events_database.transaction() as session:
            session.add_all(
                EventInvitation(
                    event_id=event, invited_username=name, invited_by_username="olu", created_at=clock.now()
                )
                for name in usernames
            )

    return invited


@pytest.fixture
def appoint(api: Api) -> Appoint:
    """Return what gives a member a role at an event; `by` is its organiser."""

    async def appointed(event: int, username: str, role: str = "CO_ORGANISER", by: str = "olu") -> dict[str, Any]:
        answer = await api(by, "PUT", f"/events/{event}/organisers/{username}", {"role": role})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return appointed


@pytest.fixture
def invite_to(api: Api) -> InviteTo:
    """Return what invites by the route; the answer is the statuses in the order of the names."""

    async def invited(event: int, *usernames: str, by: str = "olu", **given: object) -> list[str]:
        answer = await api(by, "POST", f"/events/{event}/invitations", {"usernames": usernames, **given})
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        assert [one["username"] for one in results] == [name.lower() for name in usernames]
        return [one["status"] for one in results]

    return invited


@pytest.fixture
def told(events_database: Database) -> Told:
    """Return what reads the messages of one type written so far."""

    async def read(kind: str) -> list[dict[str, Any]]:
        sql = "SELECT data::text FROM outbox WHERE type = $1 ORDER BY seq"
        return [json.loads(one) for one in await events_database.fetch(str, sql, f"ijaa.events.{kind}.v1")]

    return read


def at(text: str) -> datetime:
    """Return the moment an answer names."""
    return datetime.fromisoformat(text)


def codes(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of a problem."""
    return answer.status_code, answer.json()["code"]
