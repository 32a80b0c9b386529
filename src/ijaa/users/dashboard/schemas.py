"""The figures of the dashboard."""

from datetime import datetime

import msgspec

from ijaa.shared.schema import View
from ijaa.users.ports import EventCounts


class Figures(msgspec.Struct, frozen=True):
    """What this module counts."""

    users: int
    """All accounts; each is one of the next four."""
    active: int
    suspended: int
    leaving: int
    unverified: int
    active_30d: int
    """Active accounts that opened or refreshed a session in the last 30 days."""
    registrations_7d: int
    registrations_30d: int
    sign_ins_24h: int
    sign_ins_7d: int
    admins: int
    """Those who may sign in."""
    reports_open: int
    reports_in_progress: int
    reports_resolved_30d: int
    reports_resolution_seconds: int | None
    """From filing to end, on average of those; null without any."""


class Dashboard(View, frozen=True):
    """The installation in figures; `events` is null, and `degraded` true, while they cannot be had."""

    at: datetime
    users: int
    active: int
    suspended: int
    leaving: int
    unverified: int
    active_30d: int
    registrations_7d: int
    registrations_30d: int
    sign_ins_24h: int
    sign_ins_7d: int
    admins: int
    reports_open: int
    reports_in_progress: int
    reports_resolved_30d: int
    reports_resolution_seconds: int | None
    events: EventCounts | None
    degraded: bool
