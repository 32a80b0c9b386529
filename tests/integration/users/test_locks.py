"""A member is erased while he, an admin or a job changes what hangs on him: nobody dies in a deadlock."""

import asyncio

import pytest
from sqlalchemy import text

from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App
from tests.integration.users.test_claims import a_record

_BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
_CLAIM = """
INSERT INTO claims (user_id, phone, student_number, state, created_at)
SELECT id, '+880 1711 123456', 'A17', 'WAITING', now() FROM users WHERE username = 'asha' RETURNING id
"""
_REPORT = """
INSERT INTO reports (reporter_username, title, description, category, status, priority, created_at, updated_at, version)
VALUES ('asha', 'Broken', 'It is.', 'BUG_REPORT', 'IN_PROGRESS', 'LOW', now(), now(), 1) RETURNING id
"""


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (("PATCH", "/me/profile", {"name": "Asha B."}), 404),
        (("POST", "/me/experiences", {"title": "Nurse"}), 404),
        (("POST", "/me/interests", {"interest": "Chess"}), 404),
        (("PATCH", "/me/settings", {"theme": "DARK"}), 404),
        (("POST", "/admin/claims/{claim}/accept", {"record_id": 0}), 404),
        (("PATCH", "/admin/reports/{report}", {"status": "RESOLVED"}), 200),
        ("renew-directory", None),
    ],
)
async def test_an_erasure_and_a_change_wait_for_each_other(
    app: App, a_member: AMember, an_admin: AnAdmin, act: tuple[str, str, dict[str, object]] | str, status: int | None
) -> None:
    # mutants: lock the profile, the claim first; the profile alone
    client, module = app
    asha, admin, database = await a_member("asha"), await an_admin("mo", "moderator"), module.database
    record, claim = await a_record(database), await database.fetch_value(_CLAIM)
    report = await database.fetch_value(_REPORT)
    async with database.transaction() as erasing:
        await erasing.execute(text("SELECT FROM users WHERE username = 'asha' FOR UPDATE"))
        if isinstance(act, str):
            await database.fetch_value("UPDATE jobs SET due_at = created_at WHERE name = $1", act)
            going: asyncio.Task[object] = asyncio.create_task(module.worker.run_due())
        else:
            method, path, body = act
            who = admin if "admin" in path else asha
            going = asyncio.create_task(
                client.request(
                    method, "/api/v1" + path.format(claim=claim, report=report),
                    json=body | ({"record_id": record} if "record_id" in body else {}), headers=who.bearer,
                )
            )  # fmt: skip
        async with asyncio.timeout(30):
            while not await database.fetch_value(_BLOCKED):
                await asyncio.sleep(0.01)
        await erasing.execute(text("DELETE FROM users WHERE username = 'asha'"))
    answer = await going
    assert getattr(answer, "status_code", None) == status, answer
    assert await database.fetch(str, "SELECT error FROM jobs WHERE error IS NOT NULL") == []
    assert await database.fetch_value("SELECT count(*) FROM directory") == 0
