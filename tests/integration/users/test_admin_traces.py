"""What admins do leaves traces: in the log, in their mail; and no flag for members is in their way."""

import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from tests.integration.users.admins import AnAdmin, SignedInAdmin, audited, confirm, sign_in_admin
from tests.integration.users.conftest import PASSWORD, AMember, App, Mailbox, refresh, sign_in

ADMINS = "/api/v1/admin/admins"
LOGOUT = "/api/v1/auth/logout"


async def of(app: App, action: str) -> list[tuple[str | None, str | None]]:
    """Return actor and subject of each entry of an action."""
    rows = await app[1].database.fetch(
        lambda *row: row, "SELECT actor, subject FROM audit_log WHERE action = $1 ORDER BY id", action
    )
    return [tuple(row) for row in rows]


async def test_a_failed_sign_in_of_an_admin_is_recorded_and_tells_nobody_who_there_is(
    app: App, an_admin: AnAdmin, many_guesses: None
) -> None:
    """Kills: no entry; an entry for accounts there are alone, whose work a clock tells; the address in the log."""
    del many_guesses
    client, module = app
    ada = await an_admin("ada")
    for given in (
        {"email": ada.email, "password": "wrong"},
        {"email": "nobody@admin.example"},
        {"email": ada.email, "totp": "000000"},
    ):
        email = given.pop("email")
        assert (await sign_in_admin(client, email, **given)).status_code == 401
    assert (await sign_in_admin(client, ada.email)).json()["code"] == "totp-required"
    assert await of(app, "admin-sign-in-failed") == [(None, "ADMIN_ada"), (None, None), (None, "ADMIN_ada")]
    log = await module.database.fetch_value("SELECT string_agg(a::text, ' ') FROM audit_log a")
    assert "@" not in log


async def test_proofs_and_the_ends_of_sessions_of_admins_are_recorded(
    app: App, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: one of the four ways out forgotten; an entry for what ended nothing, or for a member."""
    client, _ = app
    await a_member("asha")
    mo = await sign_in_again(client, await an_admin("mo", "moderator"))
    stepped = await client.post("/api/v1/auth/step-up", json={"password": PASSWORD}, headers=mo.bearer)
    assert stepped.status_code == 200
    assert await of(app, "admin-stepped-up") == [("ADMIN_mo", "ADMIN_mo")]

    assert (await client.post(LOGOUT, json={"refresh_token": mo.refresh})).status_code == 204
    assert (await client.post(LOGOUT, json={"refresh_token": mo.refresh})).status_code == 204
    assert len(await of(app, "admin-signed-out")) == 1
    mo = await sign_in_again(client, mo)
    assert (await client.post(LOGOUT, headers=mo.bearer)).status_code == 204
    assert len(await of(app, "admin-signed-out")) == 2
    mo = await sign_in_again(client, mo)
    devices = (await client.get("/api/v1/auth/sessions", headers=mo.bearer)).json()["items"]
    other = next(one["id"] for one in devices if not one["current"])
    assert (await client.delete(f"/api/v1/auth/sessions/{other}", headers=mo.bearer)).status_code == 204
    assert (await client.post("/api/v1/auth/logout-all", headers=mo.bearer)).status_code == 204
    assert await of(app, "admin-signed-out") == [("ADMIN_mo", "ADMIN_mo")] * 4

    asha = (await sign_in(client, "asha")).json()
    await client.post(LOGOUT, json={"refresh_token": asha["refresh_token"]})
    assert len(await of(app, "admin-signed-out")) == 4


async def test_what_a_use_case_refuses_an_admin_is_noted_too(app: App, a_member: AMember, an_admin: AnAdmin) -> None:
    """Kills: refusals noted at the gate alone."""
    client, module = app
    await a_member("asha")
    mo = await an_admin("mo", "moderator")
    for _ in range(2):
        refused = await client.delete("/api/v1/admin/users/asha", params={"immediately": True}, headers=mo.bearer)
        assert refused.status_code == 403
    assert await audited(module.database) == [("access-denied", "ADMIN_mo", "deleteUser", {"role": "moderator"})]


async def test_an_admin_is_told_of_his_second_factor_and_of_his_role(
    client: httpx.AsyncClient, an_admin: AnAdmin, mailbox: Mailbox, clock: FrozenClock
) -> None:
    """Kills: no mail where somebody else changes what an account needs or may; the state before left out."""
    ada, bea = await an_admin("ada"), await an_admin("bea")
    subject, mail = await mailbox.last(bea.email)
    assert subject == "Your admin account has a new second factor"
    assert "It had none before." in mail
    begun = (await client.post("/api/v1/admin/auth/totp", headers=bea.bearer)).json()
    bea.secret = begun["secret"]
    assert (await confirm(client, bea, bea.code(clock.now()))).status_code == 200
    assert "The one it had before is not good any more." in (await mailbox.last(bea.email, 2))[1]

    assert (await client.delete(f"{ADMINS}/ADMIN_bea/totp", headers=ada.bearer)).status_code == 204
    subject, mail = await mailbox.last(bea.email, 3)
    assert subject == "The second factor of your admin account was taken away"
    assert f"(the one enrolled on {clock.now():%Y-%m-%d} at" in mail
    changed = await client.patch(f"{ADMINS}/ADMIN_bea", json={"role": "auditor"}, headers=ada.bearer)
    assert changed.status_code == 200
    subject, mail = await mailbox.last(bea.email, 4)
    assert (subject, "from superadmin to auditor" in mail) == ("Your role was changed", True)


@pytest.mark.parametrize("flag", ["user.profile", "user.refresh"])
async def test_flags_for_members_close_nothing_to_admins(
    app: App, a_member: AMember, an_admin: AnAdmin, flag: str
) -> None:
    """Kills: one flag for both kinds where the token alone tells which; a member let through as an admin is."""
    client, _ = app
    asha, ada = await a_member("asha"), await an_admin("ada")
    for name in {flag, "user.logout", "user.password-change"}:
        off = await client.patch(f"/api/v1/admin/flags/{name}", json={"enabled": False}, headers=ada.bearer)
        assert off.status_code == 200
    for token in (asha.refresh, "x" * 43):
        closed = await refresh(client, token)
        assert (closed.status_code, closed.json()["code"]) == (403, "feature-disabled")
        out = await client.post(LOGOUT, json={"refresh_token": token})
        assert (out.status_code, out.json()["code"]) == (403, "feature-disabled")
    assert (await client.post(LOGOUT, headers=asha.bearer)).status_code == 403
    renewed = await refresh(client, ada.refresh)
    assert renewed.status_code == 200
    change = {"current_password": PASSWORD, "new_password": "another violet passphrase"}
    assert (await client.post("/api/v1/auth/password", json=change, headers=ada.bearer)).status_code == 204
    assert (await client.post(LOGOUT, json={"refresh_token": renewed.json()["refresh_token"]})).status_code == 204


async def test_a_flag_for_admins_closes_its_routes_to_them(app: App, an_admin: AnAdmin) -> None:
    """Kills: a flag looked at for members alone, so that switching off what admins do does nothing."""
    client, _ = app
    ada = await an_admin("ada")
    off = await client.patch("/api/v1/admin/flags/admin.user-management", json={"enabled": False}, headers=ada.bearer)
    assert off.status_code == 200
    closed = await client.get("/api/v1/admin/users", headers=ada.bearer)
    assert (closed.status_code, closed.json()["code"]) == (403, "feature-disabled")


async def sign_in_again(client: httpx.AsyncClient, admin: SignedInAdmin) -> SignedInAdmin:
    """Open one more session of an admin without a second factor."""
    answer = (await sign_in_admin(client, admin.email)).json()
    return SignedInAdmin(admin.admin_id, admin.email, answer["access_token"], answer["refresh_token"])
