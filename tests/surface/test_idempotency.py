"""What is kept for an Idempotency-Key: nothing of passwords and tokens, and nothing anybody else can read."""

from collections.abc import AsyncIterator

import pytest

from ijaa.policies import POLICIES
from ijaa.shared.http.policies import Operation
from tests.surface.matrix import call
from tests.surface.world import ROLES, World

CREDENTIALS = ("/api/v1/auth/", "/api/v1/admin/auth/")
BECAUSE = {"reason": "Sold tickets to strangers"}


@pytest.fixture(autouse=True)
async def _key(world: World) -> AsyncIterator[None]:
    world.client.headers["Idempotency-Key"] = "a-key-of-the-client"
    yield
    del world.client.headers["Idempotency-Key"]
    await world.go_back()


async def kept(world: World) -> int:
    """Return how many answers the two modules keep."""
    return sum([await one.count("idempotency_keys") for one in world.databases.values()])


def callers(operation: Operation) -> list[str]:
    """Return whom an operation is for, one of each kind."""
    allowed = POLICIES[operation.name].callers
    return [who for who in ("member", *ROLES) if isinstance(allowed, str) or ROLES[who] in allowed]


async def test_nothing_is_kept_where_passwords_come_in_and_tokens_go_out(world: World) -> None:
    """Kills: the exclusion by path dropped; a row of the table of policies alone to keep a new route out."""
    before, served = await world.digests(), set()
    for operation in world.operations:
        if operation.method != "POST" or not operation.path.startswith(CREDENTIALS):
            continue
        for who in callers(operation):
            cell = await call(world, operation, who, "existing", before)
            served |= {operation.name} if cell.status < 300 else set()
            assert await kept(world) == 0, str(cell)
            await world.sign_in(who)
    assert {"stepUp", "changePassword", "logOutEverywhere", "beginTotp", "logIn"} <= served
    create = next(one for one in world.operations if one.name == "createEvent")
    await world.go_back()
    assert (await call(world, create, "member", "existing", before)).status == 201
    assert await kept(world) == 1


async def test_what_is_kept_is_read_with_the_key_alone(world: World) -> None:
    """Kills: body, key or request kept as they are, which outlive a member who is erased, in a backup, too."""
    bearer = {"Authorization": f"Bearer {await world.token('moderator')}"}
    first = await world.client.post("/api/v1/admin/users/ben/suspend", json=BECAUSE, headers=bearer)
    again = await world.client.post("/api/v1/admin/users/ben/suspend", json=BECAUSE, headers=bearer)
    assert first.status_code == again.status_code == 200
    assert first.json()["suspension_reason"] == BECAUSE["reason"]
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    stored = await world.databases["users"].text("idempotency_keys")
    for told in ("ben@mail.example", "Ben", BECAUSE["reason"], "a-key-of-the-client"):
        assert told not in stored
        assert told.encode().hex() not in stored
    other = await world.client.post("/api/v1/admin/users/ben/suspend", json={"reason": "another"}, headers=bearer)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
