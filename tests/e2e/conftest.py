"""A system served over real sockets on fresh databases, and members who are signed in to it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

import pytest

from ijaa.shared import access_tokens
from ijaa.shared.clock import SystemClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.principals import Principal, Role
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.keys import SigningKeys

SignIn = Callable[..., Awaitable[str]]


@pytest.fixture
def deployment(servers: dict[str, str], users_dsn: str, events_dsn: str, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a deployment on two fresh databases."""
    clones = {"IJAA_USERS_DATABASE_URL": users_dsn, "IJAA_EVENTS_DATABASE_URL": events_dsn}
    kept = {name: servers[name] for name in ("IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY", "IJAA_DATA")}
    mail = {"IJAA_MAIL_URL": f"file://{tmp_path}/mail", "IJAA_LOG_FORMAT": "json", "IJAA_RATE_LIMITS": "off"}
    return {**kept, **clones, **mail}


@pytest.fixture
def sign_in(deployment: dict[str, str], users_database: Database) -> SignIn:
    """Return what gives an access token for a base URL, a member's unless a role is named, without a password."""
    return signer(deployment["IJAA_SECRET_KEY"], users_database)


def signer(secret: str, users: Database) -> SignIn:
    """Return what signs access tokens with the keys of a database."""
    clock = SystemClock()
    keys = SigningKeys(users, KeyRepository(users), SecretBox(secret, "signing-keys"), clock)

    async def token(username: str, issuer: str, role: Role = "member") -> str:
        now = clock.now()
        session = str(uuid5(NAMESPACE_OID, username))
        principal = Principal(f"USER_{username}", username, session, role, int(now.timestamp()))
        return access_tokens.issue(principal, await keys.current(), issuer, now)

    return token
