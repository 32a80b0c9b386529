"""One users database, reached in the ways events can reach it: in process, over HTTP, and a double of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from ijaa.app import create_app
from ijaa.events.adapters.http_tokens import HttpPublicKeys, HttpRevocations
from ijaa.events.adapters.http_user_directory import HttpUserDirectory
from ijaa.events.ports import UserDirectory
from ijaa.settings import Settings, read_settings
from ijaa.shared import access_tokens
from ijaa.shared.access_tokens import AccessTokenVerifier
from ijaa.shared.clock import SystemClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.http.peer import Peer
from ijaa.shared.http.services import ServiceTokens
from ijaa.shared.principals import Principal, TokenVerifier
from ijaa.users.module import build
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.keys import SigningKeys
from ijaa.wiring import LocalUserDirectory
from tests.asgi import client_of
from tests.builders import a_member
from tests.fakes import FakeTokenVerifier, FakeUserDirectory

PEER = "http://users.local"

_REVOKE = text("""
INSERT INTO revocations (session_id, revoked_at, expires_at)
VALUES (CAST(:sid AS uuid), now(), now() + interval '16 min')
""")
_TELL = text("SELECT pg_notify('ijaa_revocations', :sid || ' ' || extract(epoch FROM now() + interval '16 min'))")


@dataclass
class Directory:
    """A directory under test, and how its members come to be."""

    port: UserDirectory
    add: Callable[..., Awaitable[None]]


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


@pytest.fixture(params=["in process", "HTTP", "fake"])
async def directory(
    request: pytest.FixtureRequest, users_database: Database, settings: Settings
) -> AsyncIterator[Directory]:
    """Give the same directory in each of its shapes."""
    if request.param == "fake":
        fake = FakeUserDirectory()

        async def add_to_fake(username: str, name: str, standing: str = "active", *, public: bool = False) -> None:
            fake.add(username, name=name, standing=standing, public=public)  # type: ignore[arg-type]

        yield Directory(fake, add_to_fake)
        return

    async def add(username: str, name: str, standing: str = "active", *, public: bool = False) -> None:
        visibility = {"name": "public"} if public else {}
        await a_member(users_database, username, name=name, active=standing == "active", visibility=visibility)

    if request.param == "HTTP":
        async with a_peer(settings) as peer:
            yield Directory(HttpUserDirectory(peer), add)
        return
    assert settings.users_database is not None
    built = build(settings, users_database, settings.users_database, SystemClock())
    yield Directory(LocalUserDirectory(built.public), add)


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
            built = build(settings, Database("users", settings.users_database.url), settings.users_database, clock)
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
