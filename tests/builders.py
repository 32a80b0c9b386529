"""Builders with sensible defaults; a test states only what matters to it."""

import json

from sqlalchemy import text

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.throttle import Throttle

PASSWORD = "a long enough passphrase"


def no_limits(clock: Clock) -> Throttle:
    """Return what counts nothing but failed sign-ins, and those in this process alone."""
    return Throttle(None, installation="tests", secret=b"t" * 32, factor=None, workers=1, clock=clock)


_MEMBER = text("""
WITH account AS (
    INSERT INTO users (user_id, username, email, active, email_verified_at, created_at, updated_at, version)
    VALUES ('USER_' || CAST(:username AS text), CAST(:username AS text),
            CAST(:username AS text) || '@alumni.example', :active,
            CASE WHEN :verified THEN now() END, now(), now(), 1)
    RETURNING id, username
)
INSERT INTO profiles (user_id, username, name, name_key, visibility, created_at, updated_at, version)
SELECT id, username, CAST(:name AS text), lower(CAST(:name AS text)), CAST(:visibility AS jsonb), now(), now(), 1
FROM account
""")


async def a_member(
    database: Database, username: str, *, name: str | None = None, active: bool = True, verified: bool = True,
    visibility: dict[str, str] | None = None,
) -> str:  # fmt: skip
    """Add a member who can be seen by others, unless told otherwise; there is no password to sign in with."""
    shown = name or username.title()
    chosen = json.dumps(visibility or {})
    values = {"username": username, "name": shown, "active": active, "verified": verified, "visibility": chosen}
    async with database.transaction() as session:
        await session.execute(_MEMBER, values)
    return username
