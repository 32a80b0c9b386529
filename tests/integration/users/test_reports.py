"""Reports: filed with evidence, settled in a queue, told of at their end."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from tests.fakes import FakeEventContent
from tests.integration.users.admins import AnAdmin, audited
from tests.integration.users.conftest import AMember, App, Mailbox, Start, an_account, counted
from tests.integration.users.test_profiles import connect
from tests.integration.users.test_second_factor import codes

REPORTS, MINE, QUEUE = "/api/v1/reports", "/api/v1/me/reports", "/api/v1/admin/reports"
SPAM = {"title": "Spam", "description": "Much of it.", "category": "USER_REPORT"}
BUG = {"title": "It hangs", "description": "Every day.", "category": "BUG_REPORT"}
CONTENT = SPAM | {"category": "CONTENT_REPORT"}


@pytest.fixture
def contents() -> FakeEventContent:
    """Return what there is in the other module."""
    return FakeEventContent()


@pytest.fixture
async def app(start: Start, contents: FakeEventContent) -> AsyncIterator[App]:
    """Give a client of the module, and the module, with somebody to ask for content."""
    async with start(contents=contents) as started:
        yield started


def of(kind: str, id_: str) -> dict[str, Any]:
    """Return the target of a report."""
    return {"target": {"kind": kind, "id": id_}}


async def file(client: httpx.AsyncClient, bearer: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """File a report."""
    answer = await client.post(REPORTS, json=body, headers=bearer)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{MINE}/{found['id']}"
    return found


async def settle(client: httpx.AsyncClient, bearer: dict[str, str], id_: int, **changes: Any) -> httpx.Response:
    """Change what becomes of a report."""
    return await client.patch(f"{QUEUE}/{id_}", json=changes, headers=bearer)


async def change(app: App, sql: str) -> None:
    """Run a statement."""
    async with app[1].database.transaction() as session:
        await session.execute(text(sql))


async def test_a_member_is_reported_as_the_reporter_sees_him_and_that_stays(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: evidence that is looked up when it is read; a field the reporter cannot see; one he can left out."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    await an_account(
        app[1].database, "bina", None, clock.now(), bio="Buy now", phone="+880 1", location="Dhaka",
        visibility={"location": "connections"},
    )  # fmt: skip
    with counted(app[1].database) as ran:
        first = await file(client, asha.bearer, SPAM | of("member", "BINA"))
    assert len(ran) == 4  # the member, a lock of both, the report, the answer
    assert first["target"] == {"kind": "member", "id": "bina"}
    await connect(app, "asha", "bina")
    second = await file(client, asha.bearer, SPAM | of("member", "bina"))
    await change(app, "UPDATE profiles SET bio = 'Innocent', location = 'Elsewhere' WHERE username = 'bina'")

    async def evidence(id_: int) -> dict[str, Any]:
        found = (await client.get(f"{QUEUE}/{id_}", headers=mo.bearer)).json()["evidence"]
        assert (found["kind"], found["id"], found["author"]) == ("member", "bina", "bina")
        return {name: value for name, value in found["details"].items() if value is not None}

    assert await evidence(first["id"]) == {"name": "Bina", "bio": "Buy now"}
    assert await evidence(second["id"]) == {"name": "Bina", "bio": "Buy now", "location": "Dhaka"}


async def test_whoever_is_blocked_may_still_report_and_who_is_not_there_is_like_nobody(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: the predicate of sight for reports; a suspended or unconfirmed member told from an unknown one."""
    asha, bina = await a_member("asha"), await a_member("bina")
    await change(app, "INSERT INTO blocks VALUES ('bina', 'asha', now())")
    assert (await client.get("/api/v1/users/bina", headers=asha.bearer)).status_code == 404
    await file(client, asha.bearer, SPAM | of("member", "bina"))
    await file(client, bina.bearer, SPAM | of("member", "asha"))
    await an_account(app[1].database, "sus", None, clock.now(), active=False)
    await an_account(app[1].database, "new", None, clock.now(), email_verified_at=None)
    bodies = []
    for target in (
        of("member", "nobody"), of("member", "sus"), of("member", "new"),
        *(of(kind, id_) for kind in ("event", "comment", "medium") for id_ in ("7", "x", "-1", "²", "9" * 30)),
    ):  # fmt: skip
        body = (SPAM if target["target"]["kind"] == "member" else CONTENT) | target
        answer = await client.post(REPORTS, json=body, headers=asha.bearer)
        bodies.append({k: v for k, v in answer.json().items() if k not in {"instance", "request_id"}})
    assert bodies.count(bodies[0]) == len(bodies)
    assert bodies[0]["status"] == 404
    assert await app[1].database.fetch_value("SELECT count(*) FROM reports") == 2


async def test_an_event_is_reported_through_the_port_as_the_reporter_sees_it(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, contents: FakeEventContent
) -> None:
    """Kills: an event the reporter cannot see; another viewer asked for; a report without evidence while it is away."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    await a_member("olu")
    tea = await contents.add("Tea", by="olu", text="Buy now")
    orphan = await contents.add("Old", by="erased", text="Buy now")
    secret = await contents.add("Secret", by="olu", private=True)
    filed = await file(client, asha.bearer, CONTENT | of("event", f"0{tea}"))
    assert filed["target"] == {"kind": "event", "id": str(tea)}
    found = (await client.get(f"{QUEUE}/{filed['id']}", headers=mo.bearer)).json()
    assert found["evidence"] == {
        "kind": "event", "id": str(tea), "author": "olu", "title": "Tea", "text": "Buy now",
        "details": {"privacy": "PUBLIC", "timezone": "UTC"},
    }  # fmt: skip
    late = await file(client, asha.bearer, CONTENT | of("event", str(orphan)))
    found = (await client.get(f"{QUEUE}/{late['id']}", headers=mo.bearer)).json()["evidence"]
    assert (found["author"], found["details"], found["text"]) == (None, {}, "Buy now")
    hidden = await client.post(REPORTS, json=CONTENT | of("event", str(secret)), headers=asha.bearer)
    assert codes(hidden) == [(404, "not-found")]
    await contents.stop()
    away = await client.post(REPORTS, json=CONTENT | of("event", str(tea)), headers=asha.bearer)
    assert codes(away) == [(503, "unavailable")]
    await file(client, asha.bearer, BUG)


async def test_what_may_not_be_reported_is_refused(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: any one of the limits left to the database."""
    asha = await a_member("asha")
    for wrong, pointer in (
        (BUG | {"title": " "}, "/title"),
        (BUG | {"title": "x" * 201}, "/title"),
        (BUG | {"description": ""}, "/description"),
        (BUG | {"description": "x" * 10_001}, "/description"),
        (BUG | {"category": "OTHER"}, "/category"),
        (BUG | {"priority": "URGENT"}, "/priority"),
        (BUG | of("member", "bina"), "/target"),
        (SPAM, "/target"),
        (SPAM | of("event", "1"), "/target/kind"),
        (CONTENT | of("member", "bina"), "/target/kind"),
        (CONTENT | of("post", "1"), "/target/kind"),
        (SPAM | of("member", ""), "/target/id"),
    ):
        answer = await client.post(REPORTS, json=wrong, headers=asha.bearer)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), wrong


async def test_the_reporter_learns_the_outcome_and_nothing_else(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, mailbox: Mailbox, clock: FrozenClock
) -> None:
    """Kills: notes, priority or assignee shown; the outcome shown before the end; no word of the end, or two."""
    asha, bina, mo = await a_member("asha"), await a_member("bina"), await an_admin("mo", "moderator")
    filed = await file(client, asha.bearer, SPAM | of("member", "bina"))
    id_ = filed["id"]
    await settle(client, mo.bearer, id_, status="IN_PROGRESS", assigned_to="ADMIN_mo", admin_notes="secret",
                 outcome="He was warned.", priority="HIGH")  # fmt: skip
    before = (await client.get(f"{MINE}/{id_}", headers=asha.bearer)).json()
    assert before == filed | {"status": "IN_PROGRESS"}
    assert (await client.get("/api/v1/me/notifications", headers=asha.bearer)).json()["items"] == []
    clock.at += timedelta(minutes=2)
    ended = await settle(client, mo.bearer, id_, status="RESOLVED")
    assert (ended.json()["resolution_seconds"], ended.json()["admin_notes"]) == (120, "secret")
    await settle(client, mo.bearer, id_, admin_notes="more")
    after = await client.get(MINE, headers=asha.bearer)
    now = clock.now().isoformat().replace("+00:00", "Z")
    assert after.json()["items"] == [
        filed | {"status": "RESOLVED", "outcome": "He was warned.", "resolved_at": now}
    ]  # fmt: skip
    (told,) = (await client.get("/api/v1/me/notifications", headers=asha.bearer)).json()["items"]
    assert (told["kind"], told["title"], told["text"], told["path"], told["count"]) == (
        "report_resolved", "Your report was resolved: Spam", "He was warned.", f"/me/reports/{id_}", 1,
    )  # fmt: skip
    assert (await mailbox.last("asha@mail.example"))[0] == "Your report was resolved: Spam"
    for path in (f"{MINE}/{id_}", f"{MINE}/999999"):
        assert codes(await client.get(path, headers=bina.bearer)) == [(404, "not-found")]
    said = [await client.get(path, headers=bina.bearer) for path in (MINE, "/api/v1/me/notifications")]
    assert "asha" not in "".join(answer.text for answer in said)
    assert mailbox.messages("bina@mail.example") == []


async def test_a_report_goes_its_way_and_every_step_is_recorded_without_its_texts(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: any transition let through; a reopened report that counts as ended; texts of people in the log."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    id_ = (await file(client, asha.bearer, BUG))["id"]
    for status, expected in (
        ("RESOLVED", 409), ("CLOSED", 409), ("PENDING", 200), ("IN_PROGRESS", 200), ("PENDING", 409), ("CLOSED", 200),
        ("RESOLVED", 409), ("IN_PROGRESS", 200), ("RESOLVED", 200), ("PENDING", 409),
    ):  # fmt: skip
        answer = await settle(client, mo.bearer, id_, status=status)
        assert answer.status_code == expected, status
        if expected == 409:
            assert answer.json()["code"] == "report-transition"
        else:
            assert (answer.json()["resolved_at"] is not None) == (status in {"RESOLVED", "CLOSED"})
    await settle(client, mo.bearer, id_, admin_notes="about Asha", priority="LOW")
    entries = await audited(app[1].database)
    assert {(action, actor, subject) for action, actor, subject, _ in entries} == {
        ("report-changed", "ADMIN_mo", f"report/{id_}")
    }
    assert entries[0][3] == {
        "fields": ["status"], "status": {"was": "PENDING", "is": "IN_PROGRESS"}
    }  # fmt: skip
    assert entries[-1][3] == {"fields": ["admin_notes", "priority"], "priority": {"was": "MEDIUM", "is": "LOW"}}
    assert len(entries) == 5


async def test_a_report_is_assigned_to_who_can_settle_it_and_a_stale_edit_changes_nothing(
    client: httpx.AsyncClient, app: App, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: an assignee who is nobody, off, or may not look; `If-Match` ignored; null that does not clear."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    au, _ = await an_admin("au", "auditor"), await an_admin("off", "moderator")
    await change(app, "UPDATE admins SET active = false WHERE admin_id = 'ADMIN_off'")
    id_ = (await file(client, asha.bearer, BUG))["id"]
    for nobody in ("ADMIN_off", "ADMIN_au", "ADMIN_x", "asha"):
        refused = await settle(client, mo.bearer, id_, assigned_to=nobody)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/assigned_to")
    taken = await settle(client, mo.bearer, id_, assigned_to="ADMIN_mo")
    assert (taken.json()["assigned_to"], taken.headers["etag"]) == ("ADMIN_mo", '"2"')
    stale = await settle(client, mo.bearer | {"If-Match": '"1"'}, id_, priority="LOW")
    assert codes(stale) == [(412, "precondition-failed")]
    assert (await settle(client, mo.bearer, id_, assigned_to=None)).json()["assigned_to"] is None
    assert (await settle(client, mo.bearer, id_, status=None)).status_code == 422
    for path in (QUEUE, f"{QUEUE}/{id_}"):
        assert codes(await client.get(path, headers=au.bearer)) == [(403, "forbidden")]
    assert codes(await settle(client, mo.bearer, 999_999, priority="LOW")) == [(404, "not-found")]


async def test_the_queue_is_by_priority_then_age_and_filtered_in_one_statement(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: priorities by the alphabet; the newest first; a filter left out; a page that repeats or leaves out."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    ids = {}
    for name, priority in (
        ("a", "LOW"),
        ("b", "MEDIUM"),
        ("c", "URGENT"),
        ("d", "HIGH"),
        ("e", "URGENT"),
        ("f", "LOW"),
    ):
        clock.at += timedelta(seconds=1)
        ids[name] = (await file(client, asha.bearer, BUG | {"title": name}))["id"]
        await settle(client, mo.bearer, ids[name], priority=priority)
    await settle(client, mo.bearer, ids["d"], status="IN_PROGRESS", assigned_to="ADMIN_mo")

    async def queue(**params: Any) -> str:
        found, cursor = "", None
        while True:
            given = {"limit": 2, **params} | ({"cursor": cursor} if cursor else {})
            with counted(app[1].database) as ran:
                answer = await client.get(QUEUE, params=given, headers=mo.bearer)
            assert (answer.status_code, len(ran)) == (200, 1)
            found += "".join(one["title"] for one in answer.json()["items"])
            if (cursor := answer.json()["next_cursor"]) is None:
                return found

    assert await queue() == "cedbaf"
    assert await queue(status="IN_PROGRESS") == "d"
    assert await queue(priority="URGENT") == "ce"
    assert await queue(category="FEATURE_REQUEST") == ""
    assert await queue(assigned_to="ADMIN_mo") == "d"
    assert await queue(assigned_to="none", status="PENDING") == "cebaf"
    for wrong in ({"status": "OPEN"}, {"limit": 0}, {"cursor": "AAAA"}, {"reporter": "asha"}):
        assert (await client.get(QUEUE, params=wrong, headers=mo.bearer)).status_code in {400, 422}


async def test_what_is_kept_of_an_erased_member_is_nothing_that_is_his(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, contents: FakeEventContent
) -> None:
    """Kills: evidence, target or reporter left behind; somebody else's evidence taken along."""
    asha, bina, ada = await a_member("asha"), await a_member("bina", bio="canary"), await an_admin("ada")
    await a_member("olu", bio="stays")
    tea = await contents.add("Tea", by="bina", text="With cake.")
    of_him = (await file(client, asha.bearer, SPAM | of("member", "bina")))["id"]
    of_his = (await file(client, asha.bearer, CONTENT | of("event", str(tea))))["id"]
    by_him = (await file(client, bina.bearer, SPAM | of("member", "olu")))["id"]
    gone = await client.delete("/api/v1/admin/users/bina", params={"immediately": "true"}, headers=ada.bearer)
    assert gone.status_code == 204
    rows = await app[1].database.fetch_value("SELECT string_agg(r::text, ' ') FROM reports r")
    assert ("bina" not in rows.lower(), "canary" not in rows, "stays" in rows) == (True, True, True)
    read = [(await client.get(f"{QUEUE}/{id_}", headers=ada.bearer)).json() for id_ in (of_him, of_his, by_him)]
    assert (read[0]["target"], read[0]["evidence"]) == ({"kind": "member", "id": None}, None)
    assert read[1]["evidence"] == {"kind": "event", "id": str(tea), "title": "Tea", "text": "With cake."}
    assert (read[2]["reporter_username"], read[2]["target"]["id"]) == (None, "olu")
    await settle(client, ada.bearer, by_him, status="IN_PROGRESS")
    assert (await settle(client, ada.bearer, by_him, status="CLOSED")).status_code == 200
