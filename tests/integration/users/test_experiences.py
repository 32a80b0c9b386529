"""Experiences over HTTP: their order, their limits, who sees them, who edits last."""

import asyncio

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from tests.integration.users.conftest import AMember, App, an_account, counted
from tests.integration.users.test_profiles import connect, execute

ME = "/api/v1/me/experiences"


async def test_what_lasts_comes_first_then_the_latest(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: the order of the ids; an undated one taken for one that lasts; NULLS FIRST."""
    asha = await a_member("asha")
    for title, start, end in (
        ("ended early", "2001-01-01", "2002-01-01"),
        ("undated", None, None),
        ("lasts since 2010", "2010-01-01", None),
        ("ended late", "2000-01-01", "2009-12-31"),
        ("lasts since 2015", "2015-01-01", None),
    ):
        body = {"title": title, "start_date": start, "end_date": end}
        added = await client.post(ME, json=body, headers=asha.bearer)
        assert (added.status_code, added.headers["location"]) == (201, f"{ME}/{added.json()['id']}")
    listed = (await client.get(ME, headers=asha.bearer)).json()
    assert [one["title"] for one in listed["items"]] == [
        "lasts since 2015", "lasts since 2010", "ended late", "ended early", "undated",
    ]  # fmt: skip
    assert listed["next_cursor"] is None
    assert (await client.get("/api/v1/users/ASHA/experiences", headers=asha.bearer)).json() == listed


async def test_an_edit_changes_what_it_names_and_the_version(
    app: App, client: httpx.AsyncClient, a_member: AMember
) -> None:
    """Kills: absent taken for null; a search key left behind; a period that outlives its dates."""
    asha = await a_member("asha")
    made = (await client.post(ME, json={"title": " Teacher ", "company": "École"}, headers=asha.bearer)).json()
    await execute(app, "UPDATE experiences SET period = 'in the nineties'")
    first = await client.patch(f"{ME}/{made['id']}", json={"company": "Ministère"}, headers=asha.bearer)
    assert (first.json()["title"], first.json()["company"], first.headers["etag"]) == ("Teacher", "Ministère", '"2"')
    assert first.json()["period"] == "in the nineties"
    keys = "SELECT title_key || '/' || company_key FROM experiences"
    assert await app[1].database.fetch_value(keys) == "teacher/ministere"
    same = await client.patch(f"{ME}/{made['id']}", json={"company": " Ministère "}, headers=asha.bearer)
    assert same.headers["etag"] == '"2"'
    dated = {"start_date": "1994-09-01", "company": None}
    second = (await client.patch(f"{ME}/{made['id']}", json=dated, headers=asha.bearer)).json()
    assert (second["company"], second["start_date"], second["period"]) == (None, "1994-09-01", None)


async def test_a_stale_if_match_changes_nothing(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: `If-Match` ignored, or compared before the lock: of ten edits of one version one wins."""
    asha = await a_member("asha")
    path = f"{ME}/{(await client.post(ME, json={'title': 'Teacher'}, headers=asha.bearer)).json()['id']}"
    given = asha.bearer | {"If-Match": '"1"'}
    answers = await asyncio.gather(*(client.patch(path, json={"title": f"t{i}"}, headers=given) for i in range(10)))
    assert sorted(a.status_code for a in answers) == [200] + [412] * 9
    assert (await client.delete(path, headers=given)).status_code == 412
    assert (await client.delete(path, headers=asha.bearer | {"If-Match": '"2"'})).status_code == 204
    assert (await client.delete(path, headers=asha.bearer)).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": "  "}, "/title"),
        ({"title": "x" * 101}, "/title"),
        ({"title": "x", "company": "x" * 101}, "/company"),
        ({"title": "x", "description": "x" * 1001}, "/description"),
        ({"title": "x", "start_date": "2020-01-02", "end_date": "2020-01-01"}, "/end_date"),
        ({"title": "x", "start_date": "1899-12-31"}, "/start_date"),
        ({"title": "x", "end_date": "9999-01-01"}, "/end_date"),
        ({"title": "x", "start_date": "2020-02-30"}, "/start_date"),
        ({"title": "x", "start_date": "2020"}, "/start_date"),
        ({"title": "x", "period": "1990s"}, "/period"),
    ],
)
async def test_what_may_not_be_stored_is_refused(
    client: httpx.AsyncClient, a_member: AMember, body: dict[str, object], pointer: str
) -> None:
    """Kills: an end before its start; a day there never was; a limit forgotten; a rule for POST alone."""
    asha = await a_member("asha")
    path = f"{ME}/{(await client.post(ME, json={'title': 'Teacher'}, headers=asha.bearer)).json()['id']}"
    for answer in (
        await client.post(ME, json=body, headers=asha.bearer),
        await client.patch(path, json=body, headers=asha.bearer),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert [one["version"] for one in (await client.get(ME, headers=asha.bearer)).json()["items"]] == [1]


async def test_an_end_is_held_against_the_start_that_is_there(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a rule that looks at the fields of the request alone."""
    asha = await a_member("asha")
    made = await client.post(ME, json={"title": "x", "start_date": "2020-01-02"}, headers=asha.bearer)
    refused = await client.patch(f"{ME}/{made.json()['id']}", json={"end_date": "2020-01-01"}, headers=asha.bearer)
    assert refused.status_code == 422


async def test_nobody_has_more_than_a_hundred(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: `>` for `>=`; a count without the lock, by which of ten at once more than one gets the last place."""
    asha = await a_member("asha")
    await execute(
        app,
        "INSERT INTO experiences (user_id, title, title_key, created_at, updated_at, version)"
        " SELECT user_id, 'x', 'x', now(), now(), 1 FROM profiles, generate_series(1, 99)",
    )
    answers = await asyncio.gather(*(client.post(ME, json={"title": "y"}, headers=asha.bearer) for _ in range(10)))
    assert sorted(a.status_code for a in answers) == [201] + [409] * 9
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"list-full"}


async def test_they_are_edited_by_their_member_alone(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a look-up by the id alone; another answer for what is somebody else's than for what is not there."""
    asha, bina = await a_member("asha"), await a_member("bina")
    made = (await client.post(ME, json={"title": "Teacher"}, headers=asha.bearer)).json()
    for path in (f"{ME}/{made['id']}", f"{ME}/999999"):
        assert (await client.patch(path, json={"title": "x"}, headers=bina.bearer)).json()["code"] == "not-found"
        assert (await client.delete(path, headers=bina.bearer)).status_code == 404
    assert (await client.get(ME, headers=asha.bearer)).json()["items"] == [made]


async def test_hidden_ones_look_like_none_and_hidden_members_like_nobody(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: an audience forgotten; a block forgotten; 403 for hidden, or an empty list for nobody."""
    asha, bina, chitra = [await a_member(name) for name in ("asha", "bina", "chitra")]
    await client.post(ME, json={"title": "Teacher"}, headers=asha.bearer)
    await connect(app, "bina", "asha")
    path = "/api/v1/users/asha/experiences"

    async def seen(bearer: dict[str, str]) -> int:
        return len((await client.get(path, headers=bearer)).json()["items"])

    for audience, numbers in (
        (None, (0, 1, 1, 1)),
        ("public", (1, 1, 1, 1)),
        ("connections", (0, 0, 1, 1)),
        ("nobody", (0, 0, 0, 1)),
    ):
        edit = {"visibility": {"experiences": audience}}
        assert (await client.patch("/api/v1/me/profile", json=edit, headers=asha.bearer)).status_code == 200
        given = [await seen(bearer) for bearer in ({}, chitra.bearer, bina.bearer, asha.bearer)]
        assert given == [*numbers], audience
    await execute(app, "INSERT INTO blocks VALUES ('asha', 'bina', now())")
    await an_account(app[1].database, "suspended", None, clock.now(), active=False)
    assert (await client.get(path, headers=bina.bearer)).status_code == 404
    for name in ("unknown", "suspended"):
        assert (await client.get(f"/api/v1/users/{name}/experiences", headers=bina.bearer)).status_code == 404


async def test_statements_of_each_route(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a second look for what one statement can tell; a statement per row."""
    asha = await a_member("asha")
    made = (await client.post(ME, json={"title": "Teacher"}, headers=asha.bearer)).json()
    for method, path, body, statements in (
        ("GET", ME, None, 1),
        ("GET", "/api/v1/users/asha/experiences", None, 2),
        ("POST", ME, {"title": "x"}, 7),  # four of them make the entry in the directory anew
        ("PATCH", f"{ME}/{made['id']}", {"title": "x"}, 6),
        ("DELETE", f"{ME}/{made['id']}", None, 6),
    ):
        with counted(app[1].database) as ran:
            answer = await client.request(method, path, json=body, headers=asha.bearer)
        assert (answer.is_success, len(ran)) == (True, statements), (path, ran)
