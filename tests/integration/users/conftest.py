"""The users module alone on the real floor, over its own fresh database."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from litestar import Litestar, Router

from ijaa.policies import POLICIES
from ijaa.settings import DatabaseSettings, Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.floor import HttpFloor, observed
from ijaa.shared.http.modules import api_router
from ijaa.shared.redis import connect
from ijaa.shared.text import fold
from ijaa.shared.throttle import Throttle
from ijaa.users.accounts import guess_repository
from ijaa.users.accounts.models import User
from ijaa.users.module import UsersModule, build
from ijaa.users.ports import EventCompanions, EventContent, MemberRecords
from ijaa.users.profiles.models import Profile
from tests.asgi import client_of
from tests.builders import PASSWORD, no_limits
from tests.integration.users.admins import AnAdmin, SignedInAdmin, add_admin, enrol, sign_in_admin

App = tuple[httpx.AsyncClient, UsersModule]
Start = Callable[..., AbstractAsyncContextManager[App]]
AMember = Callable[..., Awaitable["Member"]]


class Mailbox:
    """The mails that left, oldest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def texts(self, to: str) -> list[tuple[str, str]]:
        """Return subject and text of each mail to an address."""
        return [(str(mail["Subject"]), mail.get_body(("plain",)).get_content()) for mail in self.messages(to)]

    def messages(self, to: str | None = None) -> list[Any]:
        """Return each mail to an address, or to anybody."""
        paths = sorted(self._folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
        return [mail for mail in found if to in {None, mail["To"]}]

    async def last(self, to: str, number: int = 1) -> tuple[str, str]:
        """Return subject and text of the newest mail to an address, once there are this many."""
        await eventually(lambda: len(self.texts(to)) >= number)
        return self.texts(to)[-1]


@pytest.fixture
def settings(users_dsn: str, tmp_path: Path) -> Settings:
    """Return the settings of a process that serves users alone."""
    return Settings(
        modules=frozenset({"users"}),
        users_database=DatabaseSettings(url=users_dsn),
        events_database=None,
        redis_url="redis://127.0.0.1:1",
        secret_key="secret key of the tests, 0123456789",
        service_key="service key of the tests, 0123456789",
        mail_url=f"file://{tmp_path / 'mail'}",
        mail_from="IJAA <no-reply@alumni.example>",
        base_url="https://alumni.example",
        users_peer=None,
        cors_origins=(),
        log_format="json",
        log_level="error",
        demo=False,
        data=tmp_path,
    )


@pytest.fixture
def mailbox(settings: Settings) -> Mailbox:
    """Return the folder mails go to."""
    return Mailbox(settings.data / "mail")


@pytest.fixture
def start(settings: Settings, clock: FrozenClock) -> Start:
    """Return what starts one more process on the same database."""

    @asynccontextmanager
    async def started(
        throttle: Throttle | None = None,
        *,
        contents: EventContent | None = None,
        records: MemberRecords | None = None,
        companions: EventCompanions | None = None,
        **changed: object,
    ) -> AsyncIterator[App]:
        given = msgspec.structs.replace(settings, **changed)
        assert given.users_database
        database = Database("users", given.users_database.url)
        own = throttle or no_limits(clock)
        redis = connect(given.redis_url)
        module = build(
            given, database, given.users_database, clock, own,
            redis=redis, contents=contents, records=records, companions=companions,
        )  # fmt: skip
        app = Litestar(
            route_handlers=[
                api_router([module]),
                Router("/internal/v1", route_handlers=[*module.internal]),
                *module.root,
            ],
            plugins=[
                HttpFloor(
                    module.public.verifier,
                    POLICIES,
                    module.public.flags,
                    clock=clock,
                    idempotency={"users": module.idempotency},
                    on_denied=module.denials.note,
                    title="t",
                    version="0",
                )
            ],
            lifespan=[lambda _: module.lifespan(), lambda _: module.worker.run()],
        )
        async with client_of(observed(app, secure=True)) as client:
            client.base_url = httpx.URL("https://alumni.example")
            yield client, module
        await redis.aclose()

    return started


@pytest.fixture
async def app(start: Start) -> AsyncIterator[App]:
    """Give a client of the module, and the module."""
    async with start() as started:
        yield started


@pytest.fixture
def client(app: App) -> httpx.AsyncClient:
    """Return a client of the module."""
    return app[0]


class Member(msgspec.Struct):
    """Somebody who is signed in."""

    username: str
    access: str
    refresh: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that says who calls."""
        return {"Authorization": f"Bearer {self.access}"}


def body_for(username: str, **given: object) -> dict[str, object]:
    """Return a registration with sensible values."""
    return {
        "username": username,
        "email": f"{username}@mail.example",
        "password": PASSWORD,
        "name": username.title(),
        **given,
    }


async def sign_up(client: httpx.AsyncClient, username: str, **given: object) -> httpx.Response:
    """Register somebody."""
    return await client.post("/api/v1/auth/register", json=body_for(username, **given))


async def sign_in(client: httpx.AsyncClient, login: str, password: str = PASSWORD) -> httpx.Response:
    """Sign somebody in who keeps the refresh token outside of cookies."""
    body = {"login": login, "password": password, "token_delivery": "body"}
    return await client.post("/api/v1/auth/login", json=body)


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    """Exchange a refresh token."""
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Return a hash of `PASSWORD` that costs little to check: a check takes the cost it finds in the hash."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture
def a_member(app: App, password_hash: str, clock: FrozenClock) -> AMember:
    """Return what makes a confirmed member and signs him in."""
    client, module = app

    async def made(username: str, **given: object) -> Member:
        await an_account(module.database, username, password_hash, clock.now(), **given)
        answer = (await sign_in(client, username)).json()
        return Member(username, answer["access_token"], answer["refresh_token"])

    return made


async def an_account(
    database: Database, username: str, password_hash: str | None, now: datetime, **given: object
) -> None:
    """Write an account with its profile; `given` replaces columns of either."""
    user: dict[str, object] = {
        "user_id": f"USER_{username}",
        "username": username,
        "email": f"{username}@mail.example",
        "password_hash": password_hash,
        "active": True,
        "email_verified_at": now,
        "suspended_at": None,
        "suspended_until": None,
        "suspension_reason": None,
        "erase_after": None,
        "created_at": now,
        "updated_at": now,
    }
    profile = {"name": username.title(), "visibility": {}} | {k: v for k, v in given.items() if k not in user}
    user |= {k: v for k, v in given.items() if k in user}
    async with database.transaction() as session:
        row = User(**user)
        session.add(row)
        await session.flush()
        session.add(
            Profile(
                user_id=row.id,
                username=username,
                name_key=fold(str(profile["name"])),
                created_at=now,
                updated_at=now,
                **profile,
            )
        )


_COUNTING: ContextVar[list[str] | None] = ContextVar("counting", default=None)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Yield the list of statements that run inside the block, and because of it."""
    statements: list[str] = []
    # the sealer, the relay and the worker are at it, whatever anybody asks: in contexts of their own
    token = _COUNTING.set(statements)

    def note(database: str, statement: str, seconds: float) -> None:  # noqa: ARG001 - a StatementObserver
        if _COUNTING.get() is statements:
            statements.append(statement)

    database.observers.append(note)
    try:
        yield statements
    finally:
        database.observers.remove(note)
        _COUNTING.reset(token)


async def eventually(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


def token_in(text: str, page: str = "verify") -> str:
    """Return the token of the link in a mail."""
    found = re.search(rf"https://alumni\.example/{page}\?token=([\w-]{{43}})\n", text)
    assert found
    return found[1]


@pytest.fixture
def an_admin(app: App, password_hash: str, clock: FrozenClock) -> AnAdmin:
    """Return what makes an admin and signs him in; a superadmin gets the second factor he has to have."""
    client, module = app

    async def made(name: str, role: str = "superadmin", *, enrolled: bool | None = None) -> SignedInAdmin:
        admin_id = await add_admin(module.database, name, role, password_hash, clock.now())
        answer = (await sign_in_admin(client, f"{name}@admin.example")).json()
        admin = SignedInAdmin(admin_id, f"{name}@admin.example", answer["access_token"], answer["refresh_token"])
        if enrolled if enrolled is not None else role == "superadmin":
            await enrol(client, admin, clock.now())
        return admin

    return made


@pytest.fixture
def many_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let wrong guesses pass that are not what a test is about; ask for it before the application."""
    monkeypatch.setattr(guess_repository, "GUESSES", 1_000)
