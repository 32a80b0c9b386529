"""The figures of the dashboard."""

from datetime import timedelta

import httpx
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.users.dashboard.repository import DashboardRepository
from ijaa.users.dashboard.service import DashboardService
from tests.fakes import FakeEventFigures
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, an_account, counted

_REPORT = text("""
INSERT INTO reports (reporter_username, title, description, category, status, created_at, updated_at, resolved_at,
                     version)
VALUES ('asha', 'Spam', 'Much of it', 'CONTENT_REPORT', :status, :filed, :filed, :resolved, 1)
""")


async def test_the_figures_are_those_of_the_rows_in_one_statement(
    app: App, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: a window off by its length; somebody counted twice or not at all; admins' sign-ins among members'."""
    client, module = app
    database, now = module.database, clock.now()
    for name, changed in (
        ("old", {"created_at": now - timedelta(days=31)}),
        ("month", {"created_at": now - timedelta(days=8)}),
        ("sus", {"suspended_at": now, "suspension_reason": "x"}),
        ("bye", {"erase_after": now}),
        ("new", {"email_verified_at": None}),
    ):
        await an_account(database, name, None, now, **changed)
    clock.at = now - timedelta(days=31)
    await a_member("gone")
    clock.at = now - timedelta(days=6)
    await a_member("asha")
    clock.at = now - timedelta(hours=1)
    await a_member("bina")
    clock.at = now
    auditor = await an_admin("au", "auditor")
    async with database.transaction() as session:
        for status, took, days in (
            ("PENDING", None, 0), ("PENDING", None, 0), ("IN_PROGRESS", None, 0),
            ("RESOLVED", 60, 1), ("CLOSED", 120, 29), ("CLOSED", 9000, 31),
        ):  # fmt: skip
            ended = took and now - timedelta(days=days)
            filed = ended - timedelta(seconds=took) if ended and took else now
            await session.execute(_REPORT, {"status": status, "filed": filed, "resolved": ended})
    with counted(database) as ran:
        answer = await client.get("/api/v1/admin/dashboard", headers=auditor.bearer)
    assert (answer.status_code, len(ran)) == (200, 1)
    said = answer.json()
    assert said.pop("at") == now.isoformat().replace("+00:00", "Z")
    assert said == {
        "users": 8, "active": 5, "suspended": 1, "leaving": 1, "unverified": 1, "active_30d": 2,
        "registrations_7d": 5, "registrations_30d": 6, "sign_ins_24h": 1, "sign_ins_7d": 2,
        "admins": 1, "reports_open": 2, "reports_in_progress": 1,
        "reports_resolved_30d": 2, "reports_resolution_seconds": 90, "events": None, "degraded": True,
    }  # fmt: skip


async def test_the_dashboard_goes_without_events_while_they_are_out_of_reach(
    users_database: Database, clock: FrozenClock
) -> None:
    """Kills: a 503 because of the other module; figures of before shown as those of now."""
    events = FakeEventFigures()
    await events.add("PUBLISHED", days=1, going=5)
    service = DashboardService(DashboardRepository(users_database), events, clock)
    whole = await service.read()
    assert whole.events
    assert (whole.events.upcoming, whole.events.going, whole.degraded) == (1, 5, False)
    await events.stop()
    partial = await service.read()
    assert (partial.events, partial.degraded, partial.users) == (None, True, 0)


async def test_nobody_but_admins_sees_it(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: the row made SIGNED_IN."""
    member = await a_member("asha")
    assert (await client.get("/api/v1/admin/dashboard", headers=member.bearer)).status_code == 403
    assert (await client.get("/api/v1/admin/dashboard")).status_code == 401
