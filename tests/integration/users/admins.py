"""Admins for tests: made by SQL, signed in by the routes, with or without a second factor."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import msgspec
import pyotp
from sqlalchemy import text

from ijaa.shared.database import Database
from tests.builders import PASSWORD

AnAdmin = Callable[..., Awaitable["SignedInAdmin"]]

_ADMIN = text("""
INSERT INTO admins (admin_id, name, email, password_hash, role, active, created_at, updated_at, version)
VALUES (:admin_id, :name, :email, :hash, :role, true, :now, :now, 1)
""")


class SignedInAdmin(msgspec.Struct):
    """An admin, his session and what makes his codes."""

    admin_id: str
    email: str
    access: str
    refresh: str
    secret: str | None = None
    recovery_codes: tuple[str, ...] = ()

    @property
    def bearer(self) -> dict[str, str]:
        """The header that says who calls."""
        return {"Authorization": f"Bearer {self.access}"}

    def code(self, at: datetime, steps: int = 0) -> str:
        """Return the code of a moment, or of the one some time steps from it."""
        assert self.secret
        return pyotp.TOTP(self.secret).at(at, counter_offset=steps)


async def add_admin(database: Database, name: str, role: str, password_hash: str, now: datetime) -> str:
    """Write an admin and return his public id."""
    row = {"admin_id": f"ADMIN_{name}", "name": name.title(), "email": f"{name}@admin.example", "role": role}
    async with database.transaction() as session:
        await session.execute(_ADMIN, row | {"hash": password_hash, "now": now})
    return row["admin_id"]


async def sign_in_admin(client: httpx.AsyncClient, email: str, **given: object) -> httpx.Response:
    """Sign an admin in who keeps the refresh token outside of cookies."""
    body = {"email": email, "password": PASSWORD, "token_delivery": "body", **given}
    return await client.post("/api/v1/admin/auth/login", json=body)


async def enrol(client: httpx.AsyncClient, admin: SignedInAdmin, now: datetime) -> None:
    """Give an admin a second factor and the session that goes with it; the code of `now` is spent."""
    begun = await client.post("/api/v1/admin/auth/totp", headers=admin.bearer)
    assert begun.status_code == 200, begun.text
    admin.secret = begun.json()["secret"]
    confirmed = await confirm(client, admin, admin.code(now))
    assert confirmed.status_code == 200, confirmed.text
    admin.recovery_codes = tuple(confirmed.json()["recovery_codes"])
    await refresh_admin(client, admin)


async def confirm(client: httpx.AsyncClient, admin: SignedInAdmin, code: str) -> httpx.Response:
    """Confirm an enrolment."""
    return await client.post("/api/v1/admin/auth/totp/confirm", json={"code": code}, headers=admin.bearer)


async def refresh_admin(client: httpx.AsyncClient, admin: SignedInAdmin) -> None:
    """Exchange the refresh token."""
    answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": admin.refresh})
    assert answer.status_code == 200, answer.text
    admin.access, admin.refresh = answer.json()["access_token"], answer.json()["refresh_token"]


async def audited(database: Database) -> list[tuple[str, str | None, str | None, dict[str, Any]]]:
    """Return the audit log without sign-ins, tried or done, and proofs: action, actor, subject, details."""
    rows: str = await database.fetch_value(
        "SELECT coalesce(json_agg(json_build_array(action, actor, subject, details) ORDER BY id), '[]')::text"
        " FROM audit_log WHERE action NOT IN ('admin-signed-in', 'admin-sign-in-failed', 'admin-stepped-up')"
    )
    return [tuple(row) for row in msgspec.json.decode(rows)]
