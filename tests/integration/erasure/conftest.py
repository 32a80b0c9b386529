"""Both modules in one process on two databases that can be put back, as a restore does, or go away for a while."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher, Type
from sqlalchemy import make_url

from ijaa import wiring
from ijaa.app import create_app
from ijaa.settings import ModuleName, read_settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from ijaa.users.accounts import passwords
from tests.asgi import client_of
from tests.builders import PASSWORD
from tests.faulty import FaultProxy
from tests.integration.users.conftest import Mailbox, an_account

BASE = "http://localhost"


class House:
    """An installation: what it is told by the environment, its clock, and its two databases."""

    def __init__(self, environ: dict[str, str], superusers: Mapping[str, str], clock: FrozenClock) -> None:
        self.environ, self.clock = environ, clock
        self.data = Path(environ["IJAA_DATA"])
        self.mailbox = Mailbox(self.data / "mail")
        self.client: httpx.AsyncClient
        self.modules: dict[str, Module] = {}
        self._superusers = superusers
        self._hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID).hash(PASSWORD)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve both modules, their jobs and their messages."""
        wired = []

        def wire(settings: Any) -> Any:
            wired.append(wiring.wire(settings, self.clock))
            return wired[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ijaa.app.wire", wire)
            app = create_app(read_settings(self.environ))
        async with client_of(app) as self.client:
            self.client.base_url = httpx.URL(BASE)
            self.modules = {one.name: one for one in wired[0].modules}
            yield

    async def member(self, username: str, **given: object) -> dict[str, str]:
        """Add a member; return the header that says he calls."""
        await an_account(self.modules["users"].database, username, self._hash, self.clock.now(), **given)
        return await self.sign_in(username)

    async def sign_in(self, username: str) -> dict[str, str]:
        """Sign a member in; return the header that says he calls."""
        body = {"login": username, "password": PASSWORD, "token_delivery": "body"}
        answer = await self.client.post("/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def call(self, who: dict[str, str], method: str, path: str, body: object = None, **how: Any) -> Any:
        """Send a request that must be served; return what is answered."""
        given = {"json": body} if body is not None else {}
        how["headers"] = who | how.pop("headers", {})
        answer = await self.client.request(method, f"/api/v1{path}", **given, **how)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json() if answer.content else None

    def database(self, module: ModuleName) -> Database:
        """Return a database of its own, to look into."""
        return Database(module, self.environ[f"IJAA_{module.upper()}_LISTEN_URL"])

    async def superuser(self, module: str, database: str | None = None) -> "asyncpg.Connection[asyncpg.Record]":
        """Return a connection that may do anything."""
        name = database or make_url(self.environ[f"IJAA_{module.upper()}_LISTEN_URL"]).database
        url = make_url(self._superusers[module]).set(database=name)
        return await asyncpg.connect(url.render_as_string(hide_password=False))

    async def back_up(self, module: str) -> str:
        """Copy a database of an installation that stands still; return the name of the copy."""
        name = make_url(self.environ[f"IJAA_{module.upper()}_LISTEN_URL"]).database
        admin = await self.superuser(module, "postgres")
        await admin.execute(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}" OWNER ijaa_{module}_owner')
        await admin.close()
        return f"{name}_copy"

    async def restore(self, module: str, copy: str) -> None:
        """Put a database back as it was."""
        name = copy.removesuffix("_copy")
        admin = await self.superuser(module, "postgres")
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.execute(f'ALTER DATABASE "{copy}" RENAME TO "{name}"')
        await admin.close()


@pytest.fixture
async def events_line(events_dsn: str) -> AsyncIterator[FaultProxy]:
    """Give the line to the events database, which can be cut."""
    line = FaultProxy(events_dsn)
    await line.open()
    yield line
    await line.stop()


@pytest.fixture
def house(
    servers: dict[str, str], users_dsn: str, events_dsn: str, events_line: FaultProxy, clock: FrozenClock,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> House:  # fmt: skip
    """Return an installation that nobody runs yet."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID)
    monkeypatch.setattr(passwords, "_HASHER", cheap)
    passwords.dummy_hash.cache_clear()
    environ = {name: servers[name] for name in ("IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY")} | {
        "IJAA_USERS_DATABASE_URL": users_dsn, "IJAA_USERS_LISTEN_URL": users_dsn,
        "IJAA_EVENTS_DATABASE_URL": events_line.url, "IJAA_EVENTS_LISTEN_URL": events_dsn,
        "IJAA_MAIL_URL": f"file://{tmp_path}/mail", "IJAA_BASE_URL": BASE, "IJAA_DATA": str(tmp_path),
        "IJAA_RATE_LIMITS": "off",
    }  # fmt: skip
    superusers = {module: servers[f"TEST_{module.upper()}_SUPERUSER_URL"] for module in ("users", "events")}
    return House(environ, superusers, clock)
