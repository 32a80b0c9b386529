"""Settings over HTTP: defaults, what is valid, and two devices at once."""

import asyncio

import httpx
import pytest

from tests.integration.users.conftest import AMember, App, counted
from tests.integration.users.test_profiles import execute

ME = "/api/v1/me/settings"
DEFAULTS = {"theme": "DEVICE", "language": None, "time_zone": None}


async def test_what_nobody_chose_is_left_to_the_device(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a read that writes; an equal value that does; null taken for absent."""
    asha = await a_member("asha")
    before = await client.get(ME, headers=asha.bearer)
    assert (before.json(), before.headers["etag"]) == (DEFAULTS, '"0"')
    same = await client.patch(ME, json={"theme": None, "language": None}, headers=asha.bearer)
    assert (same.json(), same.headers["etag"]) == (DEFAULTS, '"0"')
    assert await app[1].database.fetch_value("SELECT count(*) FROM user_settings") == 0

    chosen = {"theme": "DARK", "language": "pt-BR", "time_zone": "Asia/Dhaka"}
    first = await client.patch(ME, json=chosen, headers=asha.bearer)
    assert (first.json(), first.headers["etag"]) == (chosen, '"1"')
    second = await client.patch(ME, json={"theme": None, "language": "bn"}, headers=asha.bearer)
    assert (second.json(), second.headers["etag"]) == (chosen | {"theme": "DEVICE", "language": "bn"}, '"2"')
    again = await client.get(ME, headers=asha.bearer)
    assert (again.json(), again.headers["etag"]) == (second.json(), '"2"')


@pytest.mark.parametrize("version", [0, 1])
async def test_of_two_devices_at_one_version_one_wins(
    client: httpx.AsyncClient, a_member: AMember, version: int
) -> None:
    """Kills: `If-Match` compared before the lock; the first choice outside of it."""
    asha = await a_member("asha")
    for _ in range(version):
        await client.patch(ME, json={"theme": "LIGHT"}, headers=asha.bearer)
    given = asha.bearer | {"If-Match": f'"{version}"'}
    answers = await asyncio.gather(*(client.patch(ME, json={"language": f"x{c}"}, headers=given) for c in "abcdefghij"))
    assert sorted(a.status_code for a in answers) == [200] + [412] * 9


@pytest.mark.parametrize(
    ("edit", "pointer"),
    [
        ({"theme": "dark"}, "/theme"),
        ({"language": "english"}, "/language"),
        ({"language": "en_GB"}, "/language"),
        ({"language": "en-" + "-".join(["abcdefgh"] * 4)}, "/language"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": ""}, "/time_zone"),
        ({"time_zone": "../Asia/Dhaka"}, "/time_zone"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_what_means_nothing_is_refused(
    client: httpx.AsyncClient, a_member: AMember, edit: dict[str, str], pointer: str
) -> None:
    """Kills: a zone nobody knows stored; a tag of another form."""
    asha = await a_member("asha")
    answer = await client.patch(ME, json=edit, headers=asha.bearer)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_statements_and_erasure(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: a second look for what one statement can tell; rows that outlive their account."""
    asha = await a_member("asha")
    for method, body, statements in (("GET", None, 1), ("PATCH", {"theme": "DARK"}, 3), ("PATCH", {"theme": None}, 3)):
        with counted(app[1].database) as ran:
            answer = await client.request(method, ME, json=body, headers=asha.bearer)
        assert (answer.status_code, len(ran)) == (200, statements), ran
    await client.post("/api/v1/me/experiences", json={"title": "Teacher"}, headers=asha.bearer)
    await client.post("/api/v1/me/interests", json={"interest": "Chess"}, headers=asha.bearer)
    await execute(app, "DELETE FROM users")
    for table in ("user_settings", "experiences", "interests"):
        assert await app[1].database.fetch_value(f"SELECT count(*) FROM {table}") == 0
