"""Claims: what gives a record to a member, what waits for an admin, and what nobody is told."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import JobQueue, NoPayload
from ijaa.shared.purge import purge
from ijaa.users.claims.domain import MOST, Candidate, settled_by_itself
from ijaa.users.retention import PURGES
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, Mailbox, Member, counted

FACTS = {"birth_date": "1990-02-01", "student_number": "A-17"}


async def a_record(database: Database, **given: Any) -> int:
    """Add a record that has every fact, unless told otherwise."""
    row = {
        "name": "Asha Rahman", "name_key": "asha rahman", "batch": "2009", "email": "old@mail.example",
        "phone": "+880 1711 123456", "phone_key": "1711123456", "birth_date": "1990-02-01", "student_number": "A17",
        "student_key": "a17", "profession": "Nurse", "location": "Dhaka", **given,
    }  # fmt: skip
    values = ", ".join("NULL" if value is None else f"'{value}'" for value in row.values())
    return int(await database.fetch_value(
        f"INSERT INTO member_records ({', '.join(row)}, created_at, updated_at) VALUES ({values}, now(), now())"
        " RETURNING id"
    ))  # fmt: skip


async def _claim(client: httpx.AsyncClient, member: Member, **facts: str) -> httpx.Response:
    return await client.post("/api/v1/claims", json=facts or FACTS, headers=member.bearer)


async def _looked_at(app: App) -> None:
    await app[1].worker.run_due()
    waiting = "SELECT count(*) FROM jobs WHERE name = 'settle-claim'"
    for _ in range(500):
        if not await app[1].database.fetch_value(waiting):
            return
        await app[1].worker.run_due()


async def _states(database: Database) -> list[str]:
    return await database.fetch(str, "SELECT state FROM claims ORDER BY id")


async def _queue(
    client: httpx.AsyncClient, admin: Any, state: str = "WAITING", **narrowed: Any
) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/admin/claims", params={"state": state, **narrowed}, headers=admin.bearer)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize(
    ("candidates", "settled"),
    [
        ([Candidate(1, 2, 0)], 1),
        ([Candidate(1, 2, 0), Candidate(2, 1, 1)], 1),
        ([Candidate(1, 1, 0)], None),
        ([Candidate(1, 2, 1)], None),
        ([Candidate(1, 2, 0), Candidate(2, 3, 0)], None),
        ([], None),
    ],
)
def test_a_claim_speaks_for_itself_when_two_facts_say_so_of_one(
    candidates: list[Candidate], settled: int | None
) -> None:
    # mutants: one fact suffices; take the best of several; pass over a fact that differs
    assert settled_by_itself(candidates) == settled


async def test_two_facts_give_the_record_and_fill_blanks_alone(app: App, a_member: AMember, mailbox: Mailbox) -> None:
    # mutants: overwrite what the profile says; show what was filled to others; keep the facts of a settled claim
    client, module = app
    await a_record(module.database)
    asha = await a_member("asha", profession="Doctor")

    answer = await _claim(client, asha)
    assert (answer.status_code, answer.json()) == (202, {"status": "received"})
    await _looked_at(app)

    own = (await client.get("/api/v1/me/profile", headers=asha.bearer)).json()
    assert [own[name] for name in ("name", "profession", "batch", "location", "email")] == [
        "Asha", "Doctor", "2009", "Dhaka", "old@mail.example",
    ]  # fmt: skip
    ben = await a_member("ben")
    seen = (await client.get("/api/v1/users/asha", headers=ben.bearer)).json()
    assert (seen["email"], seen["phone"], seen["location"]) == (None, None, "Dhaka")
    assert await _states(module.database) == ["ACCEPTED"]
    assert await module.database.fetch_value("SELECT num_nonnulls(birth_date, student_number) FROM claims") == 0
    assert (await mailbox.last("asha@mail.example"))[0] == "We found you in our records"
    found = await client.get("/api/v1/users?location=Dhaka", headers=ben.bearer)
    assert [one["username"] for one in found.json()["items"]] == ["asha"], found.text


def _until_answered(statements: list[str]) -> list[str]:
    """Return what ran up to the job, which is the last thing a claim writes."""
    last = next(place for place, statement in enumerate(statements) if "INSERT INTO jobs" in statement)
    # beside it the worker does the jobs that were due when the database was made
    return [one for one in statements[: last + 1] if "directory" not in one and "FROM experiences" not in one]


async def test_a_match_and_no_match_are_answered_by_the_same_work(app: App, a_member: AMember) -> None:
    # mutant: look for the record before the answer
    client, module = app
    await a_record(module.database)
    asha, ben = await a_member("asha"), await a_member("ben")

    with counted(module.database) as match:
        first = await _claim(client, asha)
        matched = _until_answered(match)
    await _looked_at(app)
    with counted(module.database) as no_match:
        second = await _claim(client, ben, birth_date="1991-02-01", student_number="B-99")
        unmatched = _until_answered(no_match)

    assert matched == unmatched
    assert not any("member_records" in statement for statement in matched)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first.headers.keys() == second.headers.keys()


async def test_what_does_not_suffice_waits_for_an_admin_who_says_which(
    app: App, a_member: AMember, an_admin: AnAdmin
) -> None:
    # mutants: accept on one fact; show claimed records as candidates; give one record to two
    client, module = app
    record = await a_record(module.database, student_key="b18", student_number="B18")
    asha, ben, admin = await a_member("asha"), await a_member("ben"), await an_admin("mo", "moderator")
    facts = {"email": "old@mail.example", "birth_date": "1990-02-02"}
    assert [(await _claim(client, one, **facts)).status_code for one in (asha, ben)] == [202, 202]
    await _looked_at(app)

    with counted(module.database) as statements:
        first, second = await _queue(client, admin)
    assert len([one for one in statements if "member_records" in one]) == 1
    assert first["candidates"] == [
        {"record_id": record, "name": "Asha Rahman", "batch": "2009", "agrees": ["email"], "differs": ["birth_date"]}
    ]
    place = f"/api/v1/admin/claims/{first['id']}"
    body = {"record_id": record}
    taken = await client.post(f"{place}/accept", json=body, headers=admin.bearer)
    assert (taken.status_code, taken.json()["state"], taken.json()["settled_by"]) == (200, "ACCEPTED", admin.admin_id)
    again = await client.post(f"{place}/accept", json=body, headers=admin.bearer)
    assert (again.status_code, again.json()["code"]) == (409, "claim-settled")
    other = f"/api/v1/admin/claims/{second['id']}"
    twice = await client.post(f"{other}/accept", json=body, headers=admin.bearer)
    assert (twice.status_code, twice.json()["code"]) == (409, "record-claimed")
    assert (await _queue(client, admin))[0]["candidates"] == []
    rejected = await client.post(f"{other}/reject", headers=admin.bearer)
    assert (rejected.json()["state"], rejected.json()["email"]) == ("REJECTED", None)
    said = await module.database.fetch(str, "SELECT action FROM audit_log WHERE action LIKE 'claim-%' ORDER BY id")
    assert said == ["claim-accepted", "claim-rejected"]


async def test_claims_are_few_whatever_became_of_them(app: App, a_member: AMember) -> None:
    # mutants: count open ones alone, so that an accepted one shows; forget the period
    client, module = app
    await a_record(module.database)
    asha = await a_member("asha")
    for _ in range(MOST):
        assert (await _claim(client, asha)).status_code == 202
    await _looked_at(app)

    refused = await _claim(client, asha)

    assert (refused.status_code, int(refused.headers["Retry-After"])) == (429, 30 * 24 * 3600)
    assert (await _states(module.database)).count("ACCEPTED") == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"student_number": "A-17"},
        {"student_number": "--", "birth_date": "1990-02-01"},
        {"phone": "call me", "birth_date": "1990-02-01"},
        {"student_number": "A-17", "birth_date": "1890-02-01"},
        {"email": "nobody", "birth_date": "1990-02-01"},
        {"name": "Asha Rahman", "birth_date": "1990-02-01"},
    ],
)
async def test_a_claim_gives_two_facts_that_can_be_compared(app: App, a_member: AMember, facts: dict[str, str]) -> None:
    # mutant: let a claim of one fact wait
    asha = await a_member("asha")

    assert (await _claim(app[0], asha, **facts)).status_code == 422


async def test_a_record_goes_with_the_account_that_claimed_it(app: App, a_member: AMember, an_admin: AnAdmin) -> None:
    # mutant: set the owner of the record to NULL, which would leave it to be claimed anew
    client, module = app
    await a_record(module.database)
    asha, admin = await a_member("asha"), await an_admin("sue")
    await _claim(client, asha)
    await _looked_at(app)

    gone = await client.delete("/api/v1/admin/users/asha?immediately=true", headers=admin.bearer)

    assert gone.status_code == 204, gone.text
    for table in ("member_records", "claims"):
        assert await module.database.fetch_value(f"SELECT count(*) FROM {table}") == 0


async def test_a_record_nobody_claimed_goes_with_who_has_its_address_and_its_name(
    app: App, a_member: AMember, an_admin: AnAdmin
) -> None:
    # mutants: an address alone decides, which takes the record of a spouse or an office; the address stays in it
    client, module = app
    admin = await an_admin("sue")
    await a_member("asha", name="Ásha  Rahman")
    await a_member("ben")
    whose = await module.database.fetch_value("SELECT id FROM users WHERE username = 'ben'")
    shared, other = "asha@mail.example", "office@mail.example"
    for given in (
        {"email": shared},
        {"email": shared, "name": "Karim Rahman", "name_key": "karim rahman"},
        {"email": shared, "name": "Ben", "name_key": "ben", "claimed_by": whose},
        {"email": other},
    ):
        await a_record(module.database, **given)

    gone = await client.delete("/api/v1/admin/users/asha?immediately=true", headers=admin.bearer)

    assert gone.status_code == 204, gone.text
    left = "SELECT name || ' ' || coalesce(email, '-') FROM member_records ORDER BY id"
    assert await module.database.fetch(str, left) == ["Karim Rahman -", "Ben -", f"Asha Rahman {other}"]


async def _aged(database: Database, **days: int) -> None:
    async with database.transaction() as session:
        for claim_id, number in days.items():
            came = "created_at = created_at - make_interval(days => :days)"
            settled = "settled_at = settled_at - make_interval(days => :days)"
            statement = text(f"UPDATE claims SET {came}, {settled} WHERE id = :id")
            await session.execute(statement, {"days": number, "id": int(claim_id.removeprefix("claim_"))})


async def test_the_queue_is_narrowed_by_member_and_age(app: App, a_member: AMember, an_admin: AnAdmin) -> None:
    # mutants: a filter that is not looked at; the cursor of one list in another; what is younger in place of older
    client, module = app
    admin = await an_admin("mo", "moderator")
    asha, ben = await a_member("asha"), await a_member("ben")
    for member in (asha, ben, ben):
        assert (await _claim(client, member)).status_code == 202
    await _looked_at(app)
    await _aged(module.database, claim_1=7, claim_2=4)

    async def names(**narrowed: Any) -> list[str]:
        return [one["username"] for one in await _queue(client, admin, **narrowed)]

    assert await names() == ["asha", "ben", "ben"]
    assert await names(member="BEN") == ["ben", "ben"]
    assert await names(member="nobody") == []
    assert await names(older_than_days=4) == ["asha", "ben"]
    assert await names(older_than_days=5) == ["asha"]
    assert await names(older_than_days=8) == []
    assert await names(member="ben", older_than_days=4) == ["ben"]
    first = await client.get("/api/v1/admin/claims?member=ben&limit=1", headers=admin.bearer)
    cursor = first.json()["next_cursor"]
    rest = await client.get(f"/api/v1/admin/claims?member=ben&limit=1&cursor={cursor}", headers=admin.bearer)
    assert [one["username"] for one in rest.json()["items"]] == ["ben"]
    other = await client.get(f"/api/v1/admin/claims?cursor={cursor}", headers=admin.bearer)
    assert other.status_code == 400
    for wrong in ("member=", "older_than_days=0", "older_than_days=x"):
        assert (await client.get(f"/api/v1/admin/claims?{wrong}", headers=admin.bearer)).status_code == 422


async def test_what_nobody_settled_is_forgotten_in_the_end(
    app: App, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    # mutants: private facts kept for ever; a claim that waits purged as early as a settled one, or the other way round
    client, module = app
    admin, asha = await an_admin("mo", "moderator"), await a_member("asha")
    for _ in range(4):
        assert (await _claim(client, asha)).status_code == 202
    await _looked_at(app)
    for claim_id in (3, 4):
        answer = await client.post(f"/api/v1/admin/claims/{claim_id}/reject", headers=admin.bearer)
        assert answer.status_code == 200
    await _aged(module.database, claim_1=181, claim_2=179, claim_3=91, claim_4=89)
    queue = JobQueue(module.database, clock)
    worker = JobRunner(queue, [purge([one for one in PURGES if one.table == "claims"], clock)])
    async with module.database.transaction() as session:
        await session.execute(text("DELETE FROM jobs WHERE name = 'purge'"))
        await queue.put(session, "purge", NoPayload())
    await worker.run_due()
    async with asyncio.timeout(30):  # the module's own worker may have been faster
        while await module.database.fetch(int, "SELECT id FROM claims ORDER BY id") != [2, 4]:
            await asyncio.sleep(0.02)
