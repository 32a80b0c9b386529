"""What a limit looks like from outside: 429, Retry-After, RateLimit (draft-ietf-httpapi-ratelimit-headers)."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import get_args

import httpx
import pytest
from litestar import Litestar, Request, get, post

from ijaa.policies import POLICIES as OPERATIONS
from ijaa.shared.clock import FrozenClock
from ijaa.shared.http.floor import HttpFloor, observed
from ijaa.shared.http.policies import EVERYBODY, MEMBERS, NOT_ASKED, Limit, Policy
from ijaa.shared.principals import InvalidTokenError, Principal
from ijaa.shared.rate_limit import QUOTAS
from ijaa.shared.throttle import Throttle
from tests.asgi import client_of
from tests.fakes import FakeFeatureFlags

POLICIES = {
    "readIt": Policy(EVERYBODY),
    "writeIt": Policy(EVERYBODY),
    "readMine": Policy(MEMBERS),
    "signIn": Policy(NOT_ASKED, limit="login"),
    "mailIt": Policy(NOT_ASKED, limit="mail"),
    "health": Policy(NOT_ASKED, limit="none"),
}
ASHA, BILAL = {"Authorization": "Bearer asha"}, {"Authorization": "Bearer bilal"}

Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


class Names:
    """Takes a name for a token."""

    async def verify(self, token: str) -> Principal:
        if token == "bad":
            raise InvalidTokenError(token)
        return Principal(f"USER_{token}", token, "s")


@get("/it", operation_id="readIt")
async def read_it(request: Request[Principal | None, object, object]) -> dict[str, object]:  # type: ignore[type-var]
    return {"client": request.scope["client"]}


@post("/it", operation_id="writeIt")
async def write_it() -> str:
    return "written"


@get("/mine", operation_id="readMine")
async def read_mine() -> str:
    return "mine"


@post("/sign-in", operation_id="signIn")
async def sign_in() -> str:
    return "in"


@post("/mail", operation_id="mailIt")
async def mail_it() -> str:
    return "sent"


@get("/health", operation_id="health")
async def health() -> str:
    return "fine"


@pytest.fixture
def clock() -> FrozenClock:
    """Return a clock at the beginning of a minute."""
    return FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def opened(clock: FrozenClock) -> Open:
    """Return what opens an application whose limits are a tenth of ours."""

    @asynccontextmanager
    async def made(factor: float | None = 0.1, **given: object) -> AsyncIterator[httpx.AsyncClient]:
        throttle = Throttle(None, installation="t", secret=b"t", factor=factor, workers=1, clock=clock)
        app = Litestar(
            route_handlers=[read_it, write_it, read_mine, sign_in, mail_it, health],
            plugins=[
                HttpFloor(
                    Names(), POLICIES, FakeFeatureFlags(), title="t", version="0", clock=clock,
                    limiter=throttle.limiter, cors_origins=["https://alumni.example"],
                )
            ],
        )  # fmt: skip
        async with client_of(observed(app, secure=False, **given)) as client:
            yield client

    return made


def test_every_class_of_route_has_a_published_limit() -> None:
    # mutant: a class of the table of operations that nobody gave a quota
    classes = {name for part in get_args(Limit) for name in (get_args(part) or (part,))}
    assert set(QUOTAS) == classes - {"none"}
    assert {policy.limit for policy in OPERATIONS.values() if policy.limit} <= set(QUOTAS) | {"none"}


async def test_the_answer_tells_the_quota_and_what_is_left_of_it(opened: Open, clock: FrozenClock) -> None:
    # mutants: the window's length for the time that is left; headers of an older draft
    async with opened() as client:
        await client.get("/it")
        clock.at += timedelta(seconds=10)
        answer = await client.get("/it")
        assert answer.headers["ratelimit-policy"] == '"read";q=60;w=60'
        assert answer.headers["ratelimit"] == '"read";r=58;t=50'
        assert (await client.post("/it")).headers["ratelimit"] == '"write";r=11;t=50'
        head = await client.head("/it")
        assert head.headers["ratelimit"] == '"read";r=57;t=50'
        mail = await client.post("/mail")
        assert mail.headers["ratelimit-policy"] == '"mail";q=3;w=3600'
        assert mail.headers["ratelimit"] == '"mail";r=2;t=3600'


async def test_one_too_many_is_told_when_to_come_back_and_is_let_in_then(opened: Open, clock: FrozenClock) -> None:
    async with opened() as client:
        for _ in range(12):
            assert (await client.post("/it")).status_code == 201
        refused = await client.post("/it")
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["code"] == "rate-limited"
        assert re.fullmatch(r'"write";r=0;t=\d+', refused.headers["ratelimit"])
        clock.at += timedelta(seconds=int(refused.headers["retry-after"]) - 1)
        assert (await client.post("/it")).status_code == 429
        clock.at += timedelta(seconds=1)
        assert (await client.post("/it")).status_code == 201
        assert (await client.get("/it")).status_code == 200


async def test_sign_in_tells_nothing_but_when_to_come_back(opened: Open, clock: FrozenClock) -> None:
    # mutant: a gauge for whoever guesses passwords
    async with opened() as client:
        answers = [await client.post("/sign-in") for _ in range(3)]
        assert [a.status_code for a in answers] == [201, 201, 429]
        assert not [name for a in answers for name in a.headers if name.startswith("ratelimit")]
        assert answers[2].headers["retry-after"] == "60"
        clock.at += timedelta(seconds=60)
        assert (await client.post("/sign-in")).status_code == 201


async def test_each_principal_counts_for_himself_and_the_public_by_address(opened: Open) -> None:
    # mutants: count everybody of an address together; count all principals together
    async with opened() as client:
        for _ in range(60):
            assert (await client.get("/it", headers=ASHA)).status_code == 200
        assert (await client.get("/it", headers=ASHA)).status_code == 429
        assert (await client.get("/it", headers=BILAL)).status_code == 200
        assert (await client.get("/it")).headers["ratelimit"] == '"read";r=59;t=60'


async def test_who_is_refused_has_asked_too(opened: Open) -> None:
    # mutant: count after the gate let somebody in, so that tokens can be guessed for nothing
    async with opened() as client:
        answers = [await client.get("/mine", headers={"Authorization": "Bearer bad"}) for _ in range(61)]
        assert {a.status_code for a in answers[:60]} == {401}
        assert answers[60].status_code == 429
        assert (await client.get("/mine", headers=ASHA)).status_code == 200


async def test_pages_and_health_are_never_limited(opened: Open) -> None:
    async with opened(0.001) as client:
        answers = [await client.get("/health") for _ in range(5)]
        assert {a.status_code for a in answers} == {200}
        assert "ratelimit" not in answers[0].headers


async def test_switched_off_nothing_is_counted_and_nothing_told(opened: Open) -> None:
    async with opened(None) as client:
        answers = [await client.post("/sign-in") for _ in range(30)] + [await client.get("/it") for _ in range(70)]
        assert {a.status_code for a in answers} == {200, 201}
        assert not [name for a in answers for name in a.headers if name.startswith("ratelimit")]


async def test_a_page_of_another_origin_may_read_the_headers(opened: Open) -> None:
    async with opened() as client:
        answer = await client.get("/it", headers={"Origin": "https://alumni.example"})
        exposed = answer.headers["access-control-expose-headers"]
        assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed.replace(" ", "").split(","))


async def test_an_untrusted_client_cannot_count_as_somebody_else(opened: Open) -> None:
    # mutant: believe X-Forwarded-For from anybody
    async with opened() as client:
        answers = [await client.post("/sign-in", headers={"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(3)]
        assert [a.status_code for a in answers] == [201, 201, 429]


async def test_behind_a_trusted_proxy_each_client_counts_for_himself(opened: Open) -> None:
    async with opened(trusted_proxies=("127.0.0.0/8",)) as client:
        for n in range(5):
            seen = {"X-Forwarded-For": f"6.6.6.{n}, 203.0.113.{n}"}
            assert (await client.post("/sign-in", headers=seen)).status_code == 201
            assert (await client.get("/it", headers=seen)).json() == {"client": [f"203.0.113.{n}", 0]}
        spoofed = [await client.post("/sign-in", headers={"X-Forwarded-For": f"6.6.6.{n}, 203.0.113.9"}) for n in "123"]
        assert [a.status_code for a in spoofed] == [201, 201, 429]


async def test_an_ipv6_customer_cannot_walk_through_his_addresses(opened: Open) -> None:
    # mutant: count by the whole address
    async with opened(trusted_proxies=("127.0.0.0/8",)) as client:
        walked = [await client.post("/sign-in", headers={"X-Forwarded-For": f"2001:db8:1:2::{n}"}) for n in "123"]
        assert [a.status_code for a in walked] == [201, 201, 429]
        neighbour = await client.post("/sign-in", headers={"X-Forwarded-For": "2001:db8:1:3::1"})
        assert neighbour.status_code == 201


@pytest.mark.parametrize("value", ["", "unknown", "\xff\xfe", "1.2.3.4.5", "[::1", "a" * 9_000, ",,,;;;==="])
async def test_no_value_of_a_forwarding_header_is_an_error(opened: Open, value: str) -> None:
    async with opened(trusted_proxies=("127.0.0.0/8",)) as client:
        for name in (b"x-forwarded-for", b"forwarded", b"x-forwarded-proto"):
            answer = await client.get("/it", headers=[(name, value.encode("latin-1"))])
            assert answer.json()["client"][0] == "127.0.0.1"
            assert "strict-transport-security" not in answer.headers
