"""Members as admins see them: found, suspended, reinstated, deleted, erased."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from types import SimpleNamespace

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.users.accounts.models import User
from ijaa.users.members.repository import MemberRepository
from ijaa.users.standing import MAY_ACT, NOT_BARRED, STATUS, status_of
from tests.integration.users.admins import AnAdmin, audited, sign_in_admin
from tests.integration.users.conftest import (
    AMember,
    App,
    Mailbox,
    Start,
    an_account,
    body_for,
    counted,
    refresh,
    sign_in,
    sign_up,
)
from tests.integration.users.test_profiles import connect
from tests.integration.users.test_second_factor import codes

USERS = "/api/v1/admin/users"
BECAUSE = {"reason": "Insulted others at the reunion."}


async def test_a_suspended_member_is_out_at_once_and_not_seen(
    app: App, start: Start, a_member: AMember, an_admin: AnAdmin, mailbox: Mailbox
) -> None:
    """Kills: sessions left open here or elsewhere; the password still good; the profile or the card still shown."""
    client, module = app
    asha, bina, mo = await a_member("asha"), await a_member("bina"), await an_admin("mo", "moderator")
    async with start() as (elsewhere, _):
        assert (await elsewhere.get("/api/v1/me", headers=asha.bearer)).status_code == 200
        done = await client.post(f"{USERS}/ASHA/suspend", json=BECAUSE, headers=mo.bearer)
        assert (done.status_code, done.json()["status"]) == (200, "suspended")
        assert done.json()["suspension_reason"] == BECAUSE["reason"]
        assert codes(await client.get("/api/v1/me", headers=asha.bearer)) == [(401, "unauthenticated")]
        async with asyncio.timeout(30):
            while (await elsewhere.get("/api/v1/me", headers=asha.bearer)).status_code != 401:
                await asyncio.sleep(0.01)
    assert codes(await refresh(client, asha.refresh)) == [(401, "session-ended")]
    assert codes(await sign_in(client, "asha")) == [(401, "login-failed")]
    assert codes(await client.get("/api/v1/users/asha", headers=bina.bearer)) == [(404, "not-found")]
    assert await module.public.cards(["asha", "bina"], "bina") == await module.public.cards(["bina"], "bina")
    assert await module.public.standings(["asha"]) == {"asha": "suspended"}
    subject, mail = await mailbox.last("asha@mail.example")
    assert (subject, BECAUSE["reason"] in mail) == ("Your account is suspended", True)
    assert await audited(module.database) == [("user-suspended", "ADMIN_mo", "USER_asha", {"until": None})]


async def test_a_reinstated_member_signs_in_again(
    app: App, a_member: AMember, an_admin: AnAdmin, mailbox: Mailbox
) -> None:
    """Kills: a column left behind; sessions of before the suspension coming back to life."""
    client, module = app
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    await client.post(f"{USERS}/asha/suspend", json=BECAUSE, headers=mo.bearer)
    back = await client.post(f"{USERS}/asha/reinstate", headers=mo.bearer)
    assert (back.status_code, back.json()["status"], back.json()["suspension_reason"]) == (200, "active", None)
    assert (await client.get("/api/v1/me", headers=asha.bearer)).status_code == 401
    assert codes(await refresh(client, asha.refresh)) == [(401, "session-ended")]
    assert (await sign_in(client, "asha")).status_code == 200
    assert (await mailbox.last("asha@mail.example", 2))[0] == "Your account is yours again"
    await client.post(f"{USERS}/asha/reinstate", headers=mo.bearer)
    assert [entry[0] for entry in await audited(module.database)] == ["user-suspended", "user-reinstated"]


async def test_a_suspension_with_an_end_ends_by_the_clock(
    app: App, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: `suspended_until` looked at in one place and not in another; `<` for `<=`; a job needed to lift it."""
    client, module = app
    await a_member("asha")
    mo = await an_admin("mo", "moderator")
    until = clock.now() + timedelta(hours=2)
    body = BECAUSE | {"until": until.isoformat()}
    assert (await client.post(f"{USERS}/asha/suspend", json=body, headers=mo.bearer)).status_code == 200
    for at, standing, sign_in_status, seen in (
        (until - timedelta(microseconds=1), "suspended", 401, 404),
        (until, "active", 200, 200),
    ):
        clock.at = at
        assert await module.public.standings(["asha"]) == {"asha": standing}
        assert len(await module.public.cards(["asha"], None)) == (standing == "active")
        answer = await sign_in(client, "asha")
        assert answer.status_code == sign_in_status
        assert (await client.get("/api/v1/users/asha")).status_code == seen
    assert (await refresh(client, answer.json()["refresh_token"])).status_code == 200


async def test_what_is_said_of_a_suspension_is_checked(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: an end that is past; a naive time; no reason."""
    await a_member("asha")
    mo = await an_admin("mo", "moderator")
    for wrong, pointer in (
        ({}, "/reason"),
        ({"reason": "  "}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        (BECAUSE | {"until": clock.now().isoformat()}, "/until"),
        (BECAUSE | {"until": "2099-01-01T00:00:00"}, "/until"),
        (BECAUSE | {"end": None}, "/end"),
    ):
        answer = await client.post(f"{USERS}/asha/suspend", json=wrong, headers=mo.bearer)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await client.post(f"{USERS}/nobody/suspend", json=BECAUSE, headers=mo.bearer)).status_code == 404


async def test_a_suspension_catches_the_sign_ins_under_way(app: App, a_member: AMember, an_admin: AnAdmin) -> None:
    """Kills: a sign-in that does not look at the standing again under the lock, and opens a session that stays."""
    client, module = app
    mo = await an_admin("mo", "moderator")
    for name in ("asha", "bina", "chitra"):
        await a_member(name)
        await asyncio.gather(
            *(sign_in(client, name) for _ in range(4)),
            client.post(f"{USERS}/{name}/suspend", json=BECAUSE, headers=mo.bearer),
            *(sign_in(client, name) for _ in range(4)),
        )
    open_ = "SELECT count(*) FROM sessions WHERE principal_kind = 'member' AND revoked_at IS NULL"
    assert await module.database.fetch_value(open_) == 0


async def test_a_refresh_asks_where_the_account_stands_now(app: App, a_member: AMember, clock: FrozenClock) -> None:
    """Kills: a session that outlives the standing of its account because nobody ended it."""
    client, module = app
    for name, change in (
        ("asha", "suspended_at = :now, suspension_reason = 'x'"),
        ("bina", "erase_after = :now"),
        ("chitra", "active = false"),
    ):
        member = await a_member(name)
        async with module.database.transaction() as session:
            bound = {"name": name} | ({"now": clock.now()} if ":now" in change else {})
            await session.execute(text(f"UPDATE users SET {change} WHERE username = :name"), bound)
        assert codes(await refresh(client, member.refresh)) == [(401, "session-ended")], name


async def test_a_deleted_member_is_hidden_and_can_be_brought_back(
    app: App, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock, mailbox: Mailbox
) -> None:
    """Kills: the account gone at once; somebody who leaves let in or shown; the 30 days begun anew by a second call."""
    client, module = app
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    gone = await client.delete(f"{USERS}/asha", headers=mo.bearer)
    assert (gone.status_code, gone.json()["status"]) == (202, "leaving")
    assert datetime.fromisoformat(gone.json()["erase_after"]) == clock.now() + timedelta(days=30)
    assert (await client.get("/api/v1/me", headers=asha.bearer)).status_code == 401
    assert codes(await sign_in(client, "asha")) == [(401, "login-failed")]
    assert codes(await client.get("/api/v1/users/asha")) == [(404, "not-found")]
    assert (await module.public.cards(["asha"], None), await module.public.standings(["asha"])) == (
        {},
        {"asha": "suspended"},
    )
    assert (await mailbox.last("asha@mail.example"))[0] == "Your account is going to be erased"
    clock.at += timedelta(minutes=1)
    again = await client.delete(f"{USERS}/asha", headers=mo.bearer)
    assert again.json()["erase_after"] == gone.json()["erase_after"]
    assert codes(await sign_up(client, "asha")) == [(409, "username-taken")]

    back = await client.post(f"{USERS}/asha/reinstate", headers=mo.bearer)
    assert (back.json()["status"], back.json()["erase_after"]) == ("active", None)
    assert (await sign_in(client, "asha")).status_code == 200


async def test_an_erased_member_leaves_nothing_but_a_name_nobody_gets(
    app: App, a_member: AMember, an_admin: AnAdmin, mailbox: Mailbox
) -> None:
    """Kills: a table forgotten; the name given again; the access token of the erased one still taken."""
    client, module = app
    database = module.database
    asha, ada = await a_member("asha"), await an_admin("ada")
    await a_member("bina")
    await connect(app, "asha", "bina")
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET login_alias = 'Asha.R' WHERE username = 'asha'"))
        await session.execute(
            text(
                "INSERT INTO reports (reporter_username, title, description, category, created_at, updated_at, version)"
                " VALUES ('asha', 'Spam', 'Much of it', 'USER_REPORT', now(), now(), 1)"
            )
        )
    await sign_up(client, "bina2", email="asha@mail.example")
    await mailbox.last("asha@mail.example")
    gone = await client.delete(f"{USERS}/asha", params={"immediately": "true"}, headers=ada.bearer)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get("/api/v1/me", headers=asha.bearer)).status_code == 401
    assert codes(await refresh(client, asha.refresh)) == [(401, "session-ended")]
    assert codes(await client.get(f"{USERS}/asha", headers=ada.bearer)) == [(404, "not-found")]
    await mailbox.last("asha@mail.example", 2)
    for table in ("users", "profiles", "connections", "sessions", "reports", "email_tokens", "registrations", "jobs"):
        held = await database.fetch_value(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
        assert "asha" not in held.lower(), table
    assert await database.fetch_value("SELECT count(*) FROM reports") == 1
    assert ("user-erased", "ADMIN_ada", "USER_asha", {}) in await audited(database)

    for name in ("asha", "asha.r"):
        refused = await sign_up(client, name, email="asha@mail.example")
        assert codes(refused) == [(409, "username-taken")]
    assert (await sign_up(client, "asha.two", email="asha@mail.example")).status_code == 202
    assert await module.public.standings(["asha"]) == {"asha": "unknown"}


async def test_a_member_whose_grace_is_over_is_erased_by_itself(
    app: App, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock, mailbox: Mailbox
) -> None:
    """Kills: erasing before the time; only the first of several; one who was brought back; no word of it."""
    client, module = app
    mo = await an_admin("mo", "moderator")
    for name in ("asha", "bina", "chitra", "dev"):
        await a_member(name)
    for name in ("asha", "bina", "chitra"):
        await client.delete(f"{USERS}/{name}", headers=mo.bearer)
    await client.post(f"{USERS}/bina/reinstate", headers=mo.bearer)
    members = "SELECT username FROM users ORDER BY username"
    for days, left in ((29, ["asha", "bina", "chitra", "dev"]), (1, ["bina", "dev"])):
        clock.at += timedelta(days=days, minutes=11)
        await module.worker.run_due()
        async with asyncio.timeout(30):
            while await module.database.fetch(str, members) != left:
                await asyncio.sleep(0.01)
    await mailbox.last("asha@mail.example")
    assert ("user-erased", None, "USER_chitra", {}) in await audited(module.database)
    assert codes(await sign_up(client, "asha")) == [(409, "username-taken")]


async def test_who_cannot_be_erased_stops_nobody_behind_him(
    app: App, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a job that ends with the first it cannot erase, or tries him for ever; one that says all went well."""
    _, module = app
    over = clock.now() - timedelta(days=1)
    for name, due in (("asha", over), ("bina", over), ("chitra", clock.now())):
        await an_account(module.database, name, None, clock.now(), erase_after=due)
    tried, erase = [], MemberRepository.erase

    async def fail(self: MemberRepository, session: AsyncSession, user: User, now: datetime) -> None:
        tried.append(user.username)
        await erase(self, session, user, now)
        if user.username == "asha":
            await session.execute(text("SELECT 1 / 0"))

    monkeypatch.setattr(MemberRepository, "erase", fail)
    clock.at += timedelta(minutes=11)
    await module.worker.run_due()
    said = "SELECT error FROM jobs WHERE name = 'erase-members'"
    async with asyncio.timeout(30):
        while await module.database.fetch_value(said) is None:
            await asyncio.sleep(0.01)
    assert await module.database.fetch_value(said) == "1 whose grace is over could not be erased"
    assert await module.database.fetch(str, "SELECT username FROM users") == ["asha"]
    assert tried[:3] == ["asha", "bina", "chitra"]
    assert ("user-erased", None, "USER_asha", {}) not in await audited(module.database)


async def test_erasing_at_once_is_for_a_superadmin_who_has_just_proved_it(
    app: App, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: a moderator, or a token of ten minutes ago, that erases; the grace asking for a proof as well."""
    client, module = app
    await a_member("asha")
    mo, ada = await an_admin("mo", "moderator"), await an_admin("ada")
    at_once = {"immediately": "true"}
    assert codes(await client.delete(f"{USERS}/asha", params=at_once, headers=mo.bearer)) == [(403, "forbidden")]
    clock.at += timedelta(minutes=6)
    refused = await client.delete(f"{USERS}/asha", params=at_once, headers=ada.bearer)
    assert codes(refused) == [(401, "step-up-required")]
    assert await module.public.standings(["asha"]) == {"asha": "active"}
    assert (await client.delete(f"{USERS}/asha", headers=mo.bearer)).status_code == 202


async def test_a_registration_undoes_no_measure(
    app: App, client: httpx.AsyncClient, an_admin: AnAdmin, mailbox: Mailbox, clock: FrozenClock
) -> None:
    """Kills: a barred account that never confirmed its address thrown away for whoever registers it anew."""
    mo = await an_admin("mo", "moderator")
    await an_account(app[1].database, "asha", None, clock.now() - timedelta(days=9), email_verified_at=None)
    suspended = await client.post(f"{USERS}/asha/suspend", json=BECAUSE, headers=mo.bearer)
    assert suspended.json()["status"] == "suspended"
    for _ in range(2):
        assert codes(await client.post("/api/v1/auth/register", json=body_for("asha"))) == [(409, "username-taken")]
        fresh = await client.post("/api/v1/auth/register", json=body_for("asha2", email="asha@mail.example"))
        assert fresh.status_code == 202
        assert (await mailbox.last("asha@mail.example", 2))[0] != "Confirm your e-mail address"
        await client.post("/api/v1/auth/verify-email/resend", json={"email": "asha@mail.example"})
        clock.at += timedelta(hours=25)
    mo.access = (await sign_in_admin(client, mo.email)).json()["access_token"]
    listed = await client.get(USERS, params={"status": "suspended"}, headers=mo.bearer)
    assert [one["username"] for one in listed.json()["items"]] == ["asha"]


async def test_of_who_never_confirmed_others_are_told_nothing(
    app: App, client: httpx.AsyncClient, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: a message that says active, or suspended, of a name the façade calls unknown."""
    mo = await an_admin("mo", "moderator")
    await an_account(app[1].database, "asha", None, clock.now(), email_verified_at=None)
    await client.post(f"{USERS}/asha/suspend", json=BECAUSE, headers=mo.bearer)
    back = await client.post(f"{USERS}/asha/reinstate", headers=mo.bearer)
    assert back.json()["status"] == "unverified"
    assert await app[1].public.standings(["asha"]) == {"asha": "unknown"}
    assert await app[1].database.fetch_value("SELECT count(*) FROM outbox") == 0


async def test_members_are_found_by_standing_and_by_what_is_known_of_them(
    app: App, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: a filter dropped; % and _ as wildcards; a page that repeats, leaves out, or costs a statement per row."""
    client, module = app
    database, now = module.database, clock.now()
    await an_account(database, "asha", None, now, name="Ashä Rahman")
    await an_account(database, "a_b", None, now)
    await an_account(database, "axb", None, now, email_verified_at=None)
    await an_account(database, "off", None, now, active=False)
    await an_account(database, "sus", None, now, suspended_at=now, suspension_reason="x")
    await an_account(database, "was", None, now, suspended_at=now - timedelta(2), suspension_reason="x",
                     suspended_until=now - timedelta(1))  # fmt: skip
    await an_account(database, "bye", None, now, erase_after=now + timedelta(1))
    auditor = await an_admin("au", "auditor")

    async def found(**params: object) -> list[str]:
        with counted(database) as ran:
            answer = await client.get(USERS, params=params, headers=auditor.bearer)
        assert (answer.status_code, len(ran)) == (200, 1)
        return [one["username"] for one in answer.json()["items"]]

    assert await found() == ["a_b", "asha", "axb", "bye", "off", "sus", "was"]
    assert await found(status="active") == ["a_b", "asha", "was"]
    assert await found(status="suspended") == ["off", "sus"]
    assert await found(status="unverified") == ["axb"]
    assert await found(status="leaving") == ["bye"]
    assert await found(q="RÄHM") == ["asha"]
    assert await found(q="a_b") == ["a_b"]
    assert await found(q="%") == []
    assert await found(q="us@mail") == ["sus"]
    assert await found(q="mail.example", status="leaving") == ["bye"]
    first = (await client.get(USERS, params={"limit": 4}, headers=auditor.bearer)).json()
    assert [one["username"] for one in first["items"]] == ["a_b", "asha", "axb", "bye"]
    assert await found(limit=4, cursor=first["next_cursor"]) == ["off", "sus", "was"]
    for wrong in ({"status": "gone"}, {"limit": 101}, {"q": ""}, {"sort": "x"}):
        assert (await client.get(USERS, params=wrong, headers=auditor.bearer)).status_code == 422


async def test_an_account_is_read_with_when_it_was_last_seen(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: the last of another member's sessions; a password hash in the answer."""
    await a_member("asha")
    seen_at = clock.now()
    clock.at += timedelta(minutes=1)
    await a_member("bina")
    auditor = await an_admin("au", "auditor")
    read = (await client.get(f"{USERS}/Asha", headers=auditor.bearer)).json()
    assert (read["username"], datetime.fromisoformat(read["last_seen_at"])) == ("asha", seen_at)
    assert not [field for field in read if "password" in field or "hash" in field]


async def test_the_rule_is_the_same_in_python_and_in_sql(users_database: Database) -> None:
    """Kills: one of the two changed alone; a NULL that makes neither true nor false."""
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    past, future = now - timedelta(seconds=1), now + timedelta(seconds=1)
    cases = product((True, False), (None, past), (None, past), (None, past, now, future), (None, past, future))
    sql = (
        f"SELECT {STATUS}, {MAY_ACT}, {NOT_BARRED}".format(now="$1::timestamptz")
        + " FROM (SELECT $2::bool AS active, $3::timestamptz AS email_verified_at, $4::timestamptz AS suspended_at,"
        " $5::timestamptz AS suspended_until, $6::timestamptz AS erase_after) u"
    )
    for active, verified, suspended, until, erase in cases:
        account = SimpleNamespace(
            active=active, email_verified_at=verified, suspended_at=suspended, suspended_until=until, erase_after=erase
        )
        if suspended is None and until is not None:
            continue  # a CHECK keeps it out of the table
        said = await users_database.fetch_one(SimpleRow, sql, now, active, verified, suspended, until, erase)
        status = status_of(account, now)
        assert said == (status, status == "active", status in {"active", "unverified"}), account


def SimpleRow(*columns: object) -> tuple[object, ...]:  # noqa: N802 - stands where a struct does
    return columns
