"""SQL of the dashboard: one statement."""

from datetime import datetime

from ijaa.shared.database import Database
from ijaa.users.dashboard.schemas import Figures
from ijaa.users.standing import STATUS

_FIGURES = f"""
SELECT m.users, m.active, m.suspended, m.leaving, m.unverified, m.active_30d, m.registrations_7d, m.registrations_30d,
       s.sign_ins_24h, s.sign_ins_7d,
       (SELECT count(*) FROM admins WHERE active),
       r.open, r.in_progress, e.resolved_30d, e.seconds
FROM (
    SELECT count(*) AS users,
           count(*) FILTER (WHERE status = 'active') AS active,
           count(*) FILTER (WHERE status = 'suspended') AS suspended,
           count(*) FILTER (WHERE status = 'leaving') AS leaving,
           count(*) FILTER (WHERE status = 'unverified') AS unverified,
           count(*) FILTER (WHERE status = 'active' AND seen) AS active_30d,
           count(*) FILTER (WHERE created_at > $1::timestamptz - interval '7 days') AS registrations_7d,
           count(*) FILTER (WHERE created_at > $1::timestamptz - interval '30 days') AS registrations_30d
    FROM (
        SELECT u.created_at, {STATUS.format(now="$1::timestamptz")} AS status,
               u.user_id IN (
                   SELECT principal_id FROM sessions
                   WHERE principal_kind = 'member' AND last_used_at > $1::timestamptz - interval '30 days') AS seen
        FROM users u
    ) one
) m, (
    SELECT count(*) FILTER (WHERE created_at > $1::timestamptz - interval '24 hours') AS sign_ins_24h,
           count(*) AS sign_ins_7d
    FROM sessions WHERE principal_kind = 'member' AND created_at > $1::timestamptz - interval '7 days'
) s, (
    SELECT count(*) FILTER (WHERE status = 'PENDING') AS open,
           count(*) FILTER (WHERE status = 'IN_PROGRESS') AS in_progress
    FROM reports WHERE status IN ('PENDING', 'IN_PROGRESS')
) r, (
    SELECT count(*) AS resolved_30d, avg(extract(epoch FROM resolved_at - created_at))::bigint AS seconds
    FROM reports WHERE resolved_at > $1::timestamptz - interval '30 days'
) e
"""


class DashboardRepository:
    """Counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def figures(self, now: datetime) -> Figures:
        """Return the figures of this module."""
        found = await self._database.fetch_one(Figures, _FIGURES, now)
        assert found is not None  # noqa: S101 - aggregates always give a row
        return found
