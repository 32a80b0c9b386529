"""Whom a member may know: why, and nothing that he may not see."""

import json
from collections.abc import AsyncIterator, Mapping
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
from tests.fakes import FakeEventCompanions
from tests.integration.users.community import CONNECTIONS, Community
from tests.integration.users.conftest import AMember, App, Member, Start, an_account


@pytest.fixture
def events() -> FakeEventCompanions:
    """Return who was at which event."""
    return FakeEventCompanions()


@pytest.fixture
async def app(start: Start, events: FakeEventCompanions) -> AsyncIterator[App]:
    """Give a client of the module, which asks `events`."""
    async with start(companions=events) as started:
        yield started


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


async def _cares(community: Community, who: Member, *, company: str | None = None, interest: str | None = None) -> None:
    for path, body in (("experiences", {"title": "Clerk", "company": company}), ("interests", {"interest": interest})):
        if None not in body.values():
            answer = await community(who, "POST", f"/api/v1/me/{path}", body)
            assert answer.status_code == 201, answer.text


async def test_companies_interests_and_events_are_reasons_too(
    community: Community, a_member: AMember, events: FakeEventCompanions
) -> None:
    """Kills: a list compared by its text instead of its key, or by somebody else's row; an event of others."""
    asha = await a_member("asha", batch="2009")
    await _cares(community, asha, company="Acme", interest="Chess")
    await _cares(community, asha, company="Loom")
    made = {name: await a_member(name) for name in ("worked", "plays", "both", "other")}
    await _cares(community, made["worked"], company="ACME")
    await _cares(community, made["plays"], interest="chess")
    await _cares(community, made["both"], company="loom", interest="Chess")
    await _cares(community, made["other"], company="Spindle", interest="Kites")
    await a_member("met")
    await a_member("mate", batch="2009")
    await events.add("asha", "met", "both", others=["other"])
    await events.add("met", "other")
    assert await _suggested(community, asha) == [
        ("mate", ["batch"]),
        ("both", ["event", "company", "interest"]),
        ("met", ["event"]),
        ("worked", ["company"]),
        ("plays", ["interest"]),
    ]
    await community.block(asha, "met")
    assert "met" not in dict(await _suggested(community, asha))


async def test_suggestions_go_on_without_events(
    community: Community, a_member: AMember, events: FakeEventCompanions
) -> None:
    """Kills: a 503, because another module is away; a reason remembered from before."""
    asha = await a_member("asha", batch="2009")
    await a_member("mate", batch="2009")
    await a_member("met")
    await events.add("asha", "met", "mate")
    assert await _suggested(community, asha) == [("mate", ["batch", "event"]), ("met", ["event"])]
    await events.stop()
    assert await _suggested(community, asha) == [("mate", ["batch"])]


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
_LISTS = [
    text(f"""INSERT INTO {table} (user_id, {columns}, created_at, updated_at, version)
    SELECT user_id, {values}, now(), now(), 1 FROM profiles WHERE username <> 'chitra'""")
    for table, columns, values in (
        ("experiences", "title, title_key, company, company_key", "'Clerk', 'clerk', 'Acme', 'acme'"),
        ("interests", "interest, interest_key", "'Chess', 'chess'"),
    )
]
_FIELDS = {
    reason: {"company": "experiences", "interest": "interests"}.get(reason, reason)
    for reason in WEIGHTS if reason != "event"
}  # fmt: skip
"""What of a profile each reason comes from; to be at an event is no part of it."""
_AUDIENCES = st.sampled_from(["nobody", "connections", "members", "public", None])


@configured(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(chosen=st.fixed_dictionaries(dict.fromkeys(_FIELDS.values(), _AUDIENCES)))
async def test_what_is_hidden_is_no_reason_and_no_rank(
    chosen: Mapping[str, Any], users_database: Database, clock: FrozenClock
) -> None:
    # mutants: forget the audience in a branch, or in the reasons; another default than the profile's
    database, shared = users_database, {"batch": "2009", "profession": "Teacher", "location": "Dhaka"}
    if not await database.fetch_value("SELECT count(*) FROM users"):
        for name in ("asha", "bina", "chitra"):
            await an_account(database, name, None, clock.now(), **(shared if name != "chitra" else {"batch": "2009"}))
        async with database.transaction() as session:
            for statement in _LISTS:
                await session.execute(statement)
    audiences = {field: audience for field, audience in chosen.items() if audience}
    async with database.transaction() as session:
        await session.execute(_SHOW, {"visibility": json.dumps(audiences)})
    found = await SuggestionRepository(database).found("asha", (), clock.now(), 10)
    seen = [reason for reason, field in _FIELDS.items() if shown(field, audiences, Relation.MEMBER)]  # type: ignore[arg-type]
    assert {one.username: one.reasons for one in found} == {"chitra": ["batch"]} | ({"bina": seen} if seen else {})
    first = "bina" if "batch" in seen else "chitra"
    assert found[0].username == first
