"""Feature flags: switching them, what that does, and who hears of it."""

import asyncio
import time
from datetime import timedelta

import httpx
import pytest

from ijaa.shared.access_tokens import issue
from ijaa.shared.clock import FrozenClock, SystemClock
from ijaa.shared.principals import Principal
from ijaa.users.module import UsersModule
from tests.integration.users.conftest import AMember, App, Start, eventually

BASE = "/api/v1"


async def an_admin(module: UsersModule, role: str = "superadmin", **given: object) -> dict[str, str]:
    """Return the header of an admin who is signed in; the account itself is of no account here."""
    now = SystemClock().now() - timedelta(seconds=10)  # before the frozen clock of the test
    principal = Principal("ADMIN_1", "ADMIN_1", "00000000-0000-4000-8000-000000000001", role, int(now.timestamp()))
    token = issue(principal, await module.public.keys.current(), "https://alumni.example", now)
    return {"Authorization": f"Bearer {token}", **given}


async def switch(client: httpx.AsyncClient, admin: dict[str, str], name: str, **changes: object) -> httpx.Response:
    return await client.patch(f"{BASE}/admin/flags/{name}", headers=admin, json=changes)


async def test_the_seeds_are_there_and_all_on(app: App) -> None:
    client, module = app
    answer = await client.get(f"{BASE}/admin/flags", headers=await an_admin(module))
    flags = {one["name"]: one for one in answer.json()["items"]}
    assert len(flags) == 48
    assert all(one["on"] and one["enabled"] for one in flags.values())
    assert flags["events.posts.like"]["parent"] == "events.posts"
    assert {name for name, one in flags.items() if one["protected"]} == {"admin.auth", "admin.features"}


async def test_a_flag_switched_off_closes_its_routes_and_those_of_its_children(app: App, a_member: AMember) -> None:
    # mutant: the guard looks at the flag alone, not at its ancestors
    client, module = app
    member, admin = await a_member("asha"), await an_admin(module)
    assert (await client.get(f"{BASE}/me", headers=member.bearer)).status_code == 200
    assert (await switch(client, admin, "user.profile", enabled=False)).json()["on"] is False
    closed = await client.get(f"{BASE}/me", headers=member.bearer)
    assert (closed.status_code, closed.json()["code"]) == (403, "feature-disabled")
    below = await client.post(f"{BASE}/auth/login", json={"login": "asha", "password": "x"})
    assert (below.status_code, below.json()["code"]) == (403, "feature-disabled")
    assert (await client.get(f"{BASE}/flags/user.login")).json() == {"name": "user.login", "enabled": False}
    await switch(client, admin, "user.profile", enabled=True)
    assert (await client.get(f"{BASE}/me", headers=member.bearer)).status_code == 200


async def test_another_process_hears_of_a_switch(app: App, start: Start, a_member: AMember) -> None:
    # mutant: no NOTIFY; a feed that only loads
    client, module = app
    member, admin = await a_member("asha"), await an_admin(module)
    async with start() as (other, _):
        await switch(client, admin, "user.profile", enabled=False)
        began = time.monotonic()
        while (await other.get(f"{BASE}/me", headers=member.bearer)).status_code != 403:
            assert time.monotonic() - began < 5
            await asyncio.sleep(0.005)


async def test_a_process_that_lost_its_connection_catches_up(app: App, start: Start) -> None:
    client, module = app
    admin = await an_admin(module)
    async with start() as (_, other):
        feed = other.public.flags
        await module.database.fetch_value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'ijaa-listener' AND datname = current_database()"
        )
        await switch(client, admin, "reports", enabled=False)
        await eventually(lambda: not feed.enabled("reports"))


async def test_an_unknown_flag_is_off(app: App) -> None:
    client, _ = app
    answer = await client.get(f"{BASE}/flags/no.such-flag")
    assert (answer.status_code, answer.json()) == (200, {"name": "no.such-flag", "enabled": False})


@pytest.mark.parametrize("name", ["admin.auth", "admin.features"])
async def test_what_would_lock_administrators_out_is_refused_with_the_reason(app: App, name: str) -> None:
    # mutant: protect the flag but not its ancestors
    client, module = app
    admin = await an_admin(module)
    refused = await switch(client, admin, name, enabled=False)
    assert (refused.status_code, refused.json()["code"]) == (409, "flag-protected")
    assert "admin.auth" in refused.json()["detail"]
    off = await client.post(f"{BASE}/admin/flags", headers=admin, json={"name": "off", "enabled": False})
    assert off.status_code == 201
    assert (await switch(client, admin, "admin.features", parent="off")).json()["code"] == "flag-protected"
    impact = (await client.get(f"{BASE}/admin/flags/{name}/impact", headers=admin)).json()
    assert impact["allowed"] is False
    assert "administrator" in impact["reason"]
    assert (await client.get(f"{BASE}/flags/{name}")).json()["enabled"] is True


async def test_the_impact_names_flags_and_routes_before_anything_changes(app: App) -> None:
    client, module = app
    admin = await an_admin(module)
    impact = (await client.get(f"{BASE}/admin/flags/user.profile/impact", headers=admin)).json()
    assert (impact["enabled"], impact["allowed"], impact["goes_on"]) == (False, True, [])
    assert {"user.profile", "user.login", "user.refresh"} <= set(impact["goes_off"])
    routes = {(one["operation_id"], one["method"], one["path"], one["flag"]) for one in impact["routes"]}
    assert ("getMe", "GET", "/api/v1/me", "user.profile") in routes
    assert ("logIn", "POST", "/api/v1/auth/login", "user.login") in routes
    assert (await client.get(f"{BASE}/flags/user.profile")).json()["enabled"] is True
    events = (await client.get(f"{BASE}/admin/flags/events/impact?enabled=false", headers=admin)).json()
    assert ("createEvent", None, None) in {(o["operation_id"], o["method"], o["path"]) for o in events["routes"]}


async def test_circles_unknown_parents_taken_names_and_orphans_are_refused(app: App) -> None:
    client, module = app
    admin = await an_admin(module)
    circle = await switch(client, admin, "events", parent="events.posts.like")
    assert (circle.status_code, circle.json()["errors"][0]["pointer"]) == (422, "/parent")
    assert (await switch(client, admin, "events", parent="events")).status_code == 422
    assert (await switch(client, admin, "events", parent="nowhere")).status_code == 422
    taken = await client.post(f"{BASE}/admin/flags", headers=admin, json={"name": "events"})
    assert (taken.status_code, taken.json()["code"]) == (409, "flag-exists")
    parent = await client.delete(f"{BASE}/admin/flags/events", headers=admin)
    assert (parent.status_code, parent.json()["code"]) == (409, "flag-has-children")
    assert (await switch(client, admin, "no.such", enabled=False)).status_code == 404


async def test_two_changes_that_are_sound_alone_make_no_circle_together(app: App) -> None:
    # mutant: no lock over the tree
    client, module = app
    admin = await an_admin(module)
    for name in ("one", "two"):
        await client.post(f"{BASE}/admin/flags", headers=admin, json={"name": name})
    for _ in range(5):
        answers = await asyncio.gather(
            switch(client, admin, "one", parent="two"), switch(client, admin, "two", parent="one")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]
        await asyncio.gather(*(switch(client, admin, name, parent=None) for name in ("one", "two")))


async def test_a_stale_version_is_refused_and_the_history_tells_who_did_what(app: App) -> None:
    client, module = app
    admin = await an_admin(module)
    made = await client.post(f"{BASE}/admin/flags", headers=admin, json={"name": "beta", "description": "try it"})
    assert (made.status_code, made.headers["location"]) == (201, f"{BASE}/admin/flags/beta")
    changed = await client.patch(
        f"{BASE}/admin/flags/beta", headers={**admin, "If-Match": made.headers["etag"]}, json={"enabled": False}
    )
    assert changed.status_code == 200
    stale = await client.patch(
        f"{BASE}/admin/flags/beta", headers={**admin, "If-Match": made.headers["etag"]}, json={"enabled": True}
    )
    assert stale.status_code == 412
    assert (await client.delete(f"{BASE}/admin/flags/beta", headers=admin)).status_code == 204
    first = (await client.get(f"{BASE}/admin/flags/beta/history?limit=2", headers=admin)).json()
    rest = await client.get(f"{BASE}/admin/flags/beta/history?cursor={first['next_cursor']}", headers=admin)
    told = [*first["items"], *rest.json()["items"]]
    assert [one["action"] for one in told] == ["flag-deleted", "flag-changed", "flag-created"]
    assert told[1]["actor"] == "ADMIN_1"
    assert [told[1]["details"][side]["enabled"] for side in ("before", "after")] == [True, False]


@pytest.mark.parametrize("role", ["moderator", "event-manager", "auditor"])
async def test_other_admins_read_flags_and_switch_none(app: App, role: str) -> None:
    client, module = app
    admin = await an_admin(module, role)
    assert (await client.get(f"{BASE}/admin/flags/events", headers=admin)).status_code == 200
    assert (await switch(client, admin, "events", enabled=False)).status_code == 403
    assert (await client.get(f"{BASE}/flags/events")).json()["enabled"] is True


async def test_without_its_database_a_process_goes_on_with_what_it_knows(start: Start, clock: FrozenClock) -> None:
    del clock
    async with start() as (_, module):
        feed = module.public.flags
        feed.lost()
        assert feed.enabled("events")
        assert not feed.enabled("no.such")
