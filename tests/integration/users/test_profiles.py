"""Profiles over HTTP: who sees what, and who edits last."""

import asyncio

import httpx

from ijaa.shared.clock import FrozenClock
from tests.integration.users.conftest import AMember, App, an_account, counted

ME = "/api/v1/me/profile"


async def connect(app: App, one: str, other: str, status: str = "ACCEPTED") -> None:
    """Write a connection between two members."""
    await execute(
        app,
        "INSERT INTO connections (requester_username, receiver_username, status, created_at, updated_at)"
        " VALUES ($1, $2, $3, now(), now())",
        one,
        other,
        status,
    )


async def execute(app: App, statement: str, *values: object) -> None:
    """Run a statement past every rule but the database's own."""
    async with app[1].database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute(statement, *values)


async def test_an_edit_changes_what_it_names_and_the_version(
    client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: absent taken for null; a version that grows without a change; the machine's time in `updated_at`."""
    member = await a_member("asha")
    before = await client.get(ME, headers=member.bearer)
    assert before.headers["etag"] == '"1"'
    clock.at += clock.at.resolution * 5_000_000
    edit = {"profession": " Teacher ", "bio": "Hello", "visibility": {"phone": "members"}}
    first = await client.patch(ME, json=edit, headers=member.bearer)
    assert (first.json()["profession"], first.json()["bio"], first.headers["etag"]) == ("Teacher", "Hello", '"2"')
    assert first.json()["updated_at"] == clock.at.isoformat().replace("+00:00", "Z")
    second = await client.patch(
        ME,
        json={"bio": None, "visibility": {"phone": None, "bio": "public"}},
        headers=member.bearer | {"Content-Type": "application/merge-patch+json"},
    )
    assert (second.json()["profession"], second.json()["bio"], second.headers["etag"]) == ("Teacher", None, '"3"')
    assert second.json()["visibility"]["phone"] == "nobody"
    assert second.json()["visibility"]["bio"] == "public"
    same = await client.patch(ME, json={"profession": "Teacher"}, headers=member.bearer)
    assert same.headers["etag"] == '"3"'
    assert (await client.get(ME, headers=member.bearer)).json() == second.json()


async def test_a_stale_if_match_changes_nothing(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: `If-Match` ignored, or compared before the lock: of ten edits of one version one wins."""
    member = await a_member("asha")
    given = member.bearer | {"If-Match": '"1"'}
    answers = await asyncio.gather(*(client.patch(ME, json={"bio": f"bio {i}"}, headers=given) for i in range(10)))
    assert sorted(a.status_code for a in answers) == [200] + [412] * 9
    assert (await client.get(ME, headers=member.bearer)).headers["etag"] == '"2"'
    me = await client.get("/api/v1/me", headers=member.bearer)
    stale = member.bearer | {"If-Match": '"2"'}
    assert me.headers["etag"] != '"2"'
    assert (await client.patch("/api/v1/me", json={"name": "A"}, headers=stale)).status_code == 412
    fresh = member.bearer | {"If-Match": me.headers["etag"]}
    renamed = await client.patch("/api/v1/me", json={"name": "Áshá"}, headers=fresh)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Áshá")
    assert renamed.headers["etag"] == (await client.get("/api/v1/me", headers=member.bearer)).headers["etag"]


async def test_each_field_is_shown_to_its_audience_alone(
    app: App, client: httpx.AsyncClient, a_member: AMember
) -> None:
    """Kills: any audience read as its neighbour; a pending request taken for a connection."""
    asha, bina, chitra = [await a_member(name) for name in ("asha", "bina", "chitra")]
    await client.patch(
        ME,
        headers=asha.bearer,
        json={
            "bio": "for all",
            "profession": "for members",
            "location": "for connections",
            "website": "asha.example",
            "phone": "+880 1",
            "email": "asha@home.example",
            "visibility": {"bio": "public", "location": "connections", "website": "nobody"},
        },
    )
    await connect(app, "bina", "asha")
    await connect(app, "asha", "chitra", "PENDING")

    async def seen(bearer: dict[str, str]) -> set[str]:
        answer = await client.get("/api/v1/users/Asha", headers=bearer)
        return {field for field, value in answer.json().items() if value is not None}

    public = {"username", "bio"}
    members = public | {"profession", "name", "connections"}
    assert await seen({}) == public
    assert await seen(chitra.bearer) == members
    assert await seen(bina.bearer) == members | {"location"}
    assert await seen(asha.bearer) == members | {"location", "website", "phone", "email"}


async def test_who_cannot_be_seen_looks_like_nobody(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: any difference between unknown, unconfirmed and suspended."""
    viewer = await a_member("viewer")
    await an_account(app[1].database, "unconfirmed", None, clock.now(), email_verified_at=None)
    await an_account(app[1].database, "suspended", None, clock.now(), active=False)
    bodies = set()
    for bearer in ({}, viewer.bearer):
        for name in ("unknown", "unconfirmed", "suspended"):
            with counted(app[1].database) as ran:
                answer = await client.get(f"/api/v1/users/{name}", headers=bearer)
            assert (answer.status_code, len(ran)) == (404, 1)
            body = answer.json()
            bodies.add(tuple(value for key, value in body.items() if key not in {"instance", "request_id"}))
    assert len(bodies) == 1


async def test_what_may_not_be_stored_is_refused(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a link that runs a script; a name cleared; an audience nobody knows."""
    member = await a_member("asha")
    for edit, pointer in (
        ({"website": "javascript:alert(1)"}, "/website"),
        ({"name": None}, "/name"),
        ({"name": "  "}, "/name"),
        ({"visibility": {"bio": "friends"}}, "/visibility/bio"),
        ({"visibility": {"username": "nobody"}}, "/visibility/username"),
        ({"phone": "1" * 21}, "/phone"),
        ({"username": "bina"}, "/username"),
    ):
        answer = await client.patch(ME, json=edit, headers=member.bearer)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), edit
    good = {"website": "https://asha.example/a?b", "linked_in": "linkedin.com/in/asha", "facebook": ""}
    assert (await client.patch(ME, json=good, headers=member.bearer)).json()["facebook"] is None


async def test_statements_of_each_route(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a second look for what one statement can tell."""
    member = await a_member("asha")
    for method, path, body, statements in (
        ("GET", "/api/v1/me", None, 1),
        ("GET", ME, None, 1),
        ("GET", "/api/v1/users/asha", None, 1),
        ("GET", "/api/v1/auth/sessions", None, 1),
        ("PATCH", ME, {"bio": "x"}, 2),
        ("PATCH", "/api/v1/me", {"name": "x"}, 8),  # and a message to the other module, and the directory
    ):
        with counted(app[1].database) as ran:
            answer = await client.request(method, path, json=body, headers=member.bearer)
        assert (answer.status_code, len(ran)) == (200, statements), path


async def test_admins_are_not_members(app: App, client: httpx.AsyncClient, password_hash: str) -> None:
    """Kills: an admin's token good for a profile; a failed admin sign-in that differs from a member's."""
    async with app[1].database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute(
            "INSERT INTO admins (admin_id, name, email, password_hash, role, active, created_at, updated_at, version)"
            " VALUES ('ADMIN_1', 'Ada', 'ada@mail.example', $1, 'moderator', true, now(), now(), 1)",
            password_hash,
        )
    login = {"email": "Ada@mail.example", "password": "a long enough passphrase"}
    answer = await client.post("/api/v1/admin/auth/login", json={**login, "token_delivery": "body"})
    assert (answer.status_code, answer.json()["username"]) == (200, "ADMIN_1")
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.get(ME, headers=bearer)).status_code == 403
    assert (await client.get("/api/v1/auth/sessions", headers=bearer)).status_code == 200
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": answer.json()["refresh_token"]})
    assert refreshed.status_code == 200
    for wrong in ({**login, "password": "wrong"}, {**login, "email": "nobody@mail.example"}):
        refused = await client.post("/api/v1/admin/auth/login", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (401, "login-failed")
