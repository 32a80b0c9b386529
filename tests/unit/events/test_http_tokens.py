"""What the token verifier asks of the users service, when that service answers, lies low or is gone."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ijaa.events.adapters.http_tokens import HttpPublicKeys, HttpRevocations
from ijaa.events.adapters.http_user_directory import HttpUserDirectory
from ijaa.shared import jwt
from ijaa.shared.clock import FrozenClock
from ijaa.shared.context import request_id
from ijaa.shared.errors import Unavailable
from ijaa.shared.http.peer import Peer
from ijaa.shared.http.services import ServiceTokens

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LATER = (NOW + timedelta(minutes=15)).isoformat()


class Users:
    """The users service, as far as a wire shows it."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.feed: list[dict[str, Any]] = []
        self.answers: dict[str, Callable[[], httpx.Response]] = {}
        self.gone = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append(request)
        if self.gone:
            raise httpx.ConnectError("gone")
        if request.url.path == "/internal/v1/revocations":
            while not self.feed:
                await asyncio.sleep(0.01)
                if self.gone:
                    raise httpx.ReadError("gone")
            return httpx.Response(200, json=self.feed.pop(0))
        return self.answers[request.url.path]()

    def peer(self) -> Peer:
        """Return the way to it."""
        tokens = ServiceTokens("k" * 32, caller="events", clock=FrozenClock(NOW))
        return Peer("http://users", "users", tokens, httpx.MockTransport(self))


def revoked(cursor: str, *session_ids: str, snapshot: bool = False) -> dict[str, Any]:
    """Return one answer of the feed."""
    entries = [{"session_id": one, "expires_at": LATER} for one in session_ids]
    return {"cursor": cursor, "snapshot": snapshot, "revoked": entries}


async def until(true: Callable[[], bool]) -> None:
    """Wait for what happens in another task."""
    async with asyncio.timeout(2):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_live_feed_answers_without_a_request_and_a_snapshot_replaces_the_set() -> None:
    # mutant: add a snapshot to what is there; look every session up
    users = Users()
    users.feed.append(revoked("e:1", "one", snapshot=True))
    revocations = HttpRevocations(users.peer(), FrozenClock(NOW))
    async with revocations.running():
        assert await revocations.revoked("one")
        assert not await revocations.revoked("two")
        users.feed.append(revoked("e:2", "two"))
        await until(lambda: users.asked[-1].url.params.get("after") == "e:2")
        assert await revocations.revoked("one")
        assert await revocations.revoked("two")
        users.feed.append(revoked("f:1", "three", snapshot=True))
        await until(lambda: users.asked[-1].url.params.get("after") == "f:1")
        assert [await revocations.revoked(one) for one in ("one", "two", "three")] == [False, False, True]
    assert {request.url.path for request in users.asked} == {"/internal/v1/revocations"}


async def test_without_the_service_the_set_loaded_last_decides() -> None:
    # mutant: forget the set when the feed breaks; accept everything before the first load
    users = Users()
    revocations = HttpRevocations(users.peer(), FrozenClock(NOW))
    users.gone = True
    with pytest.raises(Unavailable):
        await revocations.revoked("one")
    users.gone = False
    users.feed.append(revoked("e:1", "one", snapshot=True))
    async with revocations.running():
        users.gone = True
        await until(lambda: len(users.asked) >= 3)
        assert await revocations.revoked("one")
        assert not await revocations.revoked("two")


async def test_without_the_feed_one_session_is_looked_up() -> None:
    # mutant: take "not in the set" for "not revoked" while the feed is down
    users = Users()
    users.answers["/internal/v1/revocations/two"] = lambda: httpx.Response(200, json={"revoked": True})
    revocations = HttpRevocations(users.peer(), FrozenClock(NOW))
    assert await revocations.revoked("two")


async def test_made_up_key_ids_do_not_become_requests() -> None:
    # mutant: refresh on every call
    key = jwt.key_from_seed(b"s" * 32, "first")
    users = Users()
    published = {"cursor": "e:1", "keys": [jwt.public_jwk(key)]}
    users.answers["/internal/v1/keys"] = lambda: httpx.Response(200, json=published)
    keys = HttpPublicKeys(users.peer())
    assert keys.find("first") is None
    for _ in range(5):
        await keys.refresh()
    assert len(users.asked) == 1
    found = keys.find("first")
    assert found is not None
    assert not found.is_private
    assert keys.find("second") is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(503),
        httpx.Response(401),
        httpx.Response(200, text="no JSON"),
        httpx.Response(200, json={"cards": {"asha": {"username": 7}}}),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("gone"),
    ],
    ids=repr,
)
async def test_a_directory_without_a_sensible_answer_is_unavailable(answer: httpx.Response | Exception) -> None:
    # mutant: let an error of the client, or of the decoder, through
    def answered() -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    users = Users()
    users.answers["/internal/v1/members/cards"] = answered
    with pytest.raises(Unavailable):
        await HttpUserDirectory(users.peer()).cards({"asha"}, None)


async def test_nobody_waits_for_a_service_that_is_away_nor_to_find_out_whether_it_is_back() -> None:
    # mutants: ask each time; never again; take an answer, though a bad one, for silence; look with a request
    users = Users()
    users.answers["/internal/v1/members/standings"] = lambda: httpx.Response(503)
    users.answers["/health/live"] = lambda: httpx.Response(200)
    directory = HttpUserDirectory(users.peer())

    async def ask(times: int) -> int:
        asked = len(users.asked)
        for _ in range(times):
            with pytest.raises(Unavailable):
                await directory.standings(["asha"])
        await asyncio.sleep(0.05)
        return len(users.asked) - asked

    assert await ask(10) == 10
    users.gone = True
    assert await ask(10) == 5
    for _ in range(2):
        await asyncio.sleep(0.25)
        assert await ask(1) == 1
        assert users.asked[-1].url.path == "/health/live"
    users.gone = False
    await asyncio.sleep(0.25)
    assert await ask(1) == 1
    assert await ask(3) == 3
    assert users.asked[-1].url.path == "/internal/v1/members/standings"


async def test_a_request_goes_on_under_its_id_and_with_a_token() -> None:
    users = Users()
    users.answers["/internal/v1/members/standings"] = lambda: httpx.Response(200, json={"standings": {"a": "active"}})
    token = request_id.set("the-request")
    try:
        assert await HttpUserDirectory(users.peer()).standings(["a"]) == {"a": "active"}
    finally:
        request_id.reset(token)
    assert users.asked[0].headers["X-Request-Id"] == "the-request"
    assert users.asked[0].headers["Authorization"].startswith("Bearer ey")
