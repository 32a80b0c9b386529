"""What members do with each other."""

from typing import Any

import httpx

from tests.integration.users.conftest import Member

CONNECTIONS, BLOCKS = "/api/v1/connections", "/api/v1/me/blocks"


class Community:
    """A client of connections and blocks."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def __call__(self, who: Member, method: str, path: str, body: object = None, **params: Any) -> httpx.Response:
        """Send a request."""
        given = {} if body is None else {"json": body}
        return await self.client.request(method, path, headers=who.bearer, params=params or None, **given)

    async def ask(self, who: Member, username: str) -> httpx.Response:
        """Ask somebody to connect."""
        return await self(who, "POST", CONNECTIONS, {"username": username})

    async def answer(self, who: Member, connection_id: int, answer: str) -> httpx.Response:
        """Accept or reject."""
        return await self(who, "POST", f"{CONNECTIONS}/{connection_id}/{answer}")

    async def connect(self, one: Member, other: Member) -> int:
        """Have two members connected; return the id of it."""
        asked = await self.ask(one, other.username)
        assert asked.status_code == 201, asked.text
        made: int = asked.json()["id"]
        assert (await self.answer(other, made, "accept")).status_code == 200
        return made

    async def remove(self, who: Member, connection_id: int) -> httpx.Response:
        """Withdraw or end."""
        return await self(who, "DELETE", f"{CONNECTIONS}/{connection_id}")

    async def block(self, who: Member, username: str) -> httpx.Response:
        """Block somebody."""
        return await self(who, "PUT", f"{BLOCKS}/{username}")

    async def unblock(self, who: Member, username: str) -> httpx.Response:
        """Block him no more."""
        return await self(who, "DELETE", f"{BLOCKS}/{username}")

    async def listed(self, who: Member, **params: Any) -> Any:
        """Return the connections of a member, and requests."""
        answer = await self(who, "GET", CONNECTIONS, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def told(self, who: Member) -> list[str]:
        """Return the titles of what a member is told."""
        answer = await self(who, "GET", "/api/v1/me/notifications")
        return [one["title"] for one in answer.json()["items"]]


def refusal(answer: httpx.Response) -> tuple[Any, ...]:
    """Return all of a problem that does not name the request."""
    body = answer.json()
    return answer.status_code, *(body[name] for name in ("code", "title", "detail", "type"))
