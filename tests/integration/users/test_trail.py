"""Reading and exporting the audit trail, and what is noted of those who may not."""

import csv
import io

import httpx
import pytest

from tests.integration.users.conftest import AMember, AnAdmin, App

AUDIT = "/api/v1/admin/audit"


async def test_entries_come_newest_first_and_are_found_by_what_they_tell(
    client: httpx.AsyncClient, an_admin: AnAdmin
) -> None:
    # mutants: a filter left out of the statement; the cursor taken for another filter's place
    ada = await an_admin("ada", "auditor")
    for _ in range(3):
        await an_admin(f"mo{_}", "moderator")
    page = (await client.get(f"{AUDIT}?limit=2", headers=ada.bearer)).json()
    rest = (await client.get(AUDIT, params={"cursor": page["next_cursor"]}, headers=ada.bearer)).json()
    entries = [*page["items"], *rest["items"]]
    assert [one["action"] for one in entries] == ["admin-signed-in"] * 4
    assert [one["id"] for one in entries] == sorted((one["id"] for one in entries), reverse=True)
    mine = (await client.get(f"{AUDIT}?actor=ADMIN_ada&include_total=true", headers=ada.bearer)).json()
    assert (mine["total"], [one["subject"] for one in mine["items"]]) == (1, ["ADMIN_ada"])
    assert mine["items"][0]["request_id"]
    at = mine["items"][0]["at"]
    for query in ({"action": "nothing"}, {"subject": "USER_x"}, {"to": at}):
        assert (await client.get(AUDIT, params=query, headers=ada.bearer)).json()["items"] == []
    assert len((await client.get(AUDIT, params={"from": at}, headers=ada.bearer)).json()["items"]) == 4
    wrong = await client.get(AUDIT, params={"from": "9999-12-31T23:59:59-12:00"}, headers=ada.bearer)
    assert wrong.status_code == 422


async def test_an_export_is_whole_harmless_and_noted(app: App, an_admin: AnAdmin) -> None:
    # mutants: stop at a page; leave a formula as it is; leave the export itself out of the log
    client, module = app
    ada = await an_admin("ada", "auditor")
    await module.database.fetch_value(
        "INSERT INTO audit_log (at, action, subject, details)"
        " SELECT $1, 'planted', '=cmd|calc', '{}' FROM generate_series(1, 1200) RETURNING 1",
        module.denials._clock.now(),
    )
    answer = await client.get(f"{AUDIT}/export?format=csv&action=planted", headers=ada.bearer)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert header[:5] == ["id", "at", "action", "actor", "subject"]
    assert len(rows) == 1200
    assert {row[4] for row in rows} == {"'=cmd|calc"}
    as_json = await client.get(f"{AUDIT}/export?format=json&actor=ADMIN_ada", headers=ada.bearer)
    assert [one["action"] for one in as_json.json()] == ["audit-exported", "audit-exported", "admin-signed-in"]
    assert as_json.json()[1]["details"] == {"format": "csv", "action": "planted"}


@pytest.mark.parametrize("role", ["moderator", "event-manager"])
async def test_who_may_not_read_it_is_noted_once_a_minute(app: App, an_admin: AnAdmin, role: str) -> None:
    # mutants: note nothing; note every try
    client, module = app
    mo = await an_admin("mo", role)
    for _ in range(3):
        assert (await client.get(AUDIT, headers=mo.bearer)).status_code == 403
    found = await module.database.fetch_value(
        "SELECT array_agg(actor || ' ' || subject || ' ' || (details->>'role')) FROM audit_log"
        " WHERE action = 'access-denied'"
    )
    assert found == [f"ADMIN_mo listAudit {role}"]


async def test_members_and_the_public_see_nothing(client: httpx.AsyncClient, a_member: AMember) -> None:
    asha = await a_member("asha")
    assert (await client.get(AUDIT, headers=asha.bearer)).status_code == 403
    assert (await client.get(f"{AUDIT}/export")).status_code == 401
