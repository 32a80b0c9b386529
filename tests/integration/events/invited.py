"""What tests of invitations look at."""

from typing import Any

import httpx
from sqlalchemy import text

from ijaa.shared.database import Database
from tests.integration.events.conftest import Api


async def mine(api: Api, who: str, **params: Any) -> list[dict[str, Any]]:
    """Return a member's own invitations."""
    items: list[dict[str, Any]] = (await api.get(who, "/me/invitations", **params))["items"]
    return items


async def answer(api: Api, who: str, event: int, verb: str) -> httpx.Response:
    """Answer the invitation to an event."""
    (found,) = [one for one in await mine(api, who, status="all", limit=100) if one["event"]["id"] == event]
    return await api(who, "POST", f"/me/invitations/{found['id']}/{verb}")


async def listed(api: Api, event: int, **params: Any) -> dict[str, str]:
    """Return what became of whom."""
    page = await api.get("olu", f"/events/{event}/invitations", limit=100, **params)
    return {one["username"]: one["status"] for one in page["items"]}


async def expire(database: Database, event: int) -> None:
    """Let the invitations to an event be over: the database's own clock decides on them."""
    async with database.transaction() as session:
        sql = "UPDATE event_invitations SET expires_at = now() - interval '1 minute' WHERE event_id = :id"
        await session.execute(text(sql), {"id": event})
