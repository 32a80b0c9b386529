"""`Idempotency-Key`: a POST sent again has one effect and one answer, whatever happened in between."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.http.modules import Module
from ijaa.shared.idempotency import KEPT
from tests.integration.events.conftest import AnEvent, Api


def an_event(clock: FrozenClock, **given: object) -> dict[str, object]:
    begins = clock.now() + timedelta(days=3)
    ends = begins + timedelta(hours=2)
    return {
        "title": "Reunion", "start_date": begins.isoformat(), "end_date": ends.isoformat(), "timezone": "Asia/Dhaka"
    } | given  # fmt: skip


async def post(api: Api, who: str, key: str, body: object, path: str = "/events") -> Any:
    return await api(who, "POST", path, body, headers={"Idempotency-Key": key})


async def count(database: Database, table: str = "events") -> int:
    found: int = await database.fetch_value(f"SELECT count(*) FROM {table}")
    return found


async def test_the_same_request_again_gets_the_first_answer(
    api: Api, events_database: Database, clock: FrozenClock
) -> None:
    first = await post(api, "olu", "k1", an_event(clock))
    again = await post(api, "olu", "k1", an_event(clock))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert {n: first.headers[n] for n in ("location", "etag", "content-type")} == {
        n: again.headers[n] for n in ("location", "etag", "content-type")
    }
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert await count(events_database) == 1


async def test_another_request_with_the_key_is_refused(api: Api, events_database: Database, clock: FrozenClock) -> None:
    # mutant: the path left out of the fingerprint
    first = await post(api, "olu", "k1", an_event(clock))
    other = await post(api, "olu", "k1", an_event(clock, title="Another"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    event = first.json()["id"]
    assert (await post(api, "olu", "k2", None, f"/events/{event}/cancel")).status_code == 200
    elsewhere = await post(api, "olu", "k2", None, f"/events/{event + 1}/cancel")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "idempotency-key-reused")
    assert await count(events_database) == 1


async def test_a_key_is_one_callers_and_one_routes(api: Api, events_database: Database, clock: FrozenClock) -> None:
    for who in ("olu", "asha"):
        assert (await post(api, who, "k1", an_event(clock))).status_code == 201
    assert await count(events_database) == 2


async def test_twenty_at_once_have_one_effect(api: Api, events_database: Database, clock: FrozenClock) -> None:
    # mutant: no lock while the first is under way
    body = an_event(clock)
    answers = await asyncio.gather(*(post(api, "olu", "k1", body) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert all(answer.json()["code"] == "idempotency-key-in-use" for answer in waiting)
    assert all(answer.headers["retry-after"] == "1" for answer in waiting)
    assert await count(events_database) == 1


async def test_a_refusal_is_remembered_and_leaves_nothing_else(
    api: Api, events_database: Database, clock: FrozenClock
) -> None:
    # mutant: keep 2xx alone
    refused = await post(api, "olu", "k1", an_event(clock, title=""))
    assert refused.status_code == 422
    assert (await post(api, "olu", "k1", an_event(clock, title=""))).content == refused.content
    assert await count(events_database) == 0


async def test_who_may_not_asks_again_with_the_same_key(api: Api, events_database: Database, an_event: AnEvent) -> None:
    # mutant: remember 403; then a key would stay spoilt after the role was given
    event = await an_event("olu")
    refused = await post(api, "asha", "k1", None, f"/events/{event['id']}/cancel")
    assert refused.status_code == 403
    assert await count(events_database, "idempotency_keys") == 0


async def test_a_key_is_forgotten_after_a_day(api: Api, events_database: Database, clock: FrozenClock) -> None:
    await post(api, "olu", "k1", an_event(clock))
    clock.at += KEPT + timedelta(seconds=1)
    later = await post(api, "olu", "k1", an_event(clock, title="Another"))
    assert later.status_code == 201
    await post(api, "olu", "k2", an_event(clock))
    assert await count(events_database) == 3
    assert await count(events_database, "idempotency_keys") == 2


async def test_an_answer_that_cannot_be_kept_takes_its_effect_back(
    api: Api, module: Module, events_database: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the effect committed before its answer is; a crash between the two would do a thing twice."""

    async def broken(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(module.idempotency, "keep", broken)
    answer = await post(api, "olu", "k1", an_event(clock))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert await count(events_database) == 0
    monkeypatch.undo()
    assert (await post(api, "olu", "k1", an_event(clock))).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256])
async def test_a_key_is_visible_ascii(api: Api, events_database: Database, clock: FrozenClock, key: str) -> None:
    answer = await api("olu", "POST", "/events", an_event(clock), headers={"Idempotency-Key": key.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert await count(events_database) == 0


async def test_hooks_of_a_savepoint_run_after_the_commit_of_the_whole(events_database: Database) -> None:
    # mutant: run them when the savepoint is released, or keep those of one that was rolled back
    from ijaa.shared.database import after_commit  # noqa: PLC0415

    ran: list[str] = []

    async def hook(name: str) -> None:
        ran.append(f"{name} {await events_database.fetch_value('SELECT count(*) FROM events')}")

    async with events_database.whole():
        with pytest.raises(ZeroDivisionError):
            async with events_database.transaction() as session:
                after_commit(session, lambda: hook("lost"))
                raise ZeroDivisionError
        async with events_database.transaction() as session:
            await session.execute(text("SELECT 1"))
            after_commit(session, lambda: hook("kept"))
        assert await events_database.fetch_value("SELECT 1") == 1
        assert ran == []
    assert ran == ["kept 0"]
