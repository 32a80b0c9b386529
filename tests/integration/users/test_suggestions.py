"""Whom a member may know: why, and nothing that he may not see."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as configured
from hypothesis import strategies as st
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.users.connections.domain import WEIGHTS
from ijaa.users.connections.suggestion_repository import SuggestionRepository
from ijaa.users.profiles.domain import Relation, shown
from tests.integration.users.community import CONNECTIONS, Community
from tests.integration.users.conftest import AMember, App, Member, an_account


@pytest.fixture
def community(client: httpx.AsyncClient) -> Community:
    """Return what members do with each other."""
    return Community(client)


async def _suggested(community: Community, who: Member, **params: Any) -> list[tuple[str, list[str]]]:
    answer = await community(who, "GET", f"{CONNECTIONS}/suggestions", **params)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    return [(one["member"]["username"], one["reasons"]) for one in answer.json()["items"]]


async def test_what_weighs_more_comes_first_and_says_why(community: Community, a_member: AMember) -> None:
    """Kills: a reason that is not shared; an order by name, or by number of reasons; case that tells apart."""
    asha = await a_member("asha", batch="2009", profession="Teacher", location="Dhaka")
    await a_member("batch", batch="2009")
    await a_member("all", batch="2009", profession="teacher", location="DHAKA")
    await a_member("work", profession="Teacher", location="Dhaka")
    await a_member("city", location="Dhaka", batch="2010")
    await a_member("nothing", location="Sylhet")
    assert await _suggested(community, asha) == [
        ("all", ["batch", "profession", "location"]),
        ("batch", ["batch"]),
        ("work", ["profession", "location"]),
        ("city", ["location"]),
    ]
    assert [name for name, _ in await _suggested(community, asha, limit=2)] == ["all", "batch"]
    assert await _suggested(community, await a_member("empty")) == []


async def test_whom_one_knows_asked_rejected_or_blocked_is_not_suggested(
    community: Community, app: App, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: a connection of any status suggested again; a block that works one way; somebody nobody can see."""
    asha = await a_member("asha", batch="2009")
    others = {
        name: await a_member(name, batch="2009")
        for name in ("friend", "asked", "asking", "rejected", "blocked", "blocking", "stranger")
    }
    await an_account(app[1].database, "suspended", None, clock.now(), active=False, batch="2009")
    await community.connect(asha, others["friend"])
    await community.ask(asha, "asked")
    await community.ask(others["asking"], "asha")
    made = (await community.ask(others["rejected"], "asha")).json()["id"]
    await community.answer(asha, made, "reject")
    await community.block(asha, "blocked")
    await community.block(others["blocking"], "asha")
    assert await _suggested(community, asha) == [("stranger", ["batch"])]


_SHOW = text("UPDATE profiles SET visibility = CAST(:visibility AS jsonb) WHERE username = 'bina'")
_AUDIENCES = st.sampled_from(["nobody", "connections", "members", "public", None])


@configured(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(chosen=st.fixed_dictionaries(dict.fromkeys(WEIGHTS, _AUDIENCES)))
async def test_what_is_hidden_is_no_reason_and_no_rank(
    chosen: Mapping[str, Any], users_database: Database, clock: FrozenClock
) -> None:
    # mutants: forget the audience in a branch, or in the reasons; another default than the profile's
    database, shared = users_database, {"batch": "2009", "profession": "Teacher", "location": "Dhaka"}
    if not await database.fetch_value("SELECT count(*) FROM users"):
        for name in ("asha", "bina", "chitra"):
            await an_account(database, name, None, clock.now(), **(shared if name != "chitra" else {"batch": "2009"}))
    audiences = {reason: audience for reason, audience in chosen.items() if audience}
    async with database.transaction() as session:
        await session.execute(_SHOW, {"visibility": json.dumps(audiences)})
    found = await SuggestionRepository(database).found("asha", clock.now(), 10)
    seen = [reason for reason in WEIGHTS if shown(reason, audiences, Relation.MEMBER)]  # type: ignore[arg-type]
    assert {one.username: one.reasons for one in found} == {"chitra": ["batch"]} | ({"bina": seen} if seen else {})
    first = "bina" if seen and "batch" in seen else "chitra"
    assert found[0].username == first
