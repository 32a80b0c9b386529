"""What a message is promised, whichever way it travels."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from redis.asyncio import Redis
from sqlalchemy import make_url

from ijaa.shared import inbox
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.outbox import TRIES
from ijaa.shared.relay import Relay
from tests.contract.messaging import Counted, Post, Unheard, posted
from tests.patient import patient


@pytest.fixture
async def redis(servers: dict[str, str]) -> AsyncIterator[Redis]:
    """Give a client of Redis."""
    client = patient(servers["IJAA_REDIS_URL"])
    yield client
    await client.aclose()


@pytest.fixture(params=["direct", "streams"])
async def post(
    request: pytest.FixtureRequest, servers: dict[str, str], users_database: Database, events_database: Database,
    redis: Redis, clock: FrozenClock,
) -> AsyncIterator[Post]:  # fmt: skip
    """Give a sender and a receiver for each transport."""
    superuser = make_url(servers["TEST_EVENTS_SUPERUSER_URL"]).set(database=make_url(events_database.url).database)
    connection = await asyncpg.connect(superuser.render_as_string(hide_password=False))
    await connection.execute("CREATE TABLE effects (name text NOT NULL); GRANT ALL ON effects TO ijaa_events_app")
    await connection.close()
    async with posted(request.param, users_database, events_database, redis, clock) as made:
        yield made


async def test_each_message_has_its_effect_once_and_leaves(post: Post) -> None:
    # mutant: forget to note the id, or to let go of what is done
    await post.tell(*(Counted(name=f"n{number}") for number in range(450)))
    while await post.relay.relay_due():
        pass
    await post.until(lambda: _empty(post))
    assert await post.effects() == {f"n{number}": 1 for number in range(450)}


async def test_what_is_rolled_back_was_never_said(post: Post) -> None:
    # mutant: publish on a connection of its own
    with pytest.raises(LookupError):
        async with post.users.transaction() as session:
            await post.outbox.publish(session, Counted(name="never"))
            raise LookupError
    assert await post.relay.relay_due() == 0
    assert await post.waiting() == 0


async def test_what_is_handed_over_again_has_no_second_effect(post: Post) -> None:
    # mutant: drop ON CONFLICT, and with it the inbox
    await post.tell(Counted(name="asha"), Counted(name="bilal"))
    async with post.users.transaction() as session:
        taken = await post.outbox.take(session, 10)
    for _ in range(3):
        outcomes = await post.inbox.receive([one.envelope for one in reversed(taken + taken)])
        assert len(outcomes) == 4
    await post.relay.relay_due()
    await post.until(lambda: _empty(post))
    assert await post.effects() == {"asha": 1, "bilal": 1}


@pytest.mark.parametrize(("bad", "slow", "error"), [(True, False, "RuntimeError"), (False, True, "TooSlow")])
async def test_a_poisoned_message_is_parked_and_the_rest_flow(post: Post, error: str, *, bad: bool, slow: bool) -> None:
    # mutants: undo the whole batch for good; try for ever; store what the error says; take what is slow for a database
    # that is away
    poison = Counted(name="poison", bad=bad, slow=slow)
    await post.tell(Counted(name="asha"), poison, Unheard(name="x"), Counted(name="bilal"))
    for tried in range(1, TRIES + 1):
        await post.until(lambda tried=tried: _tried(post, tried))
        assert await post.effects() == {"asha": 1, "bilal": 1}
        post.clock.at += timedelta(hours=2)
    rows = await post.users.fetch(
        lambda *row: row, "SELECT data->>'name', error, due_at IS NULL, parked_at IS NOT NULL FROM outbox ORDER BY seq"
    )
    assert rows == [
        ("poison", error, True, True),
        ("x", "_UnknownTypeError: ijaa.users.unheard.v1", True, True),
    ]
    assert await post.relay.relay_due() == 0


async def test_what_there_was_no_time_for_comes_next(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    # mutants: let go of messages nobody came to; hold on to those that are done
    monkeypatch.setattr(inbox, "PATIENCE", 0.0)
    names = [f"n{number}" for number in range(9)]
    await post.tell(*(Counted(name=name, bad=name == "poison") for name in [*names[:4], "poison", *names[4:]]))

    async def all_but_one() -> bool:
        await post.relay.relay_due()
        return await post.waiting() == 1

    await post.until(all_but_one)
    assert await post.effects() == dict.fromkeys(names, 1)
    assert await post.users.fetch_value("SELECT tries FROM outbox") == 1


async def test_of_two_relays_each_takes_other_messages(post: Post) -> None:
    # mutant: take without SKIP LOCKED
    await post.tell(*(Counted(name=f"n{number}") for number in range(100)))
    relays = [Relay(post.outbox, post.relay._transport, batch=10) for _ in range(4)]
    taken = [await asyncio.gather(*(relay.relay_due() for relay in relays)) for _ in range(6)]
    assert sum(map(sum, taken)) == 100, taken
    await post.until(lambda: _empty(post))
    assert await post.effects() == {f"n{number}": 1 for number in range(100)}


async def _empty(post: Post) -> bool:
    return await post.waiting() == 0


async def _tried(post: Post, times: int) -> bool:
    await post.relay.relay_due()  # what there was no time for comes next
    return (await post.users.fetch_value("SELECT coalesce(min(tries), 0) FROM outbox")) == times and (
        await post.waiting() == 2
    )
