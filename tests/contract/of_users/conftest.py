"""What users offers, reached in the ways events can reach it: in process, over HTTP, and a double of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import make_url, text

from ijaa.app import create_app
from ijaa.events.adapters.cached_user_directory import CachedUserDirectory
from ijaa.events.adapters.http_member_interests import HttpMemberInterests
from ijaa.events.adapters.http_tokens import HttpPublicKeys, HttpRevocations
from ijaa.events.adapters.http_user_directory import HttpUserDirectory
from ijaa.events.members.feed import MemberFeed
from ijaa.events.ports import MemberInterests, UserDirectory
from ijaa.settings import Settings, read_settings
from ijaa.shared import access_tokens
from ijaa.shared.access_tokens import AccessTokenVerifier
from ijaa.shared.clock import SystemClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.http.peer import Peer
from ijaa.shared.http.services import ServiceTokens
from ijaa.shared.principals import Principal, TokenVerifier
from ijaa.shared.redis import connect
from ijaa.users.module import build
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.keys import SigningKeys
from ijaa.wiring import (
    LocalMemberInterests,
    LocalUserDirectory,
)
from tests.asgi import client_of
from tests.builders import a_member, no_limits
from tests.contract.peers import PEER, refused
from tests.fakes import (
    FakeMemberInterests,
    FakeTokenVerifier,
    FakeUserDirectory,
)
from tests.patient import wipe

_BLOCK = text("INSERT INTO blocks (blocker_username, blocked_username, created_at) VALUES (:one, :other, now())")


_REVOKE = text("""
INSERT INTO revocations (session_id, revoked_at, expires_at)
VALUES (CAST(:sid AS uuid), now(), now() + interval '16 min')
""")


_TELL = text("SELECT pg_notify('ijaa_revocations', :sid || ' ' || extract(epoch FROM now() + interval '16 min'))")


_SAID = text("""
WITH said AS (UPDATE profiles SET location = :location WHERE username = :username RETURNING user_id)
INSERT INTO interests (user_id, interest, interest_key, created_at, updated_at, version)
SELECT user_id, one, lower(one), now(), now(), 1 FROM said, unnest(CAST(:interests AS text[])) AS given (one)
""")


_CONNECT = text("""
INSERT INTO connections (requester_username, receiver_username, status, created_at, updated_at)
VALUES (:one, :other, :status, now(), now())
""")


@dataclass
class Interests:
    """A port of what members care for under test, and how it comes to be as it is."""

    port: MemberInterests
    add: Callable[..., Awaitable[None]]
    connect: Callable[..., Awaitable[None]]
    block: Callable[[str, str], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]


@dataclass
class Directory:
    """A directory under test, how its members come to be, and how one blocks another."""

    port: UserDirectory
    add: Callable[..., Awaitable[None]]
    block: Callable[[str, str], Awaitable[None]]


@dataclass
class Tokens:
    """A verifier under test, how a token comes to be, and how its session ends."""

    port: TokenVerifier
    issue: Callable[[Principal], Awaitable[str]]
    revoke: Callable[[str], Awaitable[None]]


def a_principal() -> Principal:
    """Return somebody with a session of his own."""
    return Principal("USER_1", "asha", str(uuid4()))


@pytest.fixture
def settings(servers: dict[str, str], users_dsn: str) -> Settings:
    """Return the settings of a process that serves users alone."""
    return read_settings(servers | {"IJAA_MODULES": "users", "IJAA_USERS_DATABASE_URL": users_dsn,
                                    "IJAA_USERS_LISTEN_URL": users_dsn})  # fmt: skip


@asynccontextmanager
async def a_peer(settings: Settings) -> AsyncIterator[Peer]:
    """Give the users service as events meets it over HTTP."""
    app = create_app(settings)
    async with client_of(app):
        tokens = ServiceTokens(settings.service_key, caller="events", clock=SystemClock())
        found = Peer(PEER, "users", tokens, httpx.ASGITransport(app, raise_app_exceptions=False))
        yield found
        await found.close()


@pytest.fixture(params=["in process", "HTTP", "cached", "fake"])
async def directory(
    request: pytest.FixtureRequest, users_database: Database, settings: Settings
) -> AsyncIterator[Directory]:
    """Give the same directory in each of its shapes."""
    if request.param == "fake":
        fake = FakeUserDirectory()

        async def add_to_fake(username: str, name: str, standing: str = "active", *, public: bool = False) -> None:
            fake.add(username, name=name, standing=standing, public=public)  # type: ignore[arg-type]

        async def block_in_fake(one: str, other: str) -> None:
            fake.block(one, other)

        yield Directory(fake, add_to_fake, block_in_fake)
        return

    async def add(username: str, name: str, standing: str = "active", *, public: bool = False) -> None:
        visibility = {"name": "public"} if public else {}
        await a_member(users_database, username, name=name, active=standing == "active", visibility=visibility)

    async def block(one: str, other: str) -> None:
        async with users_database.transaction() as session:
            await session.execute(_BLOCK, {"one": one, "other": other})

    if request.param == "HTTP":
        async with a_peer(settings) as peer:
            yield Directory(HttpUserDirectory(peer), add, block)
        return
    assert settings.users_database is not None
    redis, feed = connect(settings.redis_url), MemberFeed(SystemClock())
    built = build(
        settings, users_database, settings.users_database, SystemClock(), no_limits(SystemClock()), redis=redis
    )
    local = LocalUserDirectory(built.public)
    if request.param == "in process":
        yield Directory(local, add, block)
        return
    await wipe(settings.redis_url)
    feed.complete = True
    cached = CachedUserDirectory(local, redis, feed, SystemClock(), namespace="tests")
    async with cached.running():
        yield Directory(cached, add, block)
    await redis.aclose()


@pytest.fixture(params=["in process", "HTTP", "fake"])
async def interests(
    request: pytest.FixtureRequest, users_database: Database, settings: Settings
) -> AsyncIterator[Interests]:
    """Give the same interests in each of their shapes."""
    if request.param == "fake":
        fake = FakeMemberInterests()
        yield Interests(fake, fake.add, fake.connect, fake.block, fake.stop)
        return

    async def add(username: str, *interests: str, location: str | None = None, active: bool = True) -> None:
        await a_member(users_database, username, active=active)
        async with users_database.transaction() as session:
            said = {"username": username, "interests": [*interests], "location": location}
            await session.execute(_SAID, said)

    async def connect_two(one: str, other: str, status: str = "ACCEPTED") -> None:
        async with users_database.transaction() as session:
            await session.execute(_CONNECT, {"one": one, "other": other, "status": status})

    async def block(one: str, other: str) -> None:
        async with users_database.transaction() as session:
            await session.execute(_BLOCK, {"one": one, "other": other})

    if request.param == "HTTP":
        async with a_peer(settings) as peer:

            async def end() -> None:
                peer._client = httpx.AsyncClient(transport=httpx.MockTransport(refused), base_url=PEER)

            yield Interests(HttpMemberInterests(peer), add, connect_two, block, end)
        return
    assert settings.users_database is not None
    redis = connect(settings.redis_url)
    away = make_url(settings.users_database.url).set(port=1).render_as_string(hide_password=False)
    down = Database("users", away)

    def built_over(database: Database) -> LocalMemberInterests:
        assert settings.users_database is not None
        clock = SystemClock()
        module = build(settings, database, settings.users_database, clock, no_limits(clock), redis=redis)
        return LocalMemberInterests(module.public)

    port = built_over(users_database)

    async def end_database() -> None:
        port._public = built_over(down)._public

    yield Interests(port, add, connect_two, block, end_database)
    await redis.aclose()
    await down.dispose()


@pytest.fixture(params=["in process", "HTTP", "fake"])
async def tokens(request: pytest.FixtureRequest, users_database: Database, settings: Settings) -> AsyncIterator[Tokens]:
    """Give the same verifier in each of its shapes."""
    clock = SystemClock()
    keys = SigningKeys(
        users_database, KeyRepository(users_database), SecretBox(settings.secret_key, "signing-keys"), clock
    )

    async def issue(principal: Principal) -> str:
        return access_tokens.issue(principal, await keys.current(), settings.base_url, clock.now())

    async def revoke(session_id: str) -> None:
        async with users_database.transaction() as session:
            await session.execute(_REVOKE, {"sid": session_id})
            await session.execute(_TELL, {"sid": session_id})

    async with AsyncExitStack() as stack:
        if request.param == "fake":
            yield _fake_tokens()
        elif request.param == "HTTP":
            reached = await stack.enter_async_context(a_peer(settings))
            revocations = HttpRevocations(reached, clock)
            await stack.enter_async_context(revocations.running())
            yield Tokens(
                AccessTokenVerifier(HttpPublicKeys(reached), revocations, settings.base_url, clock), issue, revoke
            )
        else:
            assert settings.users_database is not None
            redis = connect(settings.redis_url)
            stack.push_async_callback(redis.aclose)
            built = build(
                settings,
                Database("users", settings.users_database.url),
                settings.users_database,
                clock,
                no_limits(clock),
                redis=redis,
            )
            await stack.enter_async_context(built.lifespan())
            yield Tokens(built.public.verifier, issue, revoke)


def _fake_tokens() -> Tokens:
    fake = FakeTokenVerifier()

    async def issue(principal: Principal) -> str:
        token = f"token of {principal.session_id}"
        fake.principals[token] = principal
        return token

    async def revoke(session_id: str) -> None:
        fake.revoked.add(session_id)

    return Tokens(fake, issue, revoke)
