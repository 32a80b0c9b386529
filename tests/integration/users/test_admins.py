"""Admins look after each other's accounts: by role, by proof, and never so that nobody is left."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from ijaa.policies import POLICIES
from ijaa.shared.clock import FrozenClock
from tests.integration.users.admins import AnAdmin, audited, refresh_admin, sign_in_admin
from tests.integration.users.conftest import AMember, App, Start, counted
from tests.integration.users.test_second_factor import codes

ADMINS = "/api/v1/admin/admins"
USERS = "/api/v1/admin/users"

OPERATIONS = {
    "listAdmins": ("GET", ADMINS, None),
    "getAdmin": ("GET", f"{ADMINS}/ADMIN_none", None),
    "createAdmin": ("POST", ADMINS, {"name": "x"}),
    "editAdmin": ("PATCH", f"{ADMINS}/ADMIN_none", {"name": "Somebody"}),
    "activateAdmin": ("POST", f"{ADMINS}/ADMIN_none/activate", None),
    "deactivateAdmin": ("POST", f"{ADMINS}/ADMIN_none/deactivate", None),
    "resetAdminTotp": ("DELETE", f"{ADMINS}/ADMIN_none/totp", None),
    "listUsers": ("GET", USERS, None),
    "getUser": ("GET", f"{USERS}/nobody", None),
    "suspendUser": ("POST", f"{USERS}/nobody/suspend", {"reason": "because"}),
    "reinstateUser": ("POST", f"{USERS}/nobody/reinstate", None),
    "deleteUser": ("DELETE", f"{USERS}/nobody", None),
    "getDashboard": ("GET", "/api/v1/admin/dashboard", None),
    "beginTotp": ("POST", "/api/v1/admin/auth/totp", None),
    "confirmTotp": ("POST", "/api/v1/admin/auth/totp/confirm", {"code": "x"}),
}
READS = {"getDashboard", "beginTotp", "confirmTotp"}
ALLOWED = {
    "anonymous": set(),
    "member": set(),
    "event-manager": READS,
    "auditor": READS | {"listAdmins", "getAdmin", "listUsers", "getUser"},
    "moderator": READS | {"listUsers", "getUser", "suspendUser", "reinstateUser", "deleteUser"},
    "superadmin": set(OPERATIONS),
    "enrolling": {"beginTotp", "confirmTotp"},
}


@pytest.mark.parametrize("role", ALLOWED)
async def test_each_role_may_do_what_its_rows_say_and_nothing_else(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, role: str
) -> None:
    """Kills: any of the rows widened or narrowed; what is allowed then fails on its own account (404, 409, 422)."""
    if role == "anonymous":
        bearer = {}
    elif role == "member":
        bearer = (await a_member("asha")).bearer
    else:
        bearer = (await an_admin("ada", "superadmin" if role == "enrolling" else role,
                                 enrolled=role == "superadmin")).bearer  # fmt: skip
    let_in = set()
    for operation, (method, path, body) in OPERATIONS.items():
        assert operation in POLICIES
        answer = await client.request(method, path, json=body, headers=bearer)
        if answer.status_code not in {401, 403}:
            let_in.add(operation)
        assert answer.status_code < 500
    assert let_in == ALLOWED[role]


async def test_what_changes_admins_asks_for_a_fresh_proof(app: App, an_admin: AnAdmin, clock: FrozenClock) -> None:
    """Kills: `fresh` left off a row."""
    client, _ = app
    admin = await an_admin("ada")
    clock.at += timedelta(minutes=6)
    for operation in ("createAdmin", "editAdmin", "activateAdmin", "deactivateAdmin", "resetAdminTotp"):
        method, path, body = OPERATIONS[operation]
        answer = await client.request(method, path, json=body, headers=admin.bearer)
        assert codes(answer) == [(401, "step-up-required")], operation
    assert (await client.get(ADMINS, headers=admin.bearer)).status_code == 200


async def test_an_admin_is_made_with_a_password_shown_once(app: App, an_admin: AnAdmin) -> None:
    """Kills: a given password shown; a generated one that does not work; two admins with one address."""
    client, module = app
    ada = await an_admin("ada")
    new = {"name": " Mo Khan ", "email": "Mo@Admin.example", "role": "moderator"}
    made = await client.post(ADMINS, json=new, headers=ada.bearer)
    assert (made.status_code, made.json()["name"], made.json()["role"]) == (201, "Mo Khan", "moderator")
    password = made.json()["password"]
    assert (await sign_in_admin(client, "mo@admin.example", password=password)).status_code == 200
    read = await client.get(made.headers["location"], headers=ada.bearer)
    assert read.json() == {key: value for key, value in made.json().items() if key != "password"}

    assert codes(await client.post(ADMINS, json=new, headers=ada.bearer)) == [(409, "conflict")]
    for wrong, pointer in (
        ({"password": "Admin@123"}, "/password"), ({"role": "member"}, "/role"), ({"role": "enrolling"}, "/role"),
        ({"name": " x "}, "/name"), ({"email": "no"}, "/email"), ({"admin_id": "ADMIN_1"}, "/admin_id"),
    ):  # fmt: skip
        refused = await client.post(ADMINS, json=new | wrong, headers=ada.bearer)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    chosen = new | {"email": "au@admin.example", "role": "auditor", "password": "a chosen passphrase"}
    made = await client.post(ADMINS, json=chosen, headers=ada.bearer)
    assert "password" not in made.json()
    entries = [entry for entry in await audited(module.database) if entry[0] == "admin-created"]
    assert entries[-1] == ("admin-created", "ADMIN_ada", made.json()["admin_id"], {"role": "auditor"})
    assert "admin.example" not in str(await audited(module.database))


async def test_admins_are_listed_in_pages(app: App, an_admin: AnAdmin) -> None:
    """Kills: a statement per row; a page that repeats or leaves out; a foreign cursor taken."""
    client, module = app
    ada = await an_admin("ada")
    for name in ("bob", "cat", "dan"):
        await an_admin(name, "auditor")
    seen, cursor = [], None
    for _ in range(2):
        with counted(module.database) as ran:
            page = await client.get(ADMINS, params={"limit": 2} | ({"cursor": cursor} if cursor else {}),
                                    headers=ada.bearer)  # fmt: skip
        assert len(ran) == 1
        seen += [(one["admin_id"], one["second_factor"]) for one in page.json()["items"]]
        cursor = page.json()["next_cursor"]
    assert cursor is None
    assert seen == [("ADMIN_ada", True), ("ADMIN_bob", False), ("ADMIN_cat", False), ("ADMIN_dan", False)]
    assert codes(await client.get(ADMINS, params={"cursor": "x"}, headers=ada.bearer)) == [(400, "malformed")]


async def test_a_deactivated_admin_is_out_at_once_and_an_activated_one_back(app: App, an_admin: AnAdmin) -> None:
    """Kills: sessions left open; refresh or sign-in of an inactive admin; oneself."""
    client, module = app
    ada, mo = await an_admin("ada"), await an_admin("mo", "moderator")
    off = await client.post(f"{ADMINS}/ADMIN_mo/deactivate", headers=ada.bearer)
    assert (off.status_code, off.json()["active"]) == (200, False)
    assert codes(await client.get(USERS, headers=mo.bearer)) == [(401, "unauthenticated")]
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": mo.refresh})
    assert codes(refreshed) == [(401, "session-ended")]
    assert codes(await sign_in_admin(client, mo.email)) == [(401, "login-failed")]

    on = await client.post(f"{ADMINS}/ADMIN_mo/activate", headers=ada.bearer)
    assert (on.status_code, on.json()["active"]) == (200, True)
    assert (await sign_in_admin(client, mo.email)).status_code == 200
    for path in ("activate", "deactivate"):
        assert codes(await client.post(f"{ADMINS}/ADMIN_ada/{path}", headers=ada.bearer)) == [(409, "own-account")]
        assert codes(await client.post(f"{ADMINS}/ADMIN_x/{path}", headers=ada.bearer)) == [(404, "not-found")]
    again = await client.post(f"{ADMINS}/ADMIN_mo/activate", headers=ada.bearer)
    assert again.status_code == 200
    actions = [(action, actor, subject) for action, actor, subject, _ in await audited(module.database)]
    assert actions[-2:] == [
        ("admin-deactivated", "ADMIN_ada", "ADMIN_mo"),
        ("admin-activated", "ADMIN_ada", "ADMIN_mo"),
    ]


async def test_another_role_ends_the_sessions_of_the_old_one(app: App, an_admin: AnAdmin) -> None:
    """Kills: a token that keeps the old role for a quarter of an hour; a role of one's own giving."""
    client, module = app
    ada, mo = await an_admin("ada"), await an_admin("mo", "moderator")
    etag = (await client.get(f"{ADMINS}/ADMIN_mo", headers=ada.bearer)).headers["etag"]

    async def edit(admin_id: str, body: dict[str, str], **headers: str) -> httpx.Response:
        return await client.patch(f"{ADMINS}/{admin_id}", json=body, headers=ada.bearer | headers)

    renamed = await edit("ADMIN_mo", {"name": "Mohini"})
    assert (renamed.json()["name"], (await client.get(USERS, headers=mo.bearer)).status_code) == ("Mohini", 200)
    assert codes(await edit("ADMIN_mo", {"role": "auditor"}, **{"If-Match": etag})) == [(412, "precondition-failed")]
    changed = await edit("ADMIN_mo", {"role": "auditor"}, **{"If-Match": renamed.headers["etag"]})
    assert (changed.status_code, changed.json()["role"]) == (200, "auditor")
    assert codes(await client.get(USERS, headers=mo.bearer)) == [(401, "unauthenticated")]
    back = (await sign_in_admin(client, mo.email)).json()["access_token"]
    suspended = await client.post(
        f"{USERS}/x/suspend", json={"reason": "r"}, headers={"Authorization": f"Bearer {back}"}
    )
    assert codes(suspended) == [(403, "forbidden")]

    assert codes(await edit("ADMIN_ada", {"role": "auditor"})) == [(409, "own-account")]
    assert (await edit("ADMIN_ada", {"name": "Ada Two", "role": "superadmin"})).status_code == 200
    entries = await audited(module.database)
    assert ("admin-role-changed", "ADMIN_ada", "ADMIN_mo", {"was": "moderator", "is": "auditor"}) in entries
    assert "Mohini" not in str(entries)


async def test_who_lost_the_second_factor_gets_it_taken_away_by_another(
    app: App, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: recovery codes left behind; sessions left open; one's own factor thrown away without a new one."""
    client, module = app
    ada, bob = await an_admin("ada"), await an_admin("bob")
    assert (await client.delete(f"{ADMINS}/ADMIN_bob/totp", headers=ada.bearer)).status_code == 204
    assert codes(await client.get(ADMINS, headers=bob.bearer)) == [(401, "unauthenticated")]
    assert await module.database.fetch_value("SELECT count(*) FROM admin_recovery_codes") == 10
    assert codes(await client.delete(f"{ADMINS}/ADMIN_ada/totp", headers=ada.bearer)) == [(409, "own-account")]
    clock.at += timedelta(seconds=30)
    signed_in = (await sign_in_admin(client, bob.email)).json()
    bearer = {"Authorization": f"Bearer {signed_in['access_token']}"}
    assert codes(await client.get(ADMINS, headers=bearer)) == [(403, "totp-enrolment-required")]
    assert ("admin-totp-reset", "ADMIN_ada", "ADMIN_bob", {}) in await audited(module.database)


async def test_two_superadmins_who_take_each_other_down_at_once_leave_one(
    app: App, start: Start, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: each seeing the other still active; a deadlock answered 503; two processes that know nothing of it."""
    client, module = app
    ada, bob = await an_admin("ada"), await an_admin("bob")
    attacks = {
        "deactivate": lambda by, whom, at: by.post(f"{ADMINS}/{whom}/deactivate", headers=at),
        "demote": lambda by, whom, at: by.patch(f"{ADMINS}/{whom}", json={"role": "auditor"}, headers=at),
    }
    async with start() as (elsewhere, _):
        for one in attacks.values():
            for other in attacks.values():
                answers = await asyncio.gather(
                    one(client, "ADMIN_bob", ada.bearer), other(elsewhere, "ADMIN_ada", bob.bearer)
                )
                left = await module.database.fetch_value(
                    "SELECT count(*) FROM admins WHERE role = 'superadmin' AND active"
                )
                assert (left, sorted(a.status_code for a in answers)) == (1, [200, 401])
                async with module.database.transaction() as session:
                    driver = (await (await session.connection()).get_raw_connection()).driver_connection
                    assert driver
                    await driver.execute(
                        "UPDATE admins SET role = 'superadmin', active = true, totp_last_step = 0;"
                        " UPDATE sessions SET revoked_at = NULL"
                    )
                for admin in (ada, bob):
                    answer = await sign_in_admin(client, admin.email, totp=admin.code(clock.now()))
                    admin.access = answer.json()["access_token"]


async def test_a_refresh_gives_the_role_of_now(app: App, an_admin: AnAdmin) -> None:
    """Kills: the role of the first sign-in kept by the family."""
    client, module = app
    mo = await an_admin("mo", "moderator")
    async with module.database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute("UPDATE admins SET role = 'event-manager'")
    await refresh_admin(client, mo)
    assert codes(await client.get(USERS, headers=mo.bearer)) == [(403, "forbidden")]
