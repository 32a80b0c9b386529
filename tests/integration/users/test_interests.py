"""Interests over HTTP: one of a kind, few, and suggested from what others show."""

import asyncio

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from tests.integration.users.conftest import AMember, App, an_account, counted
from tests.integration.users.test_profiles import connect, execute

ME = "/api/v1/me/interests"


async def test_an_interest_is_one_of_a_kind_whatever_its_letters(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: text compared as typed; one's own row taken for another's; the edit that compares nothing."""
    asha, bina = await a_member("asha"), await a_member("bina")
    made = await client.post(ME, json={"interest": "  Café Culture "}, headers=asha.bearer)
    assert (made.status_code, made.json()["interest"]) == (201, "Café Culture")
    assert (made.headers["location"], made.headers["etag"]) == (f"{ME}/{made.json()['id']}", '"1"')
    again = await client.post(ME, json={"interest": "CAFE  culture"}, headers=asha.bearer)
    assert (again.status_code, again.json()["code"]) == (409, "interest-exists")
    assert (await client.post(ME, json={"interest": "CAFE culture"}, headers=bina.bearer)).status_code == 201
    other = (await client.post(ME, json={"interest": "Birds"}, headers=asha.bearer)).json()
    onto = await client.patch(f"{ME}/{other['id']}", json={"interest": "cafe culture"}, headers=asha.bearer)
    assert (onto.status_code, onto.json()["code"]) == (409, "interest-exists")
    recased = await client.patch(f"{ME}/{other['id']}", json={"interest": "BIRDS"}, headers=asha.bearer)
    assert (recased.json()["interest"], recased.headers["etag"]) == ("BIRDS", '"2"')
    same = await client.patch(f"{ME}/{other['id']}", json={"interest": " BIRDS "}, headers=asha.bearer)
    assert same.headers["etag"] == '"2"'
    listed = (await client.get(ME, headers=asha.bearer)).json()
    assert [one["interest"] for one in listed["items"]] == ["BIRDS", "Café Culture"]


async def test_of_ten_that_are_the_same_at_once_one_is_added(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a look for the same before the lock."""
    asha = await a_member("asha")
    answers = await asyncio.gather(
        *(client.post(ME, json={"interest": "Chess"}, headers=asha.bearer) for _ in "x" * 10)
    )
    assert sorted(a.status_code for a in answers) == [201] + [409] * 9


async def test_nobody_has_more_than_fifty(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: `>` for `>=`; a count without the lock."""
    asha = await a_member("asha")
    await _give(app, "asha", *(f"interest {i}" for i in range(49)))
    answers = await asyncio.gather(
        *(client.post(ME, json={"interest": f"x{i}"}, headers=asha.bearer) for i in range(9))
    )
    assert sorted(a.status_code for a in answers) == [201] + [409] * 8
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"list-full"}


@pytest.mark.parametrize("words", ["", "  ", "\N{COMBINING ACUTE ACCENT}", "x" * 101])
async def test_what_may_not_be_stored_is_refused(client: httpx.AsyncClient, a_member: AMember, words: str) -> None:
    """Kills: an empty interest, or one nothing is left of; a limit forgotten."""
    asha = await a_member("asha")
    path = f"{ME}/{(await client.post(ME, json={'interest': 'Chess'}, headers=asha.bearer)).json()['id']}"
    for answer in (
        await client.post(ME, json={"interest": words}, headers=asha.bearer),
        await client.patch(path, json={"interest": words}, headers=asha.bearer),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/interest")


async def test_they_are_edited_by_their_member_alone_and_at_the_version_seen(
    client: httpx.AsyncClient, a_member: AMember
) -> None:
    """Kills: a look-up by the id alone; `If-Match` ignored."""
    asha, bina = await a_member("asha"), await a_member("bina")
    path = f"{ME}/{(await client.post(ME, json={'interest': 'Chess'}, headers=asha.bearer)).json()['id']}"
    assert (await client.patch(path, json={"interest": "x"}, headers=bina.bearer)).status_code == 404
    assert (await client.delete(path, headers=bina.bearer)).status_code == 404
    stale = asha.bearer | {"If-Match": '"2"'}
    assert (await client.patch(path, json={"interest": "x"}, headers=stale)).status_code == 412
    assert (await client.delete(path, headers=stale)).status_code == 412
    assert (await client.delete(path, headers=asha.bearer | {"If-Match": '"1"'})).status_code == 204
    assert (await client.get(ME, headers=asha.bearer)).json()["items"] == []


async def test_what_three_others_show_is_suggested(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: two for three; oneself, somebody hidden, blocked or suspended counted; what one has suggested."""
    asha = await a_member("asha")
    for name in ("one", "two", "three", "four"):
        await an_account(app[1].database, name, None, clock.now())

    async def suggested(q: str) -> list[str]:
        answer = await client.get("/api/v1/interests/suggestions", params={"q": q}, headers=asha.bearer)
        assert answer.status_code == 200
        items: list[str] = answer.json()["items"]
        return items

    for name in ("one", "two", "three"):
        await _give(app, name, "Chess", "100% cotton", "100 years")
    await _give(app, "four", "chess", "Cheese")
    await _give(app, "one", "Cheese")
    await _give(app, "asha", "Cheese")
    assert await suggested("Ché") == ["Chess"]
    assert await suggested("hess") == []
    assert await suggested("100%") == ["100% cotton"]
    assert await suggested("100") == ["100 years", "100% cotton"]
    assert await suggested("_00") == []
    assert [await suggested(q) for q in (" ", "c", " c ", "%")] == [[]] * 4

    hidden = '{"interests": "nobody"}'
    for change, back in (
        (
            f"UPDATE profiles SET visibility = '{hidden}' WHERE username = 'two'",
            "UPDATE profiles SET visibility = '{}'",
        ),
        ("UPDATE users SET active = false WHERE username = 'two'", "UPDATE users SET active = true"),
        ("INSERT INTO blocks VALUES ('two', 'asha', now())", "DELETE FROM blocks"),
        ("INSERT INTO blocks VALUES ('asha', 'two', now())", "DELETE FROM blocks"),
    ):
        await execute(app, change)
        assert (await suggested("100"), await suggested("chess")) == ([], ["Chess"]), change
        await execute(app, back)
    await execute(app, "UPDATE profiles SET visibility = '{\"interests\": \"connections\"}' WHERE username = 'two'")
    assert await suggested("100 y") == []
    await connect(app, "two", "asha")
    assert await suggested("100 y") == ["100 years"]
    await _give(app, "asha", "100 YEARS")
    assert await suggested("100 y") == []


async def test_the_most_shared_comes_first(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: the order of the alphabet before that of the people; a list without an end."""
    asha = await a_member("asha")
    for number in range(4):
        await an_account(app[1].database, f"m{number}", None, clock.now())
        few = [f"music of {word}" for word in "abcdefghijkl"] if number else []
        await _give(app, f"m{number}", "Music of z", *few)
    answer = await client.get("/api/v1/interests/suggestions?q=music", headers=asha.bearer)
    assert answer.json()["items"] == ["Music of z", *(f"music of {word}" for word in "abcdefghi")]


async def test_statements_of_each_route(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a second look for what one statement can tell; a statement per row."""
    asha = await a_member("asha")
    made = (await client.post(ME, json={"interest": "Chess"}, headers=asha.bearer)).json()
    for method, path, body, statements in (
        ("GET", ME, None, 1),
        ("GET", "/api/v1/users/asha/interests", None, 2),
        ("GET", "/api/v1/interests/suggestions?q=ch", None, 1),
        ("POST", ME, {"interest": "x"}, 7),
        ("PATCH", f"{ME}/{made['id']}", {"interest": "y"}, 8),
        ("DELETE", f"{ME}/{made['id']}", None, 7),
    ):
        with counted(app[1].database) as ran:
            answer = await client.request(method, path, json=body, headers=asha.bearer)
        assert (answer.is_success, len(ran)) == (True, statements), (path, ran)


async def _give(app: App, username: str, *interests: str) -> None:
    await execute(
        app,
        "INSERT INTO interests (user_id, interest, interest_key, created_at, updated_at, version)"
        " SELECT p.user_id, i, lower(i), now(), now(), 1 FROM profiles p, unnest($2::text[]) i WHERE p.username = $1",
        username,
        [*interests],
    )
